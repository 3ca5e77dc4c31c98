# SPDX-License-Identifier: GPL-2.0-only
# Completion for fish: a line for each option and subcommand.

function quoted(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/'/, "\\'", text)
	return "'" text "'"
}

function values_of(values) {
	if (values ~ /^\[columns\]/) {
		sub(/^\[columns\] /, "", values)
		return " -x -a " quoted("(__fish_append , " values ")")
	}
	if (values == "[file]")
		return " -r -F"
	if (values == "[directory]")
		return " -x -a '(__fish_complete_directories)'"
	if (values == "[process]")
		return " -x -a '(__fish_complete_pids)'"
	return " -x" (values ? " -a " quoted(values) : "")
}

# condition_of SUBCOMMAND: the command line has its words
function condition_of(subcommand) {
	if (split(subcommand, parts, " ") == 2)
		return "'__fish_seen_subcommand_from " parts[1] "; and __fish_seen_subcommand_from " parts[2] "'"
	return "'__fish_seen_subcommand_from " subcommand "'"
}

BEGIN { print "# made from the help texts of " program "(1)" }

$1 == "s" && split($2, parts, " ") == 2 {
	print "complete -c " program " -n '__fish_seen_subcommand_from " parts[1] "' -a " parts[2] " -d " quoted($3)
	next
}

$1 == "s" { print "complete -c " program " -n __fish_use_subcommand " (program == "pincheck" ? "-f " : "") "-a " $2 " -d " quoted($3) }

$1 == "o" {
	print "complete -c " program ($2 ? " -n " condition_of($2) : "") ($3 ? " -s " $3 : "") \
		" -l " $4 ($5 ? values_of($6) : "") " -d " quoted($7)
}
