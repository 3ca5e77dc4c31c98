# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154 # names of matrix.sh and arch.sh
# A root with LAVA's dispatcher and QEMU, made like the build roots, for make lava-check.

# The last suite of this row has the newest LAVA.
readonly LAVA_ROW=debian-backports

# lava_root: sets LAVA_ROOT, and makes it unless the cache has it
lava_root()
{
	local suite key

	matrix_select "$LAVA_ROW"
	suite=${SUITES##* }
	local -a packages=("lava-dispatcher/$suite" "lava-common/$suite" "${arch[qemu_package]}")
	key=$(printf '%s\n' "$SUITES" "${packages[@]}" | cksum | cut -d' ' -f1)
	LAVA_ROOT=$CACHE/lava/root-$key
	[ ! -d "$LAVA_ROOT" ] || return 0
	fetch_lock
	if [ ! -d "$LAVA_ROOT" ]; then
		host_need kernels
		apt_lists || apt_lists_failed
		rm -rf --one-file-system -- "$LAVA_ROOT.partial"
		root_make "$LAVA_ROOT.partial" "${packages[@]}"
		rm -rf -- "$APT_DIR"/{archives,pkgcache.bin}
		mv -T -- "$LAVA_ROOT.partial" "$LAVA_ROOT"
	fi
	fetch_unlock
}

# lava DIR COMMAND...: runs COMMAND in the root, with DIR as its /work
command_lava()
{
	local dir=${1:-}

	if [ $# -lt 2 ] || [ ! -d "$dir" ]; then
		die "which directory, and what to run? Usage: kernels lava DIR COMMAND..."
	fi
	dir=$(cd -- "$dir" && pwd -P)
	shift
	lava_root
	root_run "$LAVA_ROOT" "$dir" "$@"
}
