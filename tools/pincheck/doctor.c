// SPDX-License-Identifier: GPL-2.0-only
/* pincheck doctor: what this machine lacks to load the module or to run the suite, and what to do. */
#include <argp.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "tools/arch/arch.h"
#include "tools/lib/pincheck.h"
#include "tools/pincheck/pincheck.h"

/* What was found, and what to type where it is not enough. */
struct finding {
	bool fine;
	char found[160];
	char next[200];
};

static __attribute__((format(printf, 3, 4))) void say(char *to, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(to, size, format, arguments);
	va_end(arguments);
}

#define FOUND(finding, ...)	say((finding)->found, sizeof((finding)->found), __VA_ARGS__)
#define NEXT(finding, ...)	say((finding)->next, sizeof((finding)->next), __VA_ARGS__)

/* The first line of @path, "" where it cannot be read. */
static const char *first_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (file && fgets(line, size, file))
		line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
	return line;
}

static void check_headers(struct finding *finding)
{
	struct utsname kernel;
	char path[PATH_MAX];

	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", kernel.release);
	finding->fine = !access(path, R_OK);
	FOUND(finding, "%s for Linux %s", finding->fine ? "headers" : "no headers", kernel.release);
	NEXT(finding, "sudo apt-get install linux-headers-%s (make selftests needs none)",
	     kernel.release);
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
	FOUND(finding, "loaded, ABI %u, %llu references out", info.abi,
	      info.acquired - info.released);
	close(session);
}

static void check_signing(struct finding *finding)
{
	char enforced[8], lockdown[80];

	first_line("/sys/module/module/parameters/sig_enforce", enforced, sizeof(enforced));
	first_line("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	finding->fine = enforced[0] != 'Y' && !strstr(lockdown, "[integrity]") &&
			!strstr(lockdown, "[confidentiality]");
	FOUND(finding, "signature enforced: %s; lockdown: %s",
	      enforced[0] ? enforced : "unknown", lockdown[0] ? lockdown : "none");
	NEXT(finding, "sign the module with a key enrolled by mokutil --import, or run it in a VM: make selftests");
}

static void check_vm(struct finding *finding)
{
	bool kvm = !access("/dev/kvm", R_OK | W_OK);

	const struct arch *arch = arch_host();
	char look[80];

	if (!arch) {
		FOUND(finding, "not for this machine's architecture; for %s", arch_names());
		NEXT(finding, "add a row to tools/arch/arch.c");
		return;
	}
	snprintf(look, sizeof(look), "command -v %s >/dev/null", arch->qemu);
	finding->fine = !system(look);
	FOUND(finding, "%s, /dev/kvm %s", finding->fine ? "QEMU" : "no QEMU",
	      kvm ? "there (a run tries it before it relies on it)" : "not usable: emulation");
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
	FOUND(finding, "%s pages of %zu MiB free", line[0] ? line : "no", PMD_BYTES >> 20);
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
	FOUND(finding, "%s", finding->fine ? "on" : "off: tests of swapped pages skip");
	NEXT(finding, "sudo modprobe zram && zramctl -f -s 256M, then mkswap and swapon it");
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
		      geteuid() ? "" : ", which does not bind root");
	NEXT(finding, "ulimit -l unlimited, as root");
}

static void check_taint(struct finding *finding)
{
	char line[40];

	first_line("/proc/sys/kernel/tainted", line, sizeof(line));
	finding->fine = !(strtoul(line, NULL, 10) & ((1 << 5) | (1 << 7) | (1 << 9)));
	FOUND(finding, "%s%s", line, finding->fine ? "" : ": a bad page, a crash or a warning before us");
	NEXT(finding, "dmesg -l err,warn; results on this boot mean little: reboot");
}

static const struct check {
	const char *name;
	void (*run)(struct finding *finding);
} checks[] = {
	{ "headers",	check_headers },
	{ "module",	check_module },
	{ "signing",	check_signing },
	{ "vm",		check_vm },
	{ "thp",	check_thp },
	{ "hugetlb",	check_hugetlb },
	{ "swap",	check_swap },
	{ "memlock",	check_memlock },
	{ "taint",	check_taint },
};

static int add_row(struct libscols_table *table, const char *name, const struct finding *finding)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	if (!line)
		return -ENOMEM;
	return scols_line_set_data(line, 0, name) ?:
	       scols_line_set_data(line, 1, finding->fine ? "ok" : "lacking") ?:
	       scols_line_set_data(line, 2, finding->found) ?:
	       scols_line_set_data(line, 3, finding->fine ? "" : finding->next);
}

int doctor_command(int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "What this machine lacks to load the module or to run the suite on its own kernel, and the command that mends it. Exit 1 if something is lacking.",
	};
	static const char *const columns[] = { "CHECK", "STATE", "FOUND", "NEXT" };
	struct libscols_table *table;
	int code = EXIT_KEPT;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	table = scols_new_table();
	if (!table)
		return EXIT_USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		scols_table_new_column(table, columns[i], 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct finding finding = { 0 };

		checks[i].run(&finding);
		if (!finding.fine)
			code = EXIT_BROKEN;
		if (add_row(table, checks[i].name, &finding))
			code = EXIT_USAGE;
	}
	scols_print_table(table);
	scols_unref_table(table);
	return code;
}
