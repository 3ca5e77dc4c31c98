# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153 # names of matrix.sh
# Provides a kernel: HOME_DIR/VERSION.KEY/{image,root,vmlinuz,version,release}, with
# `current-KEY` pointing to it; KEY stands for the row of the matrix. A version is made under a .partial name and renamed when complete.

# Takes the kernel's lock, telling who is waited for.
fetch_lock()
{
	mkdir -p -- "$HOME_DIR"
	exec {LOCK_FD}>>"$HOME_DIR/lock"
	if ! flock --nonblock "$LOCK_FD"; then
		say "$NAME: another run is fetching it, waiting for it"
		flock "$LOCK_FD"
	fi
}

fetch_unlock()
{
	exec {LOCK_FD}>&-
	LOCK_FD=
}

# Is there a version of this row that was compared with the mirror less than a day ago?
fetch_is_fresh()
{
	[ -z "${REFRESH:-}" ] && fetch_is_usable &&
		[ -n "$(find -H "$CURRENT" -prune -mmin -1440)" ]
}

fetch_is_usable()
{
	[ -e "$CURRENT/release" ]
}

# fetch_ensure: after this, CURRENT is usable. The way without work takes no lock. The work is done
# by a process of its own, so that whatever stops it, a version in the cache goes on being used
# (and is compared with the mirror again in an hour).
fetch_ensure()
{
	fetch_is_fresh && return
	"$HERE/kernels" refresh "$NAME" && return
	fetch_is_usable || exit 2
	say "$NAME: carrying on with the cached $(<"$CURRENT/version")"
	touch -d '23 hours ago' -- "$CURRENT/"
}

# refresh NAME: compares with the mirror, under the lock, and fetches what is missing or newer.
command_refresh()
{
	local version

	matrix_select "${1:-}"
	host_need kernels "$( ((EUID == 0)) || echo unprivileged)"
	fetch_lock
	# Whoever held the lock until now may have done it all.
	! fetch_is_fresh || return 0
	apt_lists --newer || apt_lists_failed
	version=$(apt_candidate "$IMAGE_META")
	# shellcheck disable=SC2053 # the column is a pattern
	if [ -z "$version" ] || [[ $version != $VERSION_PATTERN ]]; then
		die "$NAME: $SUITES carry $IMAGE_META ${version:-not at all}, not $VERSION_PATTERN." \
			"Name the suite that does in the row of $HERE/matrix"
	fi
	if ! fetch_is_usable || [ "$(<"$CURRENT/version")" != "$version" ]; then
		[ ! -e "$CURRENT/version" ] || say "$NAME: $(<"$CURRENT/version") -> $version"
		fetch_version "$version"
	fi
	touch -- "$CURRENT/"
	fetch_remove_old
}

# fetch_version VERSION: downloads, unpacks, renames.
fetch_version()
{
	local version=$1 dir=$HOME_DIR/$1.$ROW_KEY begin=$SECONDS
	local partial=$dir.partial
	local -a image headers installs

	fetch_resolve "$version"
	# Another mount below it would mean a live run of somebody who holds no lock: stay out.
	rm -rf --one-file-system -- "$partial"
	mkdir -p -- "$partial"
	apt_download "$APT_DIR/archives" "$NAME: image and headers" download "${image[@]}" "${headers[@]}"
	step "$NAME: image unpacked" "$partial" unpack_into "$partial/image" "${image[@]}" ||
		{ step_failed; die "$NAME: cannot unpack the image (reasons above)"; }
	root_make "$partial/root" "${installs[@]}"
	step "$NAME: headers unpacked" "$partial" unpack_into "$partial/root" "${headers[@]}" ||
		{ step_failed; die "$NAME: cannot unpack the headers (reasons above)"; }
	fetch_finish "$partial" "$version"
	mv -T -- "$partial" "$dir"
	ln -sfn -- "${dir##*/}" "$CURRENT.new"
	mv -T -- "$CURRENT.new" "$CURRENT"
	rm -rf -- "$APT_DIR"/{archives,pkgcache.bin}
	say "$NAME: $(<"$CURRENT/release") ready in $((SECONDS - begin)) s," \
		"$(megabytes "$(size_of "$HOME_DIR")") in $HOME_DIR"
}

