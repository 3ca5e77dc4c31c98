# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Names of topics and of variants, which the scripts that make topics share.

# topic_chosen TOPIC GLOB...: does a glob choose it? 'khugepaged.s_2.*' chooses khugepaged, and uffd-unit-tests is
# as good as uffd_unit_tests.
topic_chosen()
{
	local topic=$1 glob
	shift

	for glob in "$@"; do
		glob=${glob%%.*}
		# shellcheck disable=SC2053 # a pattern
		[[ $topic != ${glob//-/_} ]] || return 0
	done
	return 1
}

# variant_of ARGUMENT...: "-Z -n -1" is z_n_minus_1 as a part of a name
variant_of()
{
	printf '%s' "${*,,}" | sed -E 's/-([0-9])/minus_\1/g; s/[^a-z0-9]+/_/g; s/^_//; s/_$//'
}
