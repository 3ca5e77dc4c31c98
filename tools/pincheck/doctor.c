// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck doctor: what this machine lacks to load the module or to run the suite, and the command
 * that mends it.
 */
#include <argp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "tools/arch/arch.h"
#include "tools/lib/pincheck.h"
#include "tools/pincheck/doctor.h"
#include "tools/pincheck/pincheck.h"
#include "tools/table/table.h"

void format_into(char *to, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(to, size, format, arguments);
	va_end(arguments);
}

void format_more(char *to, size_t size, const char *format, ...)
{
	size_t used = strlen(to);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(to + used, size - used, format, arguments);
	va_end(arguments);
}

const char *first_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (file && fgets(line, size, file))
		line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
	return line;
}

static void check_module(struct finding *finding)
{
	struct pincheck_info info;
	int session = pincheck_open();
	int error = session < 0 ? session : pincheck_info(session, &info);

	finding->fine = !error;
	if (error) {
		FOUND(finding, "%s: %s", PINCHECK_DEVICE, strerror(-error));
		NEXT(finding, "%s", pincheck_open_hint(error));
		return;
	}
	FOUND(finding, "loaded, ABI %u, holds %llu references", info.abi,
	      info.acquired - info.released);
	close(session);
}

static void check_vm(struct finding *finding)
{
	bool kvm = !access("/dev/kvm", R_OK | W_OK);
	const struct arch *arch = arch_host();
	char find[80];

	if (!arch) {
		FOUND(finding, "this architecture is none of %s", arch_names());
		NEXT(finding, "add a row to tools/arch/arch.c");
		return;
	}
	snprintf(find, sizeof(find), "command -v %s >/dev/null", arch->qemu);
	finding->fine = !system(find);
	FOUND(finding, "%s; /dev/kvm %s", finding->fine ? "QEMU" : "no QEMU",
	      kvm ? "exists (make selftests tries it first)" : "is not usable: QEMU emulates, slower");
	NEXT(finding, "sudo apt-get install %s", arch->qemu_package);
}

static void check_thp(struct finding *finding)
{
	char line[80];

	first_line(thp_setting(), line, sizeof(line));
	finding->fine = line[0] && !strstr(line, "[never]");
	FOUND(finding, "%s", line[0] ? line : "not in this kernel");
	NEXT(finding, "echo madvise | sudo tee %s", thp_setting());
}

static void check_hugetlb(struct finding *finding)
{
	char line[40];

	first_line(HUGETLB_FREE, line, sizeof(line));
	finding->fine = atol(line) >= 8;
	FOUND(finding, "%s free pages of %zu MiB", line[0] ? line : "no", PMD_BYTES >> 20);
	NEXT(finding, "sudo sysctl vm.nr_hugepages=64");
}

static void check_swap(struct finding *finding)
{
	FILE *swaps = fopen("/proc/swaps", "re");
	char line[200] = "";

	finding->fine = swaps && fgets(line, sizeof(line), swaps) &&
			fgets(line, sizeof(line), swaps);
	if (swaps)
		fclose(swaps);
	FOUND(finding, "%s", finding->fine ? "on" : "off: tests of swapped pages are skipped");
	NEXT(finding, "sudo modprobe zram && sudo zramctl -f -s 256M, then mkswap and swapon the device that it names");
}

static void check_memlock(struct finding *finding)
{
	struct rlimit limit;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	finding->fine = !geteuid() || limit.rlim_cur == RLIM_INFINITY ||
			limit.rlim_cur >= 64UL << 20;
	if (limit.rlim_cur == RLIM_INFINITY)
		FOUND(finding, "unlimited");
	else
		FOUND(finding, "%llu KiB%s", (unsigned long long)limit.rlim_cur >> 10,
		      geteuid() ? "" : ", but root has no limit");
	NEXT(finding, "sudo prlimit --memlock=unlimited --pid=$$");
}

static const struct check {
	const char *name;
	void (*run)(struct finding *finding);
} checks[] = {
	{ "headers",	check_headers },
	{ "module",	check_module },
	{ "dkms",	check_dkms },
	{ "secure-boot", check_secure_boot },
	{ "signing",	check_signing },
	{ "vm",		check_vm },
	{ "thp",	check_thp },
	{ "hugetlb",	check_hugetlb },
	{ "swap",	check_swap },
	{ "memlock",	check_memlock },
	{ "options",	check_options },
	{ "taint",	check_taint },
};

enum check_column { CHECK, STATE, FINDING, MENDING, CHECK_COLUMNS };

static const struct column rows[CHECK_COLUMNS] = {
	[CHECK]		= { "CHECK", CELL_TEXT, false, "what is checked" },
	[STATE]		= { "STATE", CELL_TEXT, false, "ok or lacking; of the suite: skips, off" },
	[FINDING]	= { "FOUND", CELL_TEXT, false, "what the machine has" },
	[MENDING]	= { "NEXT", CELL_TEXT, false, "the command that mends what is lacking" },
};

/* The arguments. @suite: the directory of the test programs, or NULL */
struct doctor_options {
	struct output output;
	const char *suite;
};

static void add_finding(struct table *table, const char *check, const char *state,
			const struct finding *finding)
{
	table_row(table);
	table_set(table, CHECK, "%s", check);
	table_set(table, STATE, "%s", state);
	table_set(table, FINDING, "%s", finding->found);
	if (!finding->fine)
		table_set(table, MENDING, "%s", finding->next);
}

static int run_doctor(void *input, struct table *table)
{
	const struct doctor_options *options = input;
	int code = EXIT_KEPT;

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct finding finding = { 0 };

		checks[i].run(&finding);
		add_finding(table, checks[i].name, finding.fine ? "ok" : "lacking", &finding);
		if (!finding.fine)
			code = EXIT_BROKEN;
	}
	if (options->suite) {
		print_options(table, add_finding);
		if (doctor_suite(options->suite, table, add_finding))
			return EXIT_USAGE;
	}
	return table_print(table) ? EXIT_USAGE : code;
}

static error_t parse_doctor(int key, char *argument, struct argp_state *state)
{
	struct doctor_options *options = state->input;

	if (key != 's')
		return ARGP_ERR_UNKNOWN;
	options->suite = argument;
	return 0;
}

int doctor_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "suite", 's', "DIR", 0,
		  "also print what the test programs in DIR (build/tests) would skip on this machine, and what they need", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_doctor,
		.doc = "Check what this machine lacks to load the module or to run the suite on its own "
		       "kernel, and print the command that mends it. Exit 1 if something is lacking.",
	};
	static const struct columns columns = { "checks", rows, CHECK_COLUMNS };
	struct doctor_options given = { 0 };
	const struct table_command command = {
		.argp = &argp, .input = &given, .output = &given.output, .columns = &columns, .run = run_doctor,
	};

	return table_command(&command, argc, argv);
}
