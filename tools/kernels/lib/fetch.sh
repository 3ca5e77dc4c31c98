# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154 # names of matrix.sh and arch.sh
# Provides a kernel: HOME_DIR/VERSION.KEY/{image,root,version,release} and a link to the image, which
# has the name that the architecture's row gives images. `current-KEY` points to the directory, or
# `at-RELEASE-KEY` where one release was named; KEY stands for the row of the matrix. A version is made
# under a .partial name and renamed when complete.

# fetch_lock: takes the kernel's lock. If it has to wait, it names the holder, which may be another process
# of the same run.
fetch_lock()
{
	local holder

	mkdir -p -- "$HOME_DIR"
	exec {LOCK_FD}>>"$HOME_DIR/lock"
	if ! flock --nonblock "$LOCK_FD"; then
		holder=$(<"$HOME_DIR/lock")
		say "$NAME: waiting for ${holder:-another process}, which has its lock"
		flock "$LOCK_FD"
	fi
	printf 'process %d (kernels %s)\n' $$ "$INVOKED" >"$HOME_DIR/lock"
}

fetch_unlock()
{
	: >"$HOME_DIR/lock"
	exec {LOCK_FD}>&-
	LOCK_FD=
}

# fetch_is_fresh: was the version in the cache compared with the mirror less than FRESH_MINUTES ago, and
# with every offer seen since? Commands that follow a `fetch` allow two days, so that the kernel does not
# change between build and boot. A release that is named never changes.
fetch_is_fresh()
{
	fetch_is_usable || return
	[ -z "$WANTED" ] || return 0
	[ -z "${REFRESH:-}" ] && [ ! "$OFFERS" -nt "$CURRENT/" ] &&
		[ -n "$(find -H "$CURRENT" -prune -mmin "-$FRESH_MINUTES")" ]
}

fetch_is_usable()
{
	[ -e "$CURRENT/release" ]
}

fetch_look_again_in_an_hour()
{
	touch -c -d '23 hours ago' -- "$OFFERS"
	! fetch_is_usable || touch -c -d '23 hours ago' -- "$CURRENT/"
}

# fetch_ensure: makes CURRENT usable. A fresh version needs no lock. Otherwise another process does the
# work: if that fails for any reason, the version in the cache is used, and compared with the mirror again
# in an hour. But if the mirror says that the role means no kernel, or one that is not to be run, the
# version in the cache is not used.
fetch_ensure()
{
	local code=0

	if ! fetch_is_fresh; then
		"$HERE/kernels" refresh "$NAME" || code=$?
	fi
	case $code in
	0)
		;;
	"$LEFT_OUT_CODE"|"$NOTHING_CODE")
		exit $code ;;
	*)
		fetch_is_usable || exit 2
		say "$NAME: carrying on with the cached $(<"$CURRENT/version")"
		fetch_look_again_in_an_hour ;;
	esac
	# A release that is named stays in the cache for a month after its last use.
	[ -z "$WANTED" ] || touch -h -- "$CURRENT"
}

