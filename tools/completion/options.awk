# SPDX-License-Identifier: GPL-2.0-only
# Reads what --help prints, and prints a line for each option:
# o TAB subcommand TAB short TAB long TAB argument TAB values TAB text
# Values are words that the argument may be; "file", "directory" or "process" in brackets; or empty.

function print_option(	values) {
	if (!long_option)
		return
	values = ""
	if (argument ~ /^[a-z0-9]+(\|[a-z0-9]+)+$/) {
		values = argument
		gsub(/\|/, " ", values)
	} else if (argument ~ /COLUMNS/)
		values = "[columns]"
	else if (argument == "KIND" || argument == "FORM") {
		values = text
		sub(/.*: /, "", values)
		if (argument == "FORM")
			values = "short full"
		gsub(/,/, "", values)
		gsub(/=[A-Z]+/, "=", values)
	} else if (argument ~ /PID/)
		values = "[process]"
	else if (argument ~ /DIR/)
		values = "[directory]"
	else if (argument ~ /FILE|IMAGE|PROGRAM|OLD/)
		values = "[file]"
	rows[++count] = "o\t" subcommand "\t" short_option "\t" long_option "\t" argument "\t" values "\t" text
	long_option = ""
}

/^Columns of / {
	print_option()
	in_columns = 1
	next
}

in_columns && /^  [A-Z]/ { columns = columns (columns ? " " : "") tolower($1) }

!in_columns && /^  +(-., +)?--[a-z]/ && !/ --(help|usage|version) / {
	print_option()
	line = $0
	short_option = match(line, /^ +-[^-],/) ? substr(line, RLENGTH - 1, 1) : ""
	sub(/^ +(-., +)?--/, "", line)
	match(line, /^[a-z-]+/)
	long_option = substr(line, 1, RLENGTH)
	line = substr(line, RLENGTH + 1)
	sub(/^\[/, "", line)
	argument = ""
	if (line ~ /^=/) {
		match(line, /^=[^ ]+/)
		argument = substr(line, 2, RLENGTH - 1)
		sub(/\]$/, "", argument)
		line = substr(line, RLENGTH + 1)
	}
	sub(/^ +/, "", line)
	text = line
	next
}

long_option && /^                    +[^ ]/ {
	sub(/^ +/, "")
	text = text (text ? " " : "") $0
	next
}

{ print_option() }

END {
	print_option()
	for (i = 1; i <= count; i++) {
		sub(/\t\[columns\]\t/, "\t[columns] " columns "\t", rows[i])
		print rows[i]
	}
}
