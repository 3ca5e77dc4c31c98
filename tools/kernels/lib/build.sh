# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # names of arch.sh
# Builds this clone's modules for a kernel. OUTDIR/tree gets a copy of the sources, and the build root
# mounts it: clones do not disturb each other, and `make clean` removes everything.

readonly SOURCES="Kbuild src include"
readonly -a BUILT=(pincheck.ko gup_test.ko pincheck_interleave.ko)

# build_sync TREE: makes TREE a copy of the clone's sources. Unchanged files keep their time, so that make
# does not compile them again; files that the clone no longer has are removed.
build_sync()
{
	local tree=$1 file

	[ -e "$CLONE/Kbuild" ] || die "no Kbuild in $CLONE: is this a whole clone?"
	mkdir -p -- "$tree"
	# shellcheck disable=SC2086 # a list of words
	(cd -- "$CLONE" && find $SOURCES -type f ! -name '*.o' ! -name '*.cmd' ! -name '*.mod' ! -name '*.mod.c' \
		! -name '*.ko' -print | sort) >"$tree.new"
	if [ -e "$tree.files" ]; then
		comm -13 "$tree.new" "$tree.files" | while IFS= read -r file; do
			rm -f -- "$tree/$file"
		done
	fi
	# Two processes compare all files, and only those that differ are written.
	{ (cd -- "$CLONE" && xargs -d '\n' sha1sum --) <"$tree.new" |
		(cd -- "$tree" && LC_ALL=C sha1sum --check --quiet 2>/dev/null) || true; } |
		sed -n 's/: FAILED.*$//p' | while IFS= read -r file; do
		mkdir -p -- "$(dirname -- "$tree/$file")"
		cp -- "$CLONE/$file" "$tree/$file"
	done
	mv -- "$tree.new" "$tree.files"
}

# build_report LOG TREE-PREFIX...: the compiler's messages with the paths of the clone. From 7.x on make
# runs in the tree itself, and its relative paths fit the clone.
build_report()
{
	local log=$1 prefix
	local -a map=()
	shift

	for prefix in "$@"; do
		map+=(-e "s#$prefix/#$CLONE/#g")
	done
	sed "${map[@]}" "$log" |
		grep -vE '^( +[A-Z]+( \[M\])? |make(\[[0-9]+\])?: (Entering|Leaving))' | tail -n 60 >&2 || true
}

# build_conclude OUTDIR RC WHAT PREFIX...: reports the build, and puts new modules into OUTDIR.
build_conclude()
{
	local outdir=$1 rc=$2 what=$3 tree=$1/tree module
	shift 3

	for module in "${BUILT[@]}"; do
		[ "$rc" -eq 0 ] && [ -e "$tree/$module" ] && continue
		build_report "$outdir/build.log" "$@"
		(cd -- "$outdir" && rm -f -- "${BUILT[@]}")
		say "$module does not build for $what; whole log: $outdir/build.log"
		exit 1
	done
	if grep -q 'warning: ' "$outdir/build.log"; then
		build_report "$outdir/build.log" "$@"
	fi
	for module in "${BUILT[@]}"; do
		cmp -s -- "$tree/$module" "$outdir/$module" || cp -- "$tree/$module" "$outdir/$module"
	done
}

# build_outdir DIR: sets OUTDIR and locks it, so that two makes in one clone take turns.
build_outdir()
{
	[ -n "${1:-}" ] || die "which output directory? Usage: kernels build NAME OUTDIR [MAKEVAR=...]"
	mkdir -p -- "$1"
	OUTDIR=$(cd -- "$1" && pwd -P)
	exec {OUTDIR_FD}>>"$OUTDIR/.lock"
	flock "$OUTDIR_FD"
}

# build_wants_lint MAKEVAR=...: does a build with these variables need the lint packages?
build_wants_lint()
{
	local word

	for word in "$@"; do
		case $word in
		CC=clang*|LLVM=?*|C=[12]|CHECK=*) return 0 ;;
		esac
	done
	return 1
}

# clang_variables [MAKEVAR=...]: make variables, one a line, with which clang accepts the flags of
# a kernel that was configured for gcc. The result is for reading clang's diagnostics: it has the
# layout of the kernel's structures, but not all of its mitigations.
clang_variables()
{
	local word clang='' flags="-Wno-unknown-warning-option -Wno-duplicate-decl-specifier"

	for word in "$@"; do
		case $word in
		CC=clang*) clang=$word ;;
		KCFLAGS=*) flags+=" ${word#*=}" ;;
		*) printf '%s\n' "$word" ;;
		esac
	done
	if [ -z "$clang" ]; then
		printf '%s\n' "$@" | grep '^KCFLAGS=' || true
		return
	fi
	printf '%s\n' "$clang -Qunused-arguments" "KCFLAGS=$flags" \
		CONFIG_CC_IS_GCC= CONFIG_CC_IS_CLANG=y CONFIG_FTRACE_MCOUNT_USE_CC= \
		CONFIG_{MITIGATION_,}RETHUNK= CONFIG_{MITIGATION_,}SLS= CONFIG_INIT_STACK_ALL_ZERO= \
		CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= CONFIG_UBSAN_BOUNDS_STRICT=
}

