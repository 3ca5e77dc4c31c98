# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153 # names of matrix.sh
# Finds the package that a kernel of the matrix is today. The file OFFERS has what the mirror offered when
# it was last asked: the date, then a line "VERSION PACKAGE SUITE" for each offer, newest first.

# Exit codes beside 2: the kernel need not be run; the role means no kernel today.
readonly LEFT_OUT_CODE=3 NOTHING_CODE=4

# upstream_of VERSION: 7.3~rc7-1~exp1 -> 7.3~rc7
upstream_of()
{
	local version=${1#*:}

	printf '%s\n' "${version%-*}"
}

# release_of VERSION: 7.3~rc7-1~exp1 -> 7.3-rc7, as people write it
release_of()
{
	local upstream

	upstream=$(upstream_of "$1")
	printf '%s\n' "${upstream/\~rc/-rc}"
}

# resolve_packages: image and headers packages of the row's flavour in the package lists
resolve_packages()
{
	local flavour=${IMAGE_META##*-}

	private_apt apt-cache pkgnames linux- |
		grep -E "^linux-(image|headers)-([0-9].*-)?$flavour\$" |
		grep -vE -- "-(cloud|rt)-$flavour\$"
}

# resolve_list: the lines of OFFERS, from the package lists. An image is an offer if its headers are there
# in the same version. Of a version that the metapackage has, the line names the metapackage.
resolve_list()
{
	local -a packages

	mapfile -t packages < <(resolve_packages)
	[ ${#packages[@]} -gt 0 ] || return 0
	private_apt apt-cache madison "${packages[@]}" | awk -F ' *[|] *' -v meta="$IMAGE_META" '
		$3 !~ / Packages$/ { next }
		{ sub(/^ +/, "", $1) }
		sub(/^linux-headers-/, "linux-image-", $1) { headers[$1, $2]; next }
		{
			split($3, source, / +/)
			sub(/\/.*/, "", source[2])
			offer[++count] = $2 " " ($1 != meta) " " $1 " " source[2]
			key[count] = $1 SUBSEP $2
		}
		END {
			for (i = 1; i <= count; i++)
				if (key[i] in headers)
					print offer[i]
		}' | LC_ALL=C sort -k1,1Vr -k2,2n -k3,3 | awk '!seen[$1, $4]++ { print $1, $3, $4 }'
}

# resolve_look: asks the mirror, at most once a day (REFRESH=1: now). The caller holds the kernel's lock.
resolve_look()
{
	if [ -z "${REFRESH:-}" ] && [ -n "$(find "$OFFERS" -mmin -1440 2>/dev/null)" ]; then
		apt_lists || apt_lists_failed
		return
	fi
	apt_lists --newer || apt_lists_failed
	{ date '+# %F %R'; resolve_list; } >"$OFFERS.new"
	mv -T -- "$OFFERS.new" "$OFFERS"
}

offers()
{
	grep -v '^#' "$OFFERS" || true
}

# The date is in the file, because the file's time says when to ask the mirror again: a day later, or
# sooner if the mirror could not be reached.
offers_date()
{
	sed -n 's/^# //p' "$OFFERS"
}

# offer_is_meant VERSION SUITE: is the offer a kernel of the row, or the release that is named?
offer_is_meant()
{
	if [ -n "$WANTED" ]; then
		[ "$WANTED" = "$1" ] || [ "$WANTED" = "$(upstream_of "$1")" ] ||
			[ "$WANTED" = "$(release_of "$1")" ]
		return
	fi
	case $VERSION_PATTERN in
	newest|candidate)
		[ "$2" = "${SUITES##* }" ] ;;
	*)
		# shellcheck disable=SC2053 # the column is a pattern
		[[ $1 == $VERSION_PATTERN ]] ;;
	esac
}

# resolve_choose: sets CHOICES to the offers that are meant, newest first, and LEFT_OUT to the reason, if
# there is one, why the kernel is not run.
resolve_choose()
{
	local version package suite seen=" " elsewhere=''

	CHOICES=()
	LEFT_OUT=
	while read -r version package suite; do
		if [ "$suite" != "${SUITES##* }" ] && [ -z "$elsewhere" ]; then
			elsewhere="$version $suite"
		fi
		if [[ $seen != *" $version "* ]] && offer_is_meant "$version" "$suite"; then
			seen+="$version "
			CHOICES+=("$version $package $suite")
		fi
	done < <(offers)
	if [ "$VERSION_PATTERN" = candidate ] && [ -z "$WANTED" ] && [ -n "$elsewhere" ]; then
		# shellcheck disable=SC2086 # two words
		resolve_overtaken $elsewhere
	fi
}

# resolve_overtaken VERSION SUITE: sets LEFT_OUT if this release, the newest of the other suites, is newer
# than the candidate.
resolve_overtaken()
{
	local candidate suite=${SUITES##* }

	if [ ${#CHOICES[@]} -eq 0 ]; then
		LEFT_OUT="not run: $suite has no release candidate today; the newest release is"
		LEFT_OUT+=" $(release_of "$1") of $2"
		return
	fi
	candidate=${CHOICES[0]%% *}
	dpkg --compare-versions "$(upstream_of "$1")" gt "$(upstream_of "$candidate")" || return 0
	LEFT_OUT="not run: $(release_of "$candidate") of $suite was overtaken by $(release_of "$1") of $2."
	LEFT_OUT+=" To run it all the same: KERNELS=$NAME@$(release_of "$candidate")"
}

# releases: the releases of the versions on stdin, in one line
releases()
{
	local version

	while read -r version _; do
		release_of "$version"
	done | awk '!seen[$0]++' | xargs
}

# resolve_nothing: dies, and names the kernels that there are instead.
resolve_nothing()
{
	local cached offered

	cached=$(fetch_cached | releases)
	if [ -n "$WANTED" ]; then
		offered=$(offers | releases)
		die "$NAME: neither the cache nor ${SUITES// /, } has it. The suites have: ${offered:-nothing}." \
			"The cache has: ${cached:-nothing}. Take one of these: KERNELS=$ROLE@RELEASE"
	fi
	say "$NAME: ${SUITES##* } offers no $IMAGE_META and no other image with its headers" \
		"(asked $(offers_date)). Look again: REFRESH=1 tools/kernels/kernels fetch" \
		"$NAME; or name another suite in the row of $HERE/matrix;" \
		"or run a release of the cache (${cached:-there is none}): KERNELS=$NAME@RELEASE"
	case $VERSION_PATTERN in
	newest|candidate) exit $NOTHING_CODE ;;
	*) exit 2 ;;
	esac
}

# look NAME: asks the mirror, holding the lock.
command_look()
{
	matrix_select "${1:-}"
	host_need kernels "$( ((EUID == 0)) || echo unprivileged)"
	fetch_lock
	resolve_look
}

# resolve NAME: prints "RELEASE VERSION SUITE" of the kernel that the name means today. Without a network
# that is the mirror's last offer, or else the version in the cache, and a message says so.
command_resolve()
{
	local version suite

	matrix_select "${1:-}"
	if [ -n "$WANTED" ] && fetch_is_usable; then
		version=$(<"$CURRENT/version")
		printf '%s %s cache\n' "$(release_of "$version")" "$version"
		return
	fi
	if ! "$HERE/kernels" look "$NAME"; then
		if [ ! -e "$OFFERS" ]; then
			fetch_is_usable || exit 2
			version=$(<"$CURRENT/version")
			say "$NAME: carrying on with the cached $version"
			printf '%s %s cache\n' "$(release_of "$version")" "$version"
			return
		fi
		say "$NAME: carrying on with what was offered on $(offers_date)"
		fetch_look_again_in_an_hour
	fi
	resolve_choose
	if [ -n "$LEFT_OUT" ]; then
		say "$NAME: $LEFT_OUT"
		exit $LEFT_OUT_CODE
	fi
	[ ${#CHOICES[@]} -gt 0 ] || resolve_nothing
	read -r version _ suite <<<"${CHOICES[0]}"
	printf '%s %s %s\n' "$(release_of "$version")" "$version" "$suite"
}
