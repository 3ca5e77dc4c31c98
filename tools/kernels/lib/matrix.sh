# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # its variables are the others' input
# The data table of stock kernels, and the places of a kernel in the cache.

# Give it another value when `fetch` leaves something else in the cache than before: what was
# made by the older recipe is then made anew.
readonly RECIPE=

matrix_names()
{
	awk '!/^#/ && NF { print $1 }' "$HERE/matrix"
}

# Sets NAME, the columns of its row and the places in the cache.
matrix_select()
{
	local row

	[ -n "${1:-}" ] || die "which kernel? One of: $(matrix_names | xargs)"
	row=$(awk -v name="$1" '!/^#/ && $1 == name' "$HERE/matrix")
	[ -n "$row" ] || die "no kernel '$1' in the matrix. One of: $(matrix_names | xargs)"
	read -r NAME VERSION_PATTERN SUITES IMAGE_META HEADERS_META ROOT_PACKAGES LINT_PACKAGES <<<"$row"
	SUITES=${SUITES//,/ }
	ROOT_PACKAGES=${ROOT_PACKAGES//,/ }
	LINT_PACKAGES=${LINT_PACKAGES//,/ }
	# Clones whose rows differ share the cache without disturbing each other.
	ROW_KEY=$(printf '%s' "$row$RECIPE" | tr -s ' \t' ' ' | cksum | cut -d' ' -f1)
	HOME_DIR=$CACHE/kernels/$NAME
	CURRENT=$HOME_DIR/current-$ROW_KEY
	APT_DIR=$HOME_DIR/apt
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
		if [ -e "$CURRENT/release" ]; then
			printf '%-15s %-26s %-24s %7s  %s\n' "$name" "$(<"$CURRENT/version")" \
				"$(<"$CURRENT/release")" "$(du -sh -- "$HOME_DIR" | cut -f1)" "$HOME_DIR"
		else
			printf '%-15s %s\n' "$name" "not cached (fetch: tools/kernels/kernels fetch $name)"
		fi
	done
}
