// SPDX-License-Identifier: GPL-2.0-only
/* What the person asked for. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../arch/arch.h"
#include "options.h"
#include "protocol.h"
#include "util.h"
#include "verdict.h"

enum option_key {
	OPT_KERNEL = 0x100,
	OPT_NAME,
	OPT_PACKAGE,
	OPT_MODULES,
	OPT_LOAD,
	OPT_MODULE,
	OPT_TESTS,
	OPT_FILTER,
	OPT_RESULTS,
	OPT_OUTPUT,
	OPT_ARCH,
	OPT_ACCEL,
	OPT_SMP,
	OPT_MEMORY,
	OPT_SWAP,
	OPT_HUGEPAGES,
	OPT_APPEND,
	OPT_QEMU_ARGS,
	OPT_SHELL,
	OPT_SHARE,
	OPT_GUESTS,
	OPT_ICOUNT,
	OPT_BOOT,
	OPT_TEST,
	OPT_TOPIC,
	OPT_INIT,
	OPT_QEMU,
	OPT_ALLOWED,
	OPT_BUSYBOX,
};

static const struct argp_option rows[] = {
	{ .doc = "What to run:" },
	{ "kernel", OPT_KERNEL, "IMAGE", 0, "kernel image to boot (required)", 0 },
	{ "name", OPT_NAME, "KERNEL", 0, "name of the kernel in reports [custom]", 0 },
	{ "package", OPT_PACKAGE, "VERSION", 0, "version of the package that the kernel comes from, for "
	  "run.json", 0 },
	{ "modules", OPT_MODULES, "DIR", 0, "the kernel's .../lib/modules/RELEASE; without it, zram or "
	  "brd must be built in for swap", 0 },
	{ "load", OPT_LOAD, "NAMES", 0, "more modules of the kernel to load at boot, separated by spaces", 0 },
	{ "module", OPT_MODULE, "FILE|no", 0, "pincheck.ko to load; without it, none is loaded. gup_test.ko and "
	  "pincheck_interleave.ko beside it are copied as data. no: tell the tests to do without", 0 },
	{ "tests", OPT_TESTS, "DIR", 0, "static test programs, one a topic; other files there are "
	  "copied as data (required)", 0 },
	{ "filter", OPT_FILTER, "GLOB", 0, "only tests whose topic.variant.scenario matches GLOB", 0 },
	{ "results", OPT_RESULTS, "DIR", 0, "for results.ktap, console.log and run.json "
	  "[build/results/KERNEL]", 0 },
	{ "output", OPT_OUTPUT, "DIR", 0, "of pack: for the image [build/pack/KERNEL]", 0 },
	{ .doc = "The machine:" },
	{ "arch", OPT_ARCH, "NAME", 0, "architecture of the kernel, a row of tools/arch/arch.c [that of "
	  "this machine]", 0 },
	{ "accel", OPT_ACCEL, "auto|kvm|tcg", 0, "auto takes KVM only after a probe guest has run "
	  "under it [auto]", 0 },
	{ "smp", OPT_SMP, "N", 0, "processors [2]", 0 },
	{ "memory", OPT_MEMORY, "MiB", 0, "memory [2048]", 0 },
	{ "swap", OPT_SWAP, "MiB", 0, "swap on zram or a RAM disk [256]", 0 },
	{ "hugepages", OPT_HUGEPAGES, "N", 0, "hugetlb pages of the default size [64]", 0 },
	{ "guests", OPT_GUESTS, "N", 0, "guests that run at the same time, where memory allows; topics are "
	  "distributed over them [one more than processors are idle]", 0 },
	{ "icount", OPT_ICOUNT, NULL, 0, "emulate, and let the guest's clocks count instructions: one a "
	  "nanosecond, whatever else runs here", 0 },
	{ "append", OPT_APPEND, "STRING", 0, "more kernel command line", 0 },
	{ "qemu-args", OPT_QEMU_ARGS, "STRING", 0, "more words for QEMU, separated by spaces", 0 },
	{ "shell", OPT_SHELL, NULL, 0, "a prompt in the same guest instead of the tests; where standard "
	  "input is no terminal, it has the commands", 0 },
	{ "share", OPT_SHARE, "DIR", 0, "with --shell: the guest has this directory at /mnt/share", 0 },
	{ .doc = "Deadlines, in seconds; the defaults are three times as long under emulation:" },
	{ "boot-deadline", OPT_BOOT, "S", 0, "boot without a new console line; then it is retried "
	  "once [20]", 0 },
	{ "test-deadline", OPT_TEST, "S", 0, "all topics together [1200]", 0 },
	{ "topic-deadline", OPT_TOPIC, "S", 0, "one topic [120]", 0 },
	{ .doc = "Files that are found without these options:" },
	{ "init", OPT_INIT, "FILE", 0, "/init of the guest", 0 },
	{ "qemu", OPT_QEMU, "PROGRAM", 0, "QEMU [that of the architecture]", 0 },
	{ "busybox", OPT_BUSYBOX, "FILE", 0, "a static busybox, for --shell [/bin/busybox]", 0 },
	{ "splats-allowed", OPT_ALLOWED, "FILE", 0, "list of kernel messages that are no failure", 0 },
	{ "verbose", 'v', NULL, 0, "show the command line and the console", 0 },
	{ 0 }
};

static const char doc[] =
	"Run the test programs of a directory on any kernel image, in QEMU, without root; or pack kernel, "
	"module and programs into an image that a lab boots.\v"
	EXIT_CODES_HELP "\n"
	"Example:\n"
	"  pincheck-vm run --kernel IMAGE --modules lib/modules/RELEASE \\\n"
	"    --module build/module/custom/pincheck.ko --tests build/tests\n\n"
	"pack writes: kernel, initramfs.cpio.zst, facts.json; for each boot that the topics want "
	"cmdline.N, expected.N (the results that come) and qemu.N; see Documentation/lava.md.\n\n"
	"Tests see: PINCHECK_TESTS (the filter), KSFT_MACHINE_SLOW=yes under emulation, "
	"PINCHECK_EXT4, _XFS, _BTRFS (a directory on each, where there is one), PINCHECK_SWAP_ASYNC "
	"(a swap device that is off), PINCHECK_MODULE (the module's file, or no), PINCHECK_GUP_TEST "
	"(the file of gup_test.ko), PINCHECK_INTERLEAVE (the file of pincheck_interleave.ko), PINCHECK_MEMORY_BLOCK (a block of ZONE_MOVABLE, made for topics that need one), and what --append gives as "
	"NAME=VALUE; their directory is /tests, their working directory /tmp. A topic marker stands in the console log before each.";

static const char *const accel_names[] = {
	[ACCEL_AUTO] = "auto", [ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg",
};

static long parse_number(struct argp_state *state, const char *text, const char *what)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || *end || end == text || value < 0 || value > 1L << 24)
		argp_error(state, "%s: '%s' is no number in range", what, text);
	return value;
}

static enum accel accel_by_name(struct argp_state *state, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(accel_names); i++)
		if (!strcmp(text, accel_names[i]))
			return (enum accel)i;
	argp_error(state, "--accel: '%s' is none of auto, kvm, tcg", text);
	return ACCEL_AUTO;
}

static const struct arch *arch_by_name(struct argp_state *state, const char *text)
{
	const struct arch *arch = arch_find(text);

	if (!arch)
		argp_error(state, "--arch: no architecture '%s'; there are: %s", text, arch_names());
	return arch;
}

/* Return: is it pack? */
static bool command_by_name(struct argp_state *state, const char *text)
{
	if (strcmp(text, "run") && strcmp(text, "pack"))
		argp_error(state, "unknown command '%s'; there are: run, pack", text);
	return !strcmp(text, "pack");
}

