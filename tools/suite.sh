# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What run-suite and run-matrix share: from a name of the matrix to a verdict.

BUILD=${BUILD:-build}
TESTS=${TESTS:-*}
ACCEL=${ACCEL:-auto}
VM=$BUILD/bin/pincheck-vm
kernels=tools/kernels/kernels
vm_options=()

# die MESSAGE: cause and mending command in one line
die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 2
}

# Everything that does not depend on the kernel.
suite_make()
{
	"$kernels" prepare-host build kernels vm
	"${MAKE:-make}" --no-print-directory -s -j"$(nproc)" tools tests
}

# vm NAME IMAGE [OPTION...]: the suite on one kernel whose module is built
vm()
{
	local name=$1 image=$2

	shift 2
	"$VM" run --name "$name" --kernel "$image" --module "$BUILD/module/$name/pincheck.ko" \
		--tests "$BUILD/${PROGRAMS:-tests}" --results "$BUILD/results/${RESULTS:-$name}" \
		--filter "$TESTS" --accel "$ACCEL" "${vm_options[@]}" "$@"
}

stock_fetch()
{
	"$kernels" fetch "$1"
}

stock_build()
{
	"$kernels" build "$1" "$BUILD/module/$1"
}

stock_run()
{
	local image modules

	image=$("$kernels" image "$1") && modules=$("$kernels" modules "$1") || return 2
	vm "$1" "$image" --modules "$modules"
}
