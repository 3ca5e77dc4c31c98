# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153 # names of matrix.sh
# A few files of the kernel source: the kselftest harness, the KTAP parser, the style checker. They come
# from the tree KSRC=, or else from the distribution's source package.

# kselftest_harness.h includes kselftest.h and nothing else of the tree.
readonly KSRC_PATHS=(
	tools/testing/selftests/kselftest.h
	tools/testing/selftests/kselftest_harness.h
	tools/testing/kunit
	scripts/checkpatch.pl
	scripts/spelling.txt
	scripts/const_structs.checkpatch
)

command_ksrc()
{
	local key dir

	if [ -n "${KSRC:-}" ]; then
		[ -e "$KSRC/${KSRC_PATHS[1]}" ] || die "KSRC=$KSRC is no kernel tree: no ${KSRC_PATHS[1]} in it"
		(cd -- "$KSRC" && pwd -P)
		return
	fi
	matrix_select ksrc
	KSRC_PACKAGE=linux-source-${VERSION_PATTERN%.\*}
	key=$(printf '%s\n' "$KSRC_PACKAGE" "${KSRC_PATHS[@]}" | cksum | cut -d' ' -f1)
	dir=$CACHE/ksrc/$KSRC_PACKAGE-$key
	if [ ! -d "$dir" ]; then
		fetch_lock
		[ -d "$dir" ] || ksrc_fetch "$dir"
		fetch_unlock
	fi
	printf '%s\n' "$dir"
}

ksrc_fetch()
{
	local dir=$1 archives=$CACHE/ksrc/archives

	host_need kernels
	apt_lists || apt_lists_failed
	apt_download "$archives" "$KSRC_PACKAGE" download "$KSRC_PACKAGE"
	rm -rf -- "$dir.partial"
	mkdir -p -- "$dir.partial"
	step "$KSRC_PACKAGE: the files needed taken out of it" "$dir.partial" \
		ksrc_extract "$archives" "$dir.partial" || {
		step_failed
		die "$KSRC_PACKAGE: cannot unpack it (reasons above). Give a kernel tree: KSRC="
	}
	mv -T -- "$dir.partial" "$dir"
	rm -rf -- "$archives"
}

# The package has a tarball, which is read once, up to the last of the wanted files.
ksrc_extract()
{
	local deb

	deb=$(find "$1" -name "${KSRC_PACKAGE}_*.deb" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
	dpkg-deb --fsys-tarfile "$deb" |
		tar -x --to-stdout -f - "./usr/src/$KSRC_PACKAGE.tar.xz" |
		xz -dc -T0 |
		tar -x --no-same-owner --strip-components=1 -C "$2" -f - "${KSRC_PATHS[@]/#/$KSRC_PACKAGE/}"
}
