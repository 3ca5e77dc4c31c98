# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154 # names of matrix.sh and arch.sh
# Files of the kernel source, from the tree KSRC=, or else from a source package of the distribution.

# source_paths: these files. The suite needs the kselftest harness, lint the style checker, the report's tests
# the KTAP parser; and the kernel's own mm tests are built from the rest, with `make headers`.
source_paths()
{
	printf '%s\n' Makefile Kbuild scripts usr include "arch/${arch[srcarch]}" \
		tools/{arch,include,lib,scripts,testing/kunit,testing/selftests} mm/gup_test.h \
		lib/{test_hmm.c,test_hmm_uapi.h,test_vmalloc.c}
}

command_ksrc()
{
	local key dir harness=tools/testing/selftests/kselftest_harness.h
	local -a paths

	if [ -n "${KSRC:-}" ]; then
		[ -e "$KSRC/$harness" ] || die "KSRC=$KSRC is no kernel tree: no $harness in it"
		(cd -- "$KSRC" && pwd -P)
		return
	fi
	matrix_select ksrc
	KSRC_PACKAGE=linux-source-${VERSION_PATTERN%.\*}
	mapfile -t paths < <(source_paths)
	key=$(printf '%s\n' "$KSRC_PACKAGE" "${paths[@]}" | cksum | cut -d' ' -f1)
	dir=$CACHE/ksrc/$KSRC_PACKAGE-$key
	if [ ! -d "$dir" ]; then
		fetch_lock
		[ -d "$dir" ] || ksrc_fetch "$dir" "${paths[@]}"
		fetch_unlock
	fi
	printf '%s\n' "$dir"
}

# ksrc_fetch DIR PATH...
ksrc_fetch()
{
	local dir=$1 archives=$CACHE/ksrc/archives
	shift

	host_need kernels
	apt_lists || apt_lists_failed
	apt_download "$archives" "$KSRC_PACKAGE" download "$KSRC_PACKAGE"
	rm -rf -- "$dir.partial"
	mkdir -p -- "$dir.partial"
	ksrc_unpack "$archives" "$dir" "$KSRC_PACKAGE" "$@"
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

# source-package NAME: prints the directory with the tree of the newest source package NAME, without the
# distribution's patches. It is looked for once a day.
command_source_package()
{
	local name=${1:-} dir

	[ -n "$name" ] || die "which source package? Usage: kernels source-package NAME"
	matrix_select source
	dir=$CACHE/source-packages/$name
	if [ -n "${REFRESH:-}" ] || [ -z "$(find "$dir" -prune -mmin -1440 2>/dev/null)" ]; then
		fetch_lock
		source_package_fetch "$name" "$dir"
		fetch_unlock
	fi
	printf '%s\n' "$dir"
}

# The package lists of sources are apart from those of binary packages, which are updated more often.
source_package_fetch()
{
	local name=$1 dir=$2 archives=$2.archives

	host_need kernels
	APT_DIR=$CACHE/source-packages/apt
	SUITES=${SUITES%% *}
	apt_configure
	sed -i 's/^deb /deb-src /' "$APT_DIR/sources.list"
	apt_update || apt_lists_failed
	rm -rf -- "$archives" "$dir.partial"
	mkdir -p -- "$archives" "$dir.partial"
	step "$name: download" "$archives" source_package_download "$name" "$archives" || {
		step_failed
		die "no source package $name in $SUITES (reasons above)"
	}
	tar -x --no-same-owner --strip-components=1 -C "$dir.partial" -f "$(find "$archives" -name '*.orig.tar.*' \
		! -name '*.asc' -print -quit)"
	rm -rf -- "$dir" "$archives"
	mv -T -- "$dir.partial" "$dir"
	touch -- "$dir"
}

source_package_download()
{
	(cd -- "$2" && private_apt apt-get source --download-only "$1")
}
