# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153 # names of matrix.sh
# Files of the kernel source, from the tree KSRC=, or else from a source package of the distribution:
# a few that the suite and lint need, and those from which the kernel's own tests are built.

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
	ksrc_unpack "$archives" "$dir" "$KSRC_PACKAGE" "${KSRC_PATHS[@]}"
}

# ksrc_unpack ARCHIVES DIR PACKAGE PATH...: makes DIR from the package that was downloaded to ARCHIVES.
ksrc_unpack()
{
	step "$3: the files needed taken out of it" "$2.partial" \
		ksrc_extract "$1" "$2.partial" "${@:3}" || {
		step_failed
		die "$3: cannot unpack it (reasons above). Give a kernel tree: KSRC="
	}
	mv -T -- "$2.partial" "$2"
	rm -rf -- "$1"
}

# The package has a tarball, which is read once, up to the last of the wanted files.
ksrc_extract()
{
	local archives=$1 dir=$2 package=$3 deb
	shift 3

	deb=$(find "$archives" -name "${package}_*.deb" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
	dpkg-deb --fsys-tarfile "$deb" |
		tar -x --to-stdout -f - "./usr/src/$package.tar.xz" |
		xz -dc -T0 |
		tar -x --no-same-owner --strip-components=1 -C "$dir" -f - "${@/#/$package/}"
}

# What the kernel's own mm tests and their modules are built from, with `make headers`.
source_paths()
{
	printf '%s\n' Makefile Kbuild scripts usr include "arch/${arch[srcarch]}" \
		tools/{arch,include,lib,scripts,testing/selftests} mm/gup_test.h \
		lib/{test_hmm.c,test_hmm_uapi.h,test_vmalloc.c}
}

# source: prints the directory of KSRC=, or of these files of the newest linux-source package.
command_source()
{
	local newest dir
	local -a paths

	if [ -n "${KSRC:-}" ]; then
		[ -e "$KSRC/tools/testing/selftests/mm/run_vmtests.sh" ] ||
			die "KSRC=$KSRC is no kernel tree: no tools/testing/selftests/mm/run_vmtests.sh in it"
		(cd -- "$KSRC" && pwd -P)
		return
	fi
	matrix_select source
	mapfile -t paths < <(source_paths)
	newest=$CACHE/ksrc/newest-$(printf '%s\n' "$SUITES" "${paths[@]}" | cksum | cut -d' ' -f1)
	if [ -n "${REFRESH:-}" ] || [ -z "$(find -H "$newest" -prune -mmin -1440 2>/dev/null)" ]; then
		fetch_lock
		source_fetch "$newest" "${paths[@]}"
		fetch_unlock
	fi
	dir=$(readlink -f -- "$newest")
	printf '%s\n' "$dir"
}

# source_newest: VERSION PACKAGE of the newest linux-source in the package lists
source_newest()
{
	local -a packages

	mapfile -t packages < <(private_apt apt-cache pkgnames linux-source- | grep -xE 'linux-source-[0-9.]+')
	[ ${#packages[@]} -gt 0 ] || return 0
	private_apt apt-cache madison "${packages[@]}" | awk -F ' *[|] *' '
		$3 ~ / Packages$/ { sub(/^ +/, "", $1); print $2, $1 }' | LC_ALL=C sort -V | tail -n 1
}

# source_fetch NEWEST PATH...: makes the link NEWEST name a directory with the newest source. Without a network
# that is the one that is there.
source_fetch()
{
	local newest=$1 version package dir archives=$CACHE/ksrc/archives-$$
	shift

	host_need kernels
	if ! apt_lists --newer; then
		[ -e "$newest" ] || apt_lists_failed
		say "carrying on with the kernel source in the cache"
		touch -c -d '23 hours ago' -- "$newest/"
		return
	fi
	read -r version package < <(source_newest) ||
		die "${SUITES// /, }: no package linux-source-*. Give a kernel tree: KSRC="
	dir=$newest.$package-$version
	if [ ! -d "$dir" ]; then
		apt_download "$archives" "$package" download "$package=$version"
		rm -rf -- "$dir.partial"
		mkdir -p -- "$dir.partial"
		ksrc_unpack "$archives" "$dir" "$package" "$@"
	fi
	touch -- "$dir"
	ln -sfn -- "$(basename -- "$dir")" "$newest"
}
