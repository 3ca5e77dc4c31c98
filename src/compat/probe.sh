#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh NAME ANSWER NM EXPORTS DEPFILE COMPILER [FLAG..] SOURCE
#
# Compiles SOURCE and checks that all symbols it links against are exported to modules. Writes
# "NAME yes" or "NAME no" to ANSWER, and the complaints of compiler and linker to ANSWER.log. A
# probe that fails is an answer, not an error. (Not bash: kbuild passes the shell that the kernel was
# configured with.)
set -eu

name=$1 answer=$2 nm=$3 exports=$4 depfile=$5
shift 5
object=${answer%.found}.o
for source; do :; done	# the last one

# Symbols that modpost would call undefined. The linker defines the names that are skipped here.
not_exported()
{
	[ -n "$exports" ] || return 0
	$nm -u "$object" | awk '
		FNR == NR	{ if ($5 == "") exported[$2] = 1; next }
		$NF == "__this_module" || $NF == "_GLOBAL_OFFSET_TABLE_" { next }
		!($NF in exported) { print "not exported: " $NF }
	' "$exports" -
}

if "$@" -c -o "$object" 2>"$answer.log" && not_exported >>"$answer.log" &&
   ! grep -q '^not exported: ' "$answer.log"; then
	verdict=yes
else
	verdict=no
fi

# A compiler that failed listed no headers, but a change in one of them must repeat the probe.
if ! [ -s "$depfile" ]; then
	"$@" -E -o /dev/null 2>/dev/null || echo "$object: $source" >"$depfile"
fi
echo "$name $verdict" >"$answer"