# refresh NAME: compares with the mirror, under the lock, and fetches what is missing or newer.
command_refresh()
{
	matrix_select "${1:-}"
	host_need kernels "$( ((EUID == 0)) || echo unprivileged)"
	fetch_lock
	# The process that held the lock may have done everything.
	! fetch_is_fresh || return 0
	! fetch_wanted_from_cache || return 0
	resolve_look
	resolve_choose
	if [ -n "$LEFT_OUT" ]; then
		say "$NAME: $LEFT_OUT"
		exit "$LEFT_OUT_CODE"
	fi
	[ ${#CHOICES[@]} -gt 0 ] || resolve_nothing
	fetch_choice
	touch -- "$CURRENT/"
	fetch_remove_old
}

# fetch_cached: versions of this row in the cache, newest first
fetch_cached()
{
	local release

	for release in "$HOME_DIR"/*."$ROW_KEY"/release; do
		[ ! -e "$release" ] || cat -- "${release%/*}/version"
	done | LC_ALL=C sort -Vr
}

# fetch_wanted_from_cache: uses the cached version of the release that is named. Fails if there is none.
fetch_wanted_from_cache()
{
	local version

	[ -n "$WANTED" ] || return
	while read -r version; do
		offer_is_meant "$version" - || continue
		fetch_link "$version"
		return 0
	done < <(fetch_cached)
	return 1
}

# fetch_link VERSION: makes CURRENT that version.
fetch_link()
{
	ln -sfn -- "$1.$ROW_KEY" "$CURRENT.new"
	mv -T -- "$CURRENT.new" "$CURRENT"
}

# fetch_choice: makes CURRENT the newest of CHOICES that can be downloaded. A mirror that is being updated
# lists packages that it does not have, so a few older versions are tried, too.
fetch_choice()
{
	local version package was='' choice
	local -a image headers installs

	! fetch_is_usable || was=$(<"$CURRENT/version")
	for choice in "${CHOICES[@]:0:4}"; do
		read -r version package _ <<<"$choice"
		if [ -e "$HOME_DIR/$version.$ROW_KEY/release" ]; then
			fetch_link "$version"
			break
		fi
		if fetch_download "$version" "$package"; then
			fetch_unpack "$version"
			break
		fi
		say "$NAME: $version is listed, but its files are gone from the mirror: the next older one is tried"
		version=
	done
	[ -n "$version" ] || die "$NAME: none of the versions that the mirror lists can be downloaded" \
		"(reasons above): it is being updated. Later: REFRESH=1 tools/kernels/kernels fetch $NAME"
	[ -z "$was" ] || [ "$was" = "$version" ] || say "$NAME: $was -> $version"
}

# fetch_download VERSION PACKAGE: downloads image and headers, and leaves their names in the caller's
# arrays. Fails if the mirror does not have them.
fetch_download()
{
	image=() headers=() installs=()
	fetch_resolve "$1" "$2"
	apt_download_if_there "$APT_DIR/archives" "$NAME: image and headers of $(release_of "$1")" download \
		"${image[@]}" "${headers[@]}"
}

# fetch_unpack VERSION: unpacks the packages and makes the build root; renames the directory at the end.
fetch_unpack()
{
	local version=$1 dir=$HOME_DIR/$1.$ROW_KEY begin=$SECONDS
	local partial=$dir.partial

	# A mount below the directory means that a process without the lock uses it: leave that alone.
	rm -rf --one-file-system -- "$partial"
	mkdir -p -- "$partial"
	step "$NAME: image unpacked" "$partial" unpack_into "$partial/image" "${image[@]}" ||
		{ step_failed; die "$NAME: cannot unpack the image (reasons above)"; }
	root_make "$partial/root" "${installs[@]}"
	step "$NAME: headers unpacked" "$partial" unpack_into "$partial/root" "${headers[@]}" ||
		{ step_failed; die "$NAME: cannot unpack the headers (reasons above)"; }
	fetch_finish "$partial" "$version"
	mv -T -- "$partial" "$dir"
	fetch_link "$version"
	rm -rf -- "$APT_DIR"/{archives,pkgcache.bin}
	say "$NAME: $(<"$CURRENT/release") ready in $((SECONDS - begin)) s," \
		"$(megabytes "$(size_of "$HOME_DIR")") in $HOME_DIR"
}

# fetch_resolve VERSION PACKAGE: fills image, headers (package=version) and installs (package) of the
# caller.
fetch_resolve()
{
	local kind package header=${2/#linux-image-/linux-headers-}

	[ "$2" != "$IMAGE_META" ] || header=$HEADERS_META
	# linux-base-RELEASE has modules.builtin and modules.order since 7.x.
	mapfile -t image < <(apt_closure '^linux-(image|binary|modules|base-[0-9])' \
		'^linux-(image|binary|modules|base)-' "$2" "$1" | sed -n 's/^unpack //p')
	# shellcheck disable=SC2206 # a list of words
	installs=($ROOT_PACKAGES)
	while read -r kind package; do
		case $kind in
		unpack) headers+=("$package") ;;
		install) installs+=("$package") ;;
		esac
	done < <(apt_closure '^linux-(headers|kbuild|compiler)' '^linux-(headers|kbuild)-' "$header" "$1")
}

# unpack_into DIR PACKAGE=VERSION...: unpacks the packages. No maintainer script runs.
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

# fetch_finish DIR VERSION: adds what the unpacked packages lack, and the files version and release.
fetch_finish()
{
	local dir=$1 name=${arch[packaged_image]} path release

	# Before 7.x the image is in /boot, later beside the modules, in /lib or in /usr/lib.
	path=$(cd -- "$dir" && find image -name "$name*" -type f | head -n 1)
	[ -e "$dir/image/lib" ] || ln -s usr/lib "$dir/image/lib"
	release=$(find "$dir/image/lib/modules/" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null)
	if [ -z "$path" ] || [ -z "$release" ]; then
		die "$NAME: no $name or no modules in ${image[*]}: the packages were divided anew," \
			"mend fetch_resolve in $HERE/lib/fetch.sh"
	fi
	ln -s "$path" "$dir/$name"
	# A package makes modules.dep when it is installed, and this one is only unpacked.
	step "$NAME: modules.dep" "$dir" root_run "$dir/root" "$dir/image" depmod -b /work "$release" ||
		{ step_failed; die "$NAME: depmod failed (reasons above)"; }
	printf '%s\n' "$2" >"$dir/version"
	printf '%s\n' "$release" >"$dir/release"
}

# fetch_remove_old: removes replaced versions after a day, for running tests may use them; versions of other
# rows a month after their last comparison; and named releases a month after their last use.
fetch_remove_old()
{
	local kept
	local -a keep=(! -name apt)

	find "$HOME_DIR" -maxdepth 1 -type l -name 'at-*' -mtime +30 -delete
	while IFS= read -r kept; do
		keep+=(! -name "$kept")
	done < <(find "$HOME_DIR" -maxdepth 1 -type l \( -name 'at-*' -o -name "current-$ROW_KEY" \) -printf '%l\n')
	find "$HOME_DIR" -mindepth 1 -maxdepth 1 -type d "${keep[@]}" \
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
	readlink -f -- "$CURRENT/${arch[packaged_image]}"
}

command_modules()
{
	matrix_select "${1:-}"
	fetch_ensure
	printf '%s\n' "$(readlink -f -- "$CURRENT")/image/lib/modules/$(<"$CURRENT/release")"
}

# version NAME: the version of the package; release NAME: the release that the kernel itself reports
command_version()
{
	matrix_select "${1:-}"
	fetch_ensure
	cat -- "$CURRENT/version"
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
	rm -rf --one-file-system -- "${CACHE:?}"/{kernels,ksrc,machines}
	rmdir --ignore-fail-on-non-empty -- "$CACHE"
}
