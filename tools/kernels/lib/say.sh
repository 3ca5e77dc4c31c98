# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Progress, errors, and how long a step took.

say()
{
	printf '%s\n' "kernels: $*" >&2
}

# die MESSAGE: prints the cause and the command that mends it, and exits.
die()
{
	say "$*"
	exit 2
}

megabytes()
{
	printf '%d MB' $((($1 + 500000) / 1000000))
}

# size_of DIR: bytes on disk, each inode once
size_of()
{
	du -s --block-size=1 -- "$1" 2>/dev/null | cut -f1
}

# step LABEL DIR COMMAND...: runs COMMAND with its output in a log. Prints the time and the size of DIR every
# ten seconds, and the time at the end.
step()
{
	local label=$1 dir=$2 begin=$SECONDS pulse rc=0
	shift 2

	STEP_LOG=$(mktemp "${TMPDIR:-/tmp}/kernels.XXXXXX")
	step_pulse "$label" "$dir" $$ &
	pulse=$!
	"$@" >"$STEP_LOG" 2>&1 </dev/null || rc=$?
	kill "$pulse" 2>/dev/null || true
	wait "$pulse" 2>/dev/null || true
	if [ "$rc" -eq 0 ]; then
		say "$label: done in $((SECONDS - begin)) s"
		rm -f -- "$STEP_LOG"
	fi
	return "$rc"
}

# step_pulse: reads from an empty pipe with a timeout. A sleep process would be left behind and hold stderr
# open. The pulse ends when its parent is gone.
step_pulse()
{
	local label=$1 dir=$2 parent=$3 begin=$SECONDS silence

	[ -z "${LOCK_FD:-}" ] || exec {LOCK_FD}>&-
	exec {silence}<> <(:)
	while kill -0 "$parent" 2>/dev/null; do
		read -r -t 10 -u "$silence" && break
		say "$label: $((SECONDS - begin)) s, $(megabytes "$(size_of "$dir" || echo 0)")"
	done
}

# step_failed: shows the end of the log of a failed step.
step_failed()
{
	grep -vE '^(Get|Hit|Ign|Fetched|Reading|Selecting|Preparing|Unpacking|I: )' "$STEP_LOG" |
		tail -n "${1:-15}" >&2 || true
	rm -f -- "$STEP_LOG"
}