/* The field of struct options that takes an option's argument */
static const struct {
	int key;
	size_t offset;
	bool is_number;
} fields[] = {
	{ OPT_NAME, offsetof(struct options, name), false },
	{ OPT_PACKAGE, offsetof(struct options, package), false },
	{ OPT_KERNEL, offsetof(struct options, kernel), false },
	{ OPT_MODULES, offsetof(struct options, modules), false },
	{ OPT_LOAD, offsetof(struct options, load), false },
	{ OPT_MODULE, offsetof(struct options, module), false },
	{ OPT_TESTS, offsetof(struct options, tests), false },
	{ OPT_RESULTS, offsetof(struct options, results), false },
	{ OPT_OUTPUT, offsetof(struct options, output), false },
	{ OPT_FILTER, offsetof(struct options, filter), false },
	{ OPT_APPEND, offsetof(struct options, append), false },
	{ OPT_SHARE, offsetof(struct options, share), false },
	{ OPT_QEMU_ARGS, offsetof(struct options, qemu_args), false },
	{ OPT_INIT, offsetof(struct options, init), false },
	{ OPT_QEMU, offsetof(struct options, qemu), false },
	{ OPT_BUSYBOX, offsetof(struct options, busybox), false },
	{ OPT_ALLOWED, offsetof(struct options, splats_allowed), false },
	{ OPT_SMP, offsetof(struct options, smp), true },
	{ OPT_MEMORY, offsetof(struct options, memory_mib), true },
	{ OPT_SWAP, offsetof(struct options, swap_mib), true },
	{ OPT_HUGEPAGES, offsetof(struct options, hugepages), true },
	{ OPT_GUESTS, offsetof(struct options, guests), true },
	{ OPT_BOOT, offsetof(struct options, boot_deadline), true },
	{ OPT_TEST, offsetof(struct options, test_deadline), true },
	{ OPT_TOPIC, offsetof(struct options, topic_deadline), true },
};

