# SPDX-License-Identifier: GPL-2.0-only
# Reads run_vmtests.sh of a kernel tree, and prints the runs that it makes by default, one a line:
#	CATEGORY <tab> PATH=VALUE;... <tab> USER <tab> PROGRAM ARGUMENT...
# The second field has files of /proc that the script writes to before the run and puts back after it. With
# all=1 the runs of `run_vmtests.sh -a` are printed; those that destroy memory (-d) never are.
#
# A file before it, with lines "$NAME VALUE", has values of variables that the script computes.

# The value of a variable may name another one.
function expand(text,   name, round)
{
	for (round = 0; round < 2; round++)
		for (name in variable) {
			gsub("\"?[$][{]" name "[}]\"?", variable[name], text)
			gsub("\"?[$]" name "\"?", variable[name], text)
		}
	return text
}

# Is this part of the script for another way to call it?
function left_out(   i)
{
	for (i = 1; i <= depth; i++)
		if (inside[i] == "leave out")
			return 1
	return 0
}

# "echo 1 > /proc/sys/vm/nr_hugepages" sets, and "echo "$saved" > ..." puts back
function note_setting(   path)
{
	path = $NF
	if (path ~ /drop_caches/)
		return
	if ($2 ~ /^[0-9]+$/)
		setting[path] = $2
	else
		delete setting[path]
}

function settings(   path, text)
{
	for (path in setting)
		text = text (text == "" ? "" : ";") path "=" setting[path]
	return text
}

function print_run(category, command,   user)
{
	command = expand(command)
	if (sub(/^sudo -u [a-z]+ (sh -c )?/, "", command))
		user = "nobody"
	sub(/^bash /, "", command)
	sub(/^\.\//, "", command)
	gsub(/ +/, " ", command)
	sub(/ $/, "", command)
	if (command ~ /[$"`]/) {
		printf "runs.awk: line %d: what is %s?\n", FNR, command >"/dev/stderr"
		failed = 1
		return
	}
	printf "%s\t%s\t%s\t%s\n", category, settings(), user, command
}

# The values that a loop of the gup matrix has
function loop_values(text,   count, i, value, rest)
{
	sub(/^for [a-z_]+ in /, "", text)
	sub(/; do$/, "", text)
	count = 0
	while (text != "") {
		sub(/^ +/, "", text)
		if (text ~ /^"/) {
			match(text, /^"[^"]*"/)
			value = substr(text, 2, RLENGTH - 2)
		} else {
			match(text, /^[^ ]+/)
			value = substr(text, 1, RLENGTH)
		}
		text = substr(text, RLENGTH + 1)
		values[loops, ++count] = value
	}
	values[loops] = count
}

# All values of all loops
function print_matrix(loop, command,   i)
{
	if (loop > loops) {
		print_run("gup_test", command)
		return
	}
	for (i = 1; i <= values[loop]; i++) {
		variable[loop_name[loop]] = values[loop, i]
		print_matrix(loop + 1, command)
	}
	delete variable[loop_name[loop]]
}

FNR == NR {
	if (sub(/^[$]/, ""))
		variable[$1] = $2
	next
}

{ sub(/^[ \t]+/, "") }
/^#/ || /^$/ { next }
{ line = $0; sub(/\\$/, "", line) }
joined != "" { line = joined line; joined = "" }
/\\$/ { joined = line; next }

# A function of the script: only that with the matrix of gup_test is of interest.
$0 ~ /^[a-z_]+\(\) *[{]?$/ && !function_name { function_name = $1; sub(/\(.*/, "", function_name); next }
function_name {
	if (line == "}") {
		function_name = ""
	} else if (function_name == "run_gup_matrix") {
		if (match(line, /^local [a-z_]+=[0-9]+$/)) {
			split(substr(line, 7), part, "=")
			variable[part[1]] = part[2]
		} else if (match(line, /^for [a-z_]+ in /)) {
			loops++
			split(line, part, " ")
			loop_name[loops] = part[2]
			loop_values(line)
		} else if (sub(/^.*run_test /, "", line)) {
			matrix_command = line
		}
	}
	next
}

/^if / {
	depth++
	inside[depth] = /RUN_DESTRUCTIVE/ || (/RUN_ALL/ && !all) ? "leave out" : ""
	of_all[depth] = /RUN_ALL/
	if (/; fi$/)
		depth--
	next
}
/^(else|elif )/ {
	if (of_all[depth])
		inside[depth] = all ? "leave out" : ""
	next
}
/^fi( |$)/ { depth--; next }
left_out() { next }
/^run_gup_matrix$/ { print_matrix(1, matrix_command); next }
/^[a-z_]+=[.\/a-z0-9_-]+$/ { split(line, part, "="); variable[part[1]] = part[2]; next }
/^echo .* > \/proc\// { note_setting(); next }
match(line, /^CATEGORY="[a-z_-]+" run_test /) {
	category = substr(line, 11)
	sub(/".*/, "", category)
	print_run(category, substr(line, RLENGTH + 1))
}

END { exit failed }
