# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Build roots. mmdebstrap makes them from packages that the private apt has downloaded. A build has mounts
# of its own, which vanish with its last process.

# root_make DIR PACKAGE...: makes a build root with these packages.
root_make()
{
	local dir=$1

	apt_download "$APT_DIR/archives" "$NAME: build root" install "${@:2}" '?essential'
	step "$NAME: build root made" "$dir" root_bootstrap "$dir" "${@:2}" || {
		step_failed
		die "$NAME: mmdebstrap could not make the build root (reasons above)." \
			"$( ((EUID == 0)) || echo "As an ordinary user it needs: sudo apt-get install uidmap. Or run as root:" \
			"sudo CACHE=$CACHE $HERE/kernels fetch $NAME")"
	}
	root_slim "$dir"
}

# mmdebstrap finds the package lists and archives in place and needs no network. For an ordinary user it
# makes a tar archive in a user namespace, and the user unpacks the archive.
root_bootstrap()
{
	local dir=$1 packages
	local -a options

	packages=$(IFS=,; echo "${*:2}")
	# shellcheck disable=SC2054 # the commas belong to mmdebstrap
	options=(--variant=essential --include="$packages" --skip=update,cleanup/apt
		--aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*'
		--dpkgopt='path-exclude=/usr/share/locale/*'
		--setup-hook="mkdir -p \"\$1\"/var/cache/apt/archives"
		--setup-hook="sync-in '$APT_DIR/lists' /var/lib/apt/lists"
		--setup-hook="sync-in '$APT_DIR/archives' /var/cache/apt/archives"
		"${SUITES%% *}")
	mkdir -p -- "$dir"
	if ((EUID == 0)); then
		# In a mount namespace of its own, mmdebstrap leaves no mount behind when it is killed. Where
		# unshare is forbidden, mmdebstrap cannot mount anything either.
		if unshare --mount true 2>/dev/null; then
			set -- unshare --mount
		else
			set --
		fi
		"$@" mmdebstrap --mode=root "${options[@]}" "$dir" "$APT_DIR/sources.list"
	else
		mmdebstrap --mode=unshare --format=tar "${options[@]}" - "$APT_DIR/sources.list" |
			tar -x --no-same-owner --exclude='./dev/*' -C "$dir" -f -
	fi
}

# root_slim DIR: removes what no compiler needs.
root_slim()
{
	rm -rf --one-file-system -- "$1"/var/{cache,lib/apt} "$1"/usr/share/{doc,man,locale,info,zoneinfo}
	mkdir -p -- "$1"/{work,proc,dev,tmp}
}

# root_run ROOT DIR COMMAND...: runs COMMAND in ROOT, with DIR as its /work.
root_run()
{
	local -a namespaces=(--mount --pid --fork --kill-child)
	local -a enter=(chroot "$1" /usr/bin/env -i HOME=/tmp LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin)

	if ((EUID != 0)) || ! unshare --mount true 2>/dev/null; then
		namespaces+=(--user --map-root-user)
	fi
	if unshare "${namespaces[@]}" true 2>/dev/null; then
		root_run_mounted "$@"
	elif ((EUID == 0)); then
		root_run_moved "$@"
	else
		say "this machine gives an ordinary user no namespaces. Run as root:" \
			"sudo CACHE=$CACHE $HERE/kernels ..., or allow user namespaces"
		return 2
	fi
}

root_run_mounted()
{
	local root=$1 dir=$2
	shift 2

	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare "${namespaces[@]}" /bin/sh -euc '
		root=$1 dir=$2
		shift 2
		mount --bind -- "$dir" "$root/work"
		mount --rbind /dev "$root/dev"
		mount -t proc proc "$root/proc"
		# No exec, because neither make nor timeout is made to be process 1.
		"$@" || exit $?
	' sh "$root" "$dir" "${enter[@]}" "$@"
}

# In a container that may not mount (docker without privileges) DIR is moved into the root and
# back, one run at a time.
root_run_moved()
{
	local root=$1 dir=$2 turn rc=0
	shift 2

	exec {turn}>>"$root/.turn"
	flock "$turn"
	[ -c "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
	rm -rf -- "$root/work"
	mv -T -- "$dir" "$root/work"
	"${enter[@]}" "$@" || rc=$?
	mv -T -- "$root/work" "$dir"
	mkdir -- "$root/work"
	exec {turn}>&-
	[ $rc -eq 0 ] || say "this container may not mount /proc, which objtool of 7.x needs:" \
		"if that is the error, start it with --cap-add SYS_ADMIN or --privileged"
	return $rc
}

# lint_ensure: sets LINT_ROOT, the build root plus the lint packages of the row. The first call makes it of
# hard links and unpacked packages; clang and sparse work without being installed.
lint_ensure()
{
	local version

	version=$(readlink -f -- "$CURRENT")
	LINT_ROOT=$version/lint
	[ ! -d "$LINT_ROOT" ] || return 0
	fetch_lock
	[ -d "$LINT_ROOT" ] || lint_make "$version"
	fetch_unlock
}

lint_make()
{
	local root=$1/root partial=$1/lint.partial
	local -a install

	[ "$LINT_PACKAGES" != - ] || die "$NAME has no lint packages in its row of $HERE/matrix: add clang,sparse"
	apt_lists || apt_lists_failed
	# shellcheck disable=SC2206 # a list of words
	install=(install -o Dir::State::status="$root/var/lib/dpkg/status" $LINT_PACKAGES)
	rm -rf -- "$APT_DIR/archives"
	apt_download "$APT_DIR/archives" "$NAME: lint ($LINT_PACKAGES)" "${install[@]}"
	rm -rf --one-file-system -- "$partial"
	step "$NAME: lint root made" "$partial" lint_unpack "$root" "$partial" || {
		step_failed
		die "$NAME: cannot unpack the lint packages (reasons above)"
	}
	mv -T -- "$partial" "$1/lint"
	rm -rf -- "$APT_DIR"/{archives,pkgcache.bin}
}

lint_unpack()
{
	local deb

	cp -al -- "$1" "$2" || return
	for deb in "$APT_DIR"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --keep-directory-symlink --no-same-owner -C "$2" -f - || return
	done
	rm -rf -- "$2"/usr/share/{doc,man}
}
