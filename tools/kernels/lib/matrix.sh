# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # its variables are the others' input
# The table of stock kernels, and the paths of a kernel in the cache.

# Change the value when `fetch` puts other things into the cache than before: then the kernels of the cache
# are fetched again.
readonly RECIPE=

# matrix_row NAME: prints its row, or nothing if there is none
matrix_row()
{
	awk -v name="$1" '!/^#/ && $1 == name' "$HERE/matrix"
}

matrix_names()
{
	awk '!/^#/ && NF && $2 !~ /^(alias|means)$/ { print $1 }' "$HERE/matrix"
}

# matrix_canonical NAME[@RELEASE]: the same with the name of a row that is a kernel
matrix_canonical()
{
	local name=${1%%@*} release kind is _

	release=${1#"$name"}
	read -r _ kind is _ <<<"$(matrix_row "$name")"
	case $kind in
	alias) say "$1 is now called $is$release" ;;
	means) ;;
	*) is=$name ;;
	esac
	printf '%s\n' "$is$release"
}

# matrix_select NAME[@RELEASE]: sets NAME, the columns of its row, and the paths in the cache. WANTED is the
# release, if one is named: the row may mean another one today.
matrix_select()
{
	local row given=${1:-}

	[ -n "$given" ] || die "which kernel? One of: $(matrix_names | xargs)"
	NAME=$(matrix_canonical "$given")
	ROLE=${NAME%%@*}
	WANTED=${NAME#"$ROLE"}
	WANTED=${WANTED#@}
	row=$(matrix_row "$ROLE")
	[ -n "$row" ] || die "no kernel '$ROLE' in the matrix. One of: $(matrix_names | xargs)"
	[[ $NAME != *@* || $WANTED =~ ^[0-9][A-Za-z0-9.+~-]*$ ]] ||
		die "'$WANTED' is no release. Say $ROLE@RELEASE, as in $ROLE@6.12.100"
	arch_select || exit
	row=${row//FLAVOUR/${arch[flavour]}}
	read -r _ VERSION_PATTERN SUITES IMAGE_META HEADERS_META ROOT_PACKAGES LINT_PACKAGES <<<"$row"
	SUITES=${SUITES//,/ }
	ROOT_PACKAGES=${ROOT_PACKAGES//,/ }
	LINT_PACKAGES=${LINT_PACKAGES//,/ }
	# Clones whose rows differ use different keys, and share the cache.
	ROW_KEY=$(printf '%s' "$row$RECIPE" | tr -s ' \t' ' ' | cksum | cut -d' ' -f1)
	HOME_DIR=$CACHE/kernels/$ROLE
	[ "${arch[machine]}" = "$(uname -m)" ] || HOME_DIR+=.${arch[name]}
	CURRENT=$HOME_DIR/current-$ROW_KEY
	[ -z "$WANTED" ] || CURRENT=$HOME_DIR/at-$WANTED-$ROW_KEY
	OFFERS=$HOME_DIR/offers-$ROW_KEY
	APT_DIR=$HOME_DIR/apt
}

command_default()
{
	matrix_canonical default
}

command_list()
{
	local name

	if [ "${1:-}" != -v ]; then
		matrix_names
		return
	fi
	for name in $(matrix_names); do
		matrix_select "$name"
		list_row
	done
}

# list_row: lists the versions of the row in the cache: the one in use, and those that NAME@RELEASE runs
list_row()
{
	local version current='' dir

	if [ -e "$CURRENT/release" ]; then
		current=$(<"$CURRENT/version")
	else
		printf '%-24s %s\n' "$NAME" "not cached (fetch: tools/kernels/kernels fetch $NAME)"
	fi
	while read -r version; do
		dir=$HOME_DIR/$version.$ROW_KEY
		[ "$version" = "$current" ] || NAME=$ROLE@$(release_of "$version")
		printf '%-24s %-24s %-22s %7s  %s\n' "$NAME" "$version" "$(<"$dir/release")" \
			"$(du -sh -- "$dir" | cut -f1)" "$dir"
		NAME=$ROLE
	done < <(fetch_cached)
}
