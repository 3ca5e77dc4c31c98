# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # the scripts that read this file use the variables
# Functions of the scripts that run the suite: from the name of a kernel to a verdict.

BUILD=${BUILD:-build}
TESTS=${TESTS:-*}
ACCEL=${ACCEL:-auto}
VM=$BUILD/bin/pincheck-vm
kernels=tools/kernels/kernels
vm_options=()

# shellcheck source=tools/arch/arch.sh
. tools/arch/arch.sh
arch_select || exit

# die MESSAGE: cause and mending command in one line
die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 2
}

# machine_number NAME LEAST EXAMPLE: the variable NAME is unset, or a number that makes sense
machine_number()
{
	local value=${!1:-}

	if [ -n "$value" ] && { [[ ! $value =~ ^(0|[1-9][0-9]{0,6})$ ]] || [ "$value" -lt "$2" ]; }; then
		die "$1=$value: wants a number, $2 at least, as in: make selftests $1=$3"
	fi
}

# FORM=short and SOAK=minutes are for the test programs. The kernel passes a NAME=VALUE that it does not know
# to init as environment, and init to the tests.
suite_form()
{
	machine_number SOAK 1 10
	case ${FORM:-full} in
	full) ;;
	short) APPEND="${APPEND:+$APPEND }PINCHECK_FORM=short" ;;
	*) die "FORM=$FORM: is short or full, as in: make selftests FORM=short" ;;
	esac
	case ${MODULE:-} in
	'' | no) ;;
	*) die "MODULE=$MODULE: is no, as in: make selftests MODULE=no" ;;
	esac
	[ -n "${SOAK:-}" ] || return 0
	APPEND="${APPEND:+$APPEND }PINCHECK_SOAK=$SOAK"
	vm_options+=(--topic-deadline 86400 --test-deadline 86400)
}

# Put the person's variables for the machine into machine_options. A wrong value ends the script.
machine_options()
{
	machine_number MEMORY 256 4096
	machine_number SMP 1 4
	machine_number HUGEPAGES 0 128
	machine_number GUESTS 1 1
	machine_options=()
	[ -z "${MEMORY:-}" ] || machine_options+=(--memory "$MEMORY")
	[ -z "${SMP:-}" ] || machine_options+=(--smp "$SMP")
	[ -z "${HUGEPAGES:-}" ] || machine_options+=(--hugepages "$HUGEPAGES")
	[ -z "${GUESTS:-}" ] || machine_options+=(--guests "$GUESTS")
	[ -z "${APPEND:-}" ] || machine_options+=(--append "$APPEND")
	[ -z "${QEMU_ARGS:-}" ] || machine_options+=(--qemu-args "$QEMU_ARGS")
}

# Build everything that does not depend on the kernel.
suite_make()
{
	suite_form
	machine_options
	"$kernels" prepare-host build kernels vm
	"${MAKE:-make}" --no-print-directory -s -j"$(nproc)" tools tests
}

# Results of suite_plan(): names in the order given, each once; plan_why has reasons not to run.
plan_names=()
declare -A plan_verdict plan_why

# suite_plan NAME...: find out which kernels these are today, and which of them run. Old names become those
# of today. A name without a meaning ends the script.
suite_plan()
{
	local lines verdict name why _

	lines=$("$kernels" plan "$@") || exit 2
	while IFS=$'\t' read -r verdict name _ why; do
		plan_names+=("$name")
		plan_verdict[$name]=$verdict
		plan_why[$name]=$why
	done <<<"$lines"
	# The mirror was asked just now.
	unset REFRESH
}

# results_of NAME: directory of the results. A run without the module has a place of its own.
results_of()
{
	printf '%s/results/%s%s' "$BUILD" "${MODULE:+no-module/}" "${RESULTS:-$1}"
}

# vm NAME IMAGE [OPTION...]: the suite on one kernel whose module is built, or without it
vm()
{
	local name=$1 image=$2

	shift 2
	"$VM" run --arch "$ARCH" --name "$name" --kernel "$image" --module "${MODULE:-$BUILD/module/$name/pincheck.ko}" \
		--tests "$BUILD/${PROGRAMS:-tests}" --results "$(results_of "$name")" \
		--filter "$TESTS" --accel "$ACCEL" "${machine_options[@]}" "${vm_options[@]}" "$@"
}

stock_fetch()
{
	"$kernels" fetch "$1"
}

stock_build()
{
	[ -z "${MODULE:-}" ] || return 0
	"$kernels" build "$1" "$BUILD/module/$1"
}

# stock_record NAME: write the kernel into run.json now; pincheck-vm writes the whole file later
stock_record()
{
	mkdir -p "$(results_of "$1")"
	printf '{ "kernel": { "name": "%s", "architecture": "%s", "release": "%s", "package": "%s" } }\n' \
		"$1" "${arch[machine]}" "$("$kernels" release "$1")" "$("$kernels" version "$1")" \
		>"$(results_of "$1")/run.json"
}

stock_run()
{
	local image modules

	image=$("$kernels" image "$1") && modules=$("$kernels" modules "$1") || return 2
	vm "$1" "$image" --modules "$modules" --package "$("$kernels" version "$1")"
}
