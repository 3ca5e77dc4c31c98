#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# All topics of pincheck, with the module if it was built: KTAP. PINCHECK_TESTS= chooses cases by a glob.
here=$(dirname -- "$(readlink -f -- "$0")")
module=$here/module/pincheck.ko

if [ "$(id -u)" != 0 ]; then
	echo 'TAP version 13'
	echo '1..0 # SKIP needs root'
	exit 4
fi
[ -e "$module" ] || module=no
"$here/topics-host" "$module" "$here/topics" "$here/splats-allowed" |
	awk '{ print; fflush() } /^not ok / { bad = 1 } END { exit bad }'
