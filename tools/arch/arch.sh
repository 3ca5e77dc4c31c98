# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # its variables are the others' input
# The rows of arch.c for scripts, which source this file.

ARCH_ROWS=$(dirname -- "${BASH_SOURCE[0]}")/arch.c
# The fields of the row that arch_select chose, by their names in struct arch, and the variables that make
# in a kernel's tree needs for this architecture.
declare -A arch=()
kernel_make_variables=()

# arch_names: of all rows, one a line
arch_names()
{
	sed -n 's/^\t\t\.name = "\(.*\)",$/\1/p' "$ARCH_ROWS"
}

# arch_fields NAME: the row that has NAME as its name, machine or srcarch: "FIELD VALUE", one a line
arch_fields()
{
	awk -v wanted="$1" '
		/^\t\{$/ { row = ""; found = 0 }
		/^\t\t\.[a-z_]+ = / {
			field = substr($1, 2)
			value = $0
			sub(/^[^=]*= "?/, "", value)
			sub(/"?,$/, "", value)
			row = row field " " value "\n"
			if (field ~ /^(name|machine|srcarch)$/ && value == wanted)
				found = 1
		}
		/^\t\},$/ && found { printf "%s", row; exit }' "$ARCH_ROWS"
}

# arch_select: fills `arch` with the row that ARCH= names, or else with that of this machine; where there
# is none, it says so and fails. It exports ARCH as the name of the row, for the scripts that are called
# from here. A kernel's make has other names for architectures: give it kernel_make_variables.
arch_select()
{
	local wanted=${ARCH:-$(uname -m)} field value

	[ ${#arch[@]} -eq 0 ] || return 0
	while read -r field value; do
		arch[$field]=$value
	done < <(arch_fields "$wanted")
	if [ ${#arch[@]} -eq 0 ]; then
		printf '%s: no architecture %s. There are: %s. Say ARCH=NAME, or add a row to tools/arch/arch.c\n' \
			"${0##*/}" "$wanted" "$(arch_names | xargs)" >&2
		return 2
	fi
	export ARCH=${arch[name]}
	kernel_make_variables=("ARCH=${arch[srcarch]}")
	[ "${arch[machine]}" = "$(uname -m)" ] || kernel_make_variables+=("CROSS_COMPILE=${arch[cross]}")
}