# A build takes seconds, or minutes on a busy machine. Twice in some hundred builds, make 4.3 and 4.4
# looped for ever in update_goal_chain(), without a child. The second try succeeded.
BUILD_SECONDS=${BUILD_SECONDS:-900}

command_build()
{
	local rc=0 root release
	local -a variables

	matrix_select "${1:-}"
	build_outdir "${2:-}"
	shift 2
	fetch_ensure
	release=$(<"$CURRENT/release")
	root=$(readlink -f -- "$CURRENT")/root
	if build_wants_lint "$@"; then
		lint_ensure
		root=$LINT_ROOT
		mapfile -t variables < <(clang_variables "$@")
		set -- "${variables[@]}"
	fi
	build_sync "$OUTDIR/tree"
	local -a build=(timeout --kill-after=10 "$BUILD_SECONDS" make -j"$(nproc)"
		-C "/usr/src/linux-headers-$release" M=/work modules "$@")
	root_run "$root" "$OUTDIR/tree" "${build[@]}" >"$OUTDIR/build.log" 2>&1 </dev/null || rc=$?
	if [ $rc -eq 124 ]; then
		say "make was not done after $BUILD_SECONDS s; once more"
		rc=0
		root_run "$root" "$OUTDIR/tree" "${build[@]}" >>"$OUTDIR/build.log" 2>&1 </dev/null || rc=$?
	fi
	build_conclude "$OUTDIR" "$rc" "$NAME ($release)" /work
}

command_build_custom()
{
	local kdir=${1:-} rc=0
	local -a compiler=()

	[ -n "$kdir" ] || die "which kernel tree? Usage: kernels build-custom KDIR OUTDIR [MAKEVAR=...]"
	[ -e "$kdir/Makefile" ] || die "$kdir is no kernel build tree (no Makefile in it). Give KDIR=the" \
		"directory the kernel was built in; for this machine's: sudo apt-get install linux-headers-$(uname -r)"
	if [ ! -e "$kdir/include/generated/autoconf.h" ] || [ ! -e "$kdir/Module.symvers" ]; then
		die "the kernel in $kdir is not built. Build it: make -C $kdir -j\$(nproc)"
	fi
	kdir=$(cd -- "$kdir" && pwd -P)
	build_outdir "${2:-}"
	shift 2
	build_sync "$OUTDIR/tree"
	if grep -qs '^CONFIG_CC_IS_CLANG=y' "$kdir/.config"; then
		compiler=(LLVM=1)
	fi
	# On a machine whose architecture has no row, make finds out what to build, unless ARCH= is set.
	[ -z "${ARCH:-}" ] || arch_select || exit
	# The variables of a make that called us are not meant for the kernel's.
	env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u MAKELEVEL \
		make -C "$kdir" M="$OUTDIR/tree" -j"$(nproc)" modules "${kernel_make_variables[@]}" \
		"${compiler[@]}" "$@" \
		>"$OUTDIR/build.log" 2>&1 </dev/null || rc=$?
	build_conclude "$OUTDIR" "$rc" "$kdir" "$OUTDIR/tree"
}

# build-tree NAME|KDIR DIR: the modules of the Kbuild in DIR, which has everything that they include, for a
# kernel of the matrix or a tree of one's own: DIR/*.ko, DIR/build.log. It fails if one does not build.
command_build_tree()
{
	local kernel=${1:-} dir=${2:-} release root
	local -a build=(timeout --kill-after=10 "$BUILD_SECONDS" make -j"$(nproc)")

	[ -e "$dir/Kbuild" ] || die "which directory? Usage: kernels build-tree NAME|KDIR DIR"
	dir=$(cd -- "$dir" && pwd -P)
	if [ -e "$kernel/Module.symvers" ]; then
		[ -z "${ARCH:-}" ] || arch_select || exit
		env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u MAKELEVEL "${build[@]}" -C "$kernel" M="$dir" modules \
			"${kernel_make_variables[@]}" >"$dir/build.log" 2>&1 </dev/null
		return
	fi
	matrix_select "$kernel"
	fetch_ensure
	release=$(<"$CURRENT/release")
	root=$(readlink -f -- "$CURRENT")/root
	root_run "$root" "$dir" "${build[@]}" -C "/usr/src/linux-headers-$release" M=/work modules \
		>"$dir/build.log" 2>&1 </dev/null
}