# Fills image, headers (package=version) and installs (package) of the caller.
fetch_resolve()
{
	local kind package version

	version=$(apt_candidate "$HEADERS_META")
	[ "$version" = "$1" ] || die "$NAME: $IMAGE_META is $1 but $HEADERS_META is ${version:-missing}" \
		"on the mirror: it is being updated. Run again later"
	# linux-base-RELEASE has modules.builtin and modules.order since 7.x.
	mapfile -t image < <(apt_closure '^linux-(image|binary|modules|base-[0-9])' \
		'^linux-(image|binary|modules|base)-' "$IMAGE_META" "$1" | sed -n 's/^unpack //p')
	# shellcheck disable=SC2206 # a list of words
	installs=($ROOT_PACKAGES)
	while read -r kind package; do
		case $kind in
		unpack) headers+=("$package") ;;
		install) installs+=("$package") ;;
		esac
	done < <(apt_closure '^linux-(headers|kbuild|compiler)' '^linux-(headers|kbuild)-' "$HEADERS_META" "$1")
}

# unpack_into DIR PACKAGE=VERSION...: never installed, no maintainer script runs.
unpack_into()
{
	local dir=$1 package version deb
	shift

	mkdir -p -- "$dir"
	for package in "$@"; do
		version=${package#*=}
		# apt writes an epoch's colon as %3a into the file name.
		deb=$(find "$APT_DIR/archives" -maxdepth 1 -name "${package%%=*}_${version/:/%3a}_*.deb")
		# Merged /usr: a package's /lib must follow the root's link, not replace it.
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --keep-directory-symlink --no-same-owner -C "$dir" -f - || return
	done
}

# fetch_finish DIR VERSION: what the unpacked packages lack, and the notes others read.
fetch_finish()
{
	local dir=$1 vmlinuz release

	# Before 7.x in /boot, then beside the modules, which are in /lib or in /usr/lib.
	vmlinuz=$(cd -- "$dir" && find image -name 'vmlinuz*' -type f | head -n 1)
	[ -e "$dir/image/lib" ] || ln -s usr/lib "$dir/image/lib"
	release=$(find "$dir/image/lib/modules/" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null)
	if [ -z "$vmlinuz" ] || [ -z "$release" ]; then
		die "$NAME: no vmlinuz or no modules in ${image[*]}: the packages were divided anew," \
			"mend fetch_resolve in $HERE/lib/fetch.sh"
	fi
	ln -s "$vmlinuz" "$dir/vmlinuz"
	# modules.dep is made on installation, which does not happen here.
	step "$NAME: modules.dep" "$dir" root_run "$dir/root" "$dir/image" depmod -b /work "$release" ||
		{ step_failed; die "$NAME: depmod failed (reasons above)"; }
	printf '%s\n' "$2" >"$dir/version"
	printf '%s\n' "$release" >"$dir/release"
}

# Replaced versions stay a day for runs that still use them, those of other rows a month after
# their last check.
fetch_remove_old()
{
	local current

	current=$(readlink -- "$CURRENT")
	find "$HOME_DIR" -mindepth 1 -maxdepth 1 -type d ! -name apt ! -name "$current" \
		\( -name "*.$ROW_KEY" -mmin +1440 -o -mtime +30 \) -exec rm -rf --one-file-system -- {} +
	find "$HOME_DIR" -maxdepth 1 -xtype l -delete
}

command_fetch()
{
	[ $# -gt 0 ] || die "fetch which kernel? One of: $(matrix_names | xargs)"
	local name
	for name in "$@"; do
		matrix_select "$name"
		fetch_ensure
	done
}

command_image()
{
	matrix_select "${1:-}"
	fetch_ensure
	readlink -f -- "$CURRENT/vmlinuz"
}

command_modules()
{
	matrix_select "${1:-}"
	fetch_ensure
	printf '%s\n' "$(readlink -f -- "$CURRENT")/image/lib/modules/$(<"$CURRENT/release")"
}

command_release()
{
	matrix_select "${1:-}"
	fetch_ensure
	cat -- "$CURRENT/release"
}

command_cache_clean()
{
	[ -d "$CACHE" ] || return 0
	say "emptying $CACHE ($(du -sh -- "$CACHE" | cut -f1))"
	rm -rf --one-file-system -- "${CACHE:?}"/{kernels,ksrc}
	rmdir --ignore-fail-on-non-empty -- "$CACHE"
}
