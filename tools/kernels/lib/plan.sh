# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153 # names of matrix.sh
# From a list of names to the kernels that are run: former names become the names of today, roles become
# releases, and each release is run once.

# plan NAME...: prints a line for each, with fields separated by tabs: VERDICT NAME RELEASE WHY. VERDICT is
# "run", "skip" (the kernel need not be run) or "red" (the name means no kernel).
command_plan()
{
	local name given planned=" "
	# The role that runs each release
	local -A runs=()

	for given in "$@"; do
		matrix_select "$given"
		name=$NAME
		if [[ $planned == *" $name "* ]]; then
			say "$name is named twice, and run once"
			continue
		fi
		planned+="$name "
		plan_one
	done
}

plan_one()
{
	local resolved release version suite code=0 log

	# The name of a series says which kernel it is, and so does a release.
	case $WANTED$VERSION_PATTERN in
	newest|candidate) ;;
	*)
		plan_say run "${WANTED:--}" -
		return ;;
	esac
	log=$(mktemp "${TMPDIR:-/tmp}/kernels.XXXXXX")
	resolved=$("$HERE/kernels" resolve "$NAME" 2>"$log") || code=$?
	cat -- "$log" >&2
	read -r release version suite <<<"$resolved"
	case $code in
	0)
		if [ -n "${runs[$release]:-}" ]; then
			plan_say skip "$release" "not run: $release of $suite is the release that ${runs[$release]} runs"
			say "$NAME: $release of $suite is the release that ${runs[$release]} runs: not run twice"
		else
			runs[$release]=$NAME
			plan_say run "$release" "$version of $suite"
			say "$NAME is $release today ($version of $suite)"
		fi ;;
	"$LEFT_OUT_CODE")
		plan_say skip - "$(plan_last_words "$log")" ;;
	*)
		plan_say red - "$(plan_last_words "$log")" ;;
	esac
	rm -f -- "$log"
}

plan_say()
{
	printf '%s\t%s\t%s\t%s\n' "$1" "$NAME" "$2" "$3"
}

# plan_last_words LOG: the last message of `kernels` in the log, without the names before it
plan_last_words()
{
	sed -n 's/^kernels: //p' "$1" | tail -n 1 | sed "s/^$NAME: //"
}
