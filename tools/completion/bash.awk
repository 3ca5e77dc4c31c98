# SPDX-License-Identifier: GPL-2.0-only
# Completion for bash, which needs no other package. Cases choose the options, and the values of the option before.

# The second words of "bench gup" and the like are offered after the first.
$1 == "s" {
	if (split($2, parts, " ") == 2)
		seconds[parts[1]] = seconds[parts[1]] " " parts[2]
	else
		subcommands = subcommands " " $2
}

$1 == "o" {
	options[$2] = options[$2] " --" $4
	if ($5 == "")
		next
	name = "'" $2 "':--" $4 ($3 ? "|'" $2 "':-" $3 : "")
	values = $6
	if (values ~ /^\[columns\]/) {
		sub(/^\[columns\] /, "", values)
		action = "list='" values "'"
	} else if (values == "[file]")
		action = "mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return"
	else if (values == "[directory]")
		action = "mapfile -t COMPREPLY < <(compgen -d -- \"$current\"); return"
	else if (values == "[process]")
		action = "words=$(cd /proc && echo [0-9]*)"
	else
		action = "words='" values "'"
	cases = cases "\t" name ") " action " ;;\n"
}

END {
	function_name = program
	gsub(/-/, "_", function_name)
	print "# bash completion of " program "(1), made from its help texts"
	print "_" function_name "()\n{"
	print "\tlocal current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} subcommand='' words='' list='' word"
	print "\tCOMPREPLY=()"
	# bash divides --option=value into three words.
	print "\tif [ \"$current\" = = ]; then\n\t\tcurrent=\n\telif [ \"$before\" = = ]; then"
	print "\t\tbefore=${COMP_WORDS[COMP_CWORD-2]}\n\tfi"
	if (program == "pincheck") {
		print "\t[ \"$COMP_CWORD\" -lt 2 ] || subcommand=${COMP_WORDS[1]}"
		for (first in seconds)
			print "\tif [ \"$COMP_CWORD\" -gt 2 ] && [[ \" " first " \" = \" $subcommand \" && '" seconds[first] \
				" ' = *\" ${COMP_WORDS[2]} \"* ]]; then\n\t\tsubcommand+=\" ${COMP_WORDS[2]}\"\n\tfi"
		print "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W '" \
			substr(subcommands, 2) " help --help --version' -- \"$current\")\n\t\treturn\n\tfi"
	}
	print "\tcase $subcommand:$before in"
	printf "%s", cases
	print "\t*)\n\t\tcase $subcommand in"
	for (subcommand in options)
		names[++count] = subcommand
	for (i = 1; i <= count; i++)	# a sorted list, because awk's order differs from one awk to the other
		for (j = i + 1; j <= count; j++)
			if (names[j] < names[i]) { swap = names[i]; names[i] = names[j]; names[j] = swap }
	for (i = 1; i <= count; i++)
		print "\t\t'" names[i] "') words='" substr(options[names[i]], 2) " --help --usage --version' ;;"
	print "\t\tesac"
	print "\t\t[[ $current == -* ]] || " (program == "pincheck" || subcommands == "" ? "words=" : \
		"words='" substr(subcommands, 2) "'")
	for (first in seconds)
		print "\t\t[ \"$COMP_CWORD:$subcommand\" != '2:" first "' ] || words+='" seconds[first] "'"
	print "\t\t;;\n\tesac"
	print "\tif [ -n \"$list\" ]; then"
	print "\t\tfor word in $list; do\n\t\t\t[[ $current != *,* ]] || word=${current%,*},$word"
	print "\t\t\twords+=\" $word\"\n\t\tdone\n\tfi"
	print "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")"
	print "}"
	print "complete -o default -F _" function_name " " program
}
