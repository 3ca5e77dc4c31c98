#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# found.sh PROBES HEADER ANSWER..
#
# Writes HEADER from the answers of all probes: HAVE_NAME for each probe that said yes. The first
# comment of PROBES/NAME.c says what a no means ("else:"): "absent" - the module does without the
# interface; "stop" - the module cannot be built; or the name of a probe for an older interface.
set -eu

probes=$1 header=$2
shift 2
answers=$(cat "$@")

found()
{
	case "
$answers
" in
	*"
$1 yes
"*)	return 0 ;;
	esac
	return 1
}

field()	# of the comment of a probe
{
	sed -n "s/^ \* $2: //p" "$probes/$1.c"
}

fallbacks=" $(for answer; do field "$(basename "$answer" .found)" else; done | tr '\n' ' ')"

# Follows the probes for older interfaces to the last one. Return: 1 if the module cannot be built.
satisfied()
{
	want=$1
	until found "$want"; do
		case $(field "$want" else) in
		absent)	return 0 ;;
		stop)	return 1 ;;
		*)	want=$(field "$want" else) ;;
		esac
	done
}

missing=
{
	echo "/* Made by src/compat/found.sh: the interfaces of the kernel that this is built for. */"
	for answer; do
		name=$(basename "$answer" .found)
		if found "$name"; then
			echo "#define HAVE_$(echo "$name" | tr '[:lower:]' '[:upper:]') 1"
		else
			echo "/* no $name: $(field "$name" interface) */"
		fi
		case $fallbacks in
		*" $name "*) ;;	# needed only if no newer interface was found
		*) satisfied "$name" || missing="$missing $name" ;;
		esac
	done
} >"$header.new"

logs=$(dirname "$header")/probes
case $answers in
*" yes"*) ;;
*)	echo "pincheck: no probe compiles: is this compiler the one that the kernel is configured for?"
	echo "  (CC= and LLVM= choose another.) The first probe, $1, was answered:"
	sed 's/^/    | /;5q' "$1.log"
	rm -f "$header.new"
	exit 1 ;;
esac >&2
for name in $missing; do
	echo "pincheck: this kernel lacks an interface that the module cannot do without" >&2
	while [ "$name" != stop ]; do
		echo "  probe $probes/$name.c: $(field "$name" interface)" >&2
		sed 's/^/    | /;3q' "$logs/$name.found.log" >&2
		name=$(field "$name" else)
	done
	rm -f "$header.new"
done
[ -z "$missing" ] || exit 1
mv "$header.new" "$header"
