# SPDX-License-Identifier: GPL-2.0-only
# Completion for zsh: a list of specifications for _arguments, for each subcommand.

# quoted TEXT: inside of '...' and of [...]
function quoted(text) {
	gsub(/[\[\]:\\]/, "\\\\&", text)
	gsub(/'/, "'\\''", text)
	return text
}

function action_of(argument, values) {
	argument = tolower(argument)
	gsub(/[^a-z0-9]/, " ", argument)
	if (values ~ /^\[columns\]/) {
		sub(/^\[columns\] /, "", values)
		return ":" argument ":_values -s , column " values
	}
	if (values == "[file]")
		return ":" argument ":_files"
	if (values == "[directory]")
		return ":" argument ":_files -/"
	if (values == "[process]")
		return ":" argument ":_pids"
	return ":" argument ":" (values ? "(" values ")" : " ")
}

$1 == "s" && split($2, parts, " ") == 2 {
	names[++count] = $2
	seen[$2] = 1
	seconds[parts[1]] = seconds[parts[1]] "\t\t'" parts[2] ":" quoted($3) "'\n"
	next
}

$1 == "s" { subcommands = subcommands "\t\t'" $2 ":" quoted($3) "'\n"; names[++count] = $2; seen[$2] = 1 }

$1 == "o" {
	if (!($2 in seen)) { names[++count] = $2; seen[$2] = 1 }
	tail = "[" quoted($7) "]" ($5 ? action_of($5, $6) : "")
	long_option = "--" $4 ($5 ? "=" : "")
	if ($3)
		row = "'(-" $3 " --" $4 ")'{-" $3 ($5 ? "+" : "") "," long_option "}'" tail "'"
	else
		row = "'" long_option tail "'"
	rows[$2] = rows[$2] "\t\t" row "\n"
}

END {
	print "#compdef " program
	print "# made from the help texts of " program "(1)"
	print "local -a options subcommands"
	if (subcommands)
		print "subcommands=(\n" subcommands ")"
	if (program == "pincheck") {
		print "if ((CURRENT == 2)); then\n\t_describe -t commands subcommand subcommands\n\treturn\nfi"
		print "local subcommand=$words[2]"
		for (first in seconds) {
			print "subcommands=(\n" seconds[first] ")"
			print "if [[ $subcommand == " first " && -n ${subcommands[(r)$words[3]:*]} && $CURRENT -gt 3 ]]; then"
			print "\tsubcommand+=\" $words[3]\"\n\tshift words\n\t((CURRENT--))"
			print "elif [[ $subcommand == " first " && $CURRENT -eq 3 ]]; then"
			print "\t_describe -t commands subcommand subcommands\nfi"
		}
		print "case $subcommand in"
		for (i = 1; i <= count; i++)
			if (rows[names[i]])
				print "'" names[i] "')\n\toptions=(\n" rows[names[i]] "\t) ;;"
		print "esac\nshift words\n((CURRENT--))"
		print "_arguments -s \"$options[@]\" '--help[print a help text]' '*:argument:_default'"
	} else {
		print "options=(\n" rows[""] ")"
		if (subcommands)
			print "_arguments -s \"$options[@]\" '--help[print a help text]' " \
				"'1:subcommand:{_describe -t commands subcommand subcommands}' '*:argument:_files'"
		else
			print "_arguments -s \"$options[@]\" '--help[print a help text]' '*:argument: '"
	}
}