static const char *option_name(int key)
{
	for (const struct argp_option *row = rows; row->name || row->doc; row++)
		if (row->key == key)
			return row->name;
	return "";
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		void *field = (char *)options + fields[i].offset;

		if (fields[i].key != key)
			continue;
		if (fields[i].is_number)
			*(long *)field = parse_number(state, argument, option_name(key));
		else
			*(const char **)field = argument;
		return 0;
	}
	if (key == OPT_ARCH)
		options->arch = arch_by_name(state, argument);
	else if (key == OPT_ACCEL)
		options->accel = accel_by_name(state, argument);
	else if (key == OPT_SHELL)
		options->shell = true;
	else if (key == OPT_ICOUNT)
		options->icount = true;
	else if (key == 'v')
		options->verbose = true;
	else if (key == ARGP_KEY_ARG)
		options->pack = command_by_name(state, argument);
	else if (key == ARGP_KEY_NO_ARGS)
		argp_error(state, "which command? there are: run, pack");
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

/* The first of @places that exists; they are relative to the directory of this program. */
static const char *find_part(const char *given, const char *const places[])
{
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (given || length < 0)
		return given;
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (; *places; places++) {
		char *path = format_text("%s/%s", self, *places);

		if (!access(path, R_OK))
			return path;
		free(path);
	}
	return NULL;
}

#define REFUSE_OPTIONS(...)	do { complain(__VA_ARGS__); exit(EXIT_USAGE); } while (0)

static void require_file(const char *value, const char *option, int mode)
{
	if (!value)
		REFUSE_OPTIONS("--%s is missing; see: pincheck-vm --help", option);
	if (access(value, mode))
		REFUSE_OPTIONS("--%s %s: %s", option, value, strerror(errno));
}

static void check_files(struct options *options)
{
	require_file(options->kernel, "kernel", R_OK);
	if (options->modules)
		require_file(options->modules, "modules", R_OK | X_OK);
	if (options->module && !strcmp(options->module, MODULE_NO)) {
		options->without_module = true;
		options->module = NULL;
	}
	if (options->module)
		require_file(options->module, "module", R_OK);
	if (options->share && !options->shell)
		REFUSE_OPTIONS("--share needs --shell");
	if (options->share) {
		require_file(options->share, "share", R_OK | X_OK);
		options->share = realpath(options->share, NULL);
	}
	if (options->tests || !options->shell)
		require_file(options->tests, "tests", R_OK | X_OK);
	if (options->shell && options->pack)
		REFUSE_OPTIONS("--shell is for run: a shell on another machine needs no image");
	if (!options->output)
		options->output = format_text("build/pack/%s", options->name);
	if (!options->results)
		options->results = format_text("build/results/%s", options->name);
	options->init = find_part(options->init, (const char *const[]){
		"../vm/init", "../libexec/pincheck/init", NULL });
	if (!options->init)
		REFUSE_OPTIONS("the guest's init is not built. Build it: make build/vm/init");
	options->splats_allowed = find_part(options->splats_allowed, (const char *const[]){
		"../../tools/vm/splats-allowed", "../share/pincheck/splats-allowed", NULL });
}

static void check_filter(struct options *options)
{
	/* A glob that matches everything is no filter: then a topic without tests is an error. */
	if (options->filter && !strcmp(options->filter, "*"))
		options->filter = NULL;
	if (options->filter && strlen(options->filter) >= FILTER_MAX)
		REFUSE_OPTIONS("--filter is longer than %d bytes; use globs", FILTER_MAX - 1);
}

static void check_qemu(struct options *options)
{
	char *program;

	if (!options->qemu)
		options->qemu = options->arch->qemu;
	program = find_program(options->qemu);
	if (!program)
		REFUSE_OPTIONS("no program %s. Install it: sudo apt-get install %s", options->qemu,
			       options->arch->qemu_package);
	free(program);
}

static void check_machine(struct options *options)
{
	long hugepages_mib;

	if (!options->arch)
		REFUSE_OPTIONS("this machine's architecture has no row in tools/arch/arch.c; there are: "
			       "%s. Name one with --arch, or add a row", arch_names());
	if (options->icount && options->accel == ACCEL_KVM)
		REFUSE_OPTIONS("--icount needs emulation: leave out --accel kvm");
	if (options->icount)
		options->accel = ACCEL_TCG;
	if (options->smp < 1 || options->memory_mib < 256)
		REFUSE_OPTIONS("the guest needs a processor (--smp 1) and 256 MiB (--memory 256) at least");
	hugepages_mib = options->hugepages * options->arch->hugepage_mib;
	if (hugepages_mib >= options->memory_mib)
		REFUSE_OPTIONS("--hugepages %ld are %ld MiB; --memory %ld is not enough for them",
			       options->hugepages, hugepages_mib, options->memory_mib);
	/* An image runs elsewhere. */
	if (!options->pack)
		check_qemu(options);
}

void options_parse(struct options *options, int argc, char **argv)
{
	static const struct argp argp = { rows, parse_option, "run\npack", doc, NULL, NULL, NULL };

	*options = (struct options){
		.name = "custom",
		.append = "",
		.qemu_args = "",
		.arch = arch_host(),
		.busybox = "/bin/busybox",
		.smp = 2,
		.memory_mib = 2048,
		.swap_mib = 256,
		.hugepages = 64,
	};
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, options);
	check_files(options);
	check_filter(options);
	check_machine(options);
}
