// SPDX-License-Identifier: GPL-2.0-only
/* pincheck doctor: the running kernel. Does it load the module, and what may the suite expect of it? */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>
#include "include/pincheck-version.h"
#include "tools/lib/array.h"
#include "tools/pincheck/doctor.h"

#define SECURE_BOOT	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define DKMS_TREE	"/var/lib/dkms/pincheck"

/* insmod's words for EKEYREJECTED and EPERM. */
#define SIGN_IT		"make module && sudo make sign, which says how to enroll the key. Without the module: make selftests-host MODULE=no"

void check_headers(struct finding *finding)
{
	struct utsname kernel;
	char path[PATH_MAX];

	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", kernel.release);
	finding->fine = !access(path, R_OK);
	FOUND(finding, "%s for Linux %s", finding->fine ? "headers" : "no headers", kernel.release);
	NEXT(finding, "sudo apt-get install linux-headers-%s (only for this kernel: make selftests needs none)",
	     kernel.release);
}

/* DKMS has a directory for each version, kernel and architecture of a module that it has built. */
void check_dkms(struct finding *finding)
{
	struct utsname kernel;
	char path[PATH_MAX];

	uname(&kernel);
	snprintf(path, sizeof(path), DKMS_TREE "/%s/%s", PINCHECK_VERSION, kernel.release);
	if (access(DKMS_TREE, F_OK)) {
		finding->fine = true;
		FOUND(finding, "DKMS does not have pincheck: nobody builds the module anew for a new kernel");
		return;
	}
	finding->fine = !access(path, F_OK);
	FOUND(finding, "DKMS %s pincheck %s for Linux %s", finding->fine ? "has built" : "has not built",
	      PINCHECK_VERSION, kernel.release);
	NEXT(finding, "sudo dkms install pincheck/%s -k %s (dkms status shows what was built)",
	     PINCHECK_VERSION, kernel.release);
}

/* The variable has four bytes of attributes and one of value. */
void check_secure_boot(struct finding *finding)
{
	unsigned char variable[5] = { 0 };
	FILE *file = fopen(SECURE_BOOT, "re");
	size_t got = file ? fread(variable, 1, sizeof(variable), file) : 0;

	if (file)
		fclose(file);
	finding->fine = got != sizeof(variable) || !variable[4];
	if (access("/sys/firmware/efi", F_OK))
		FOUND(finding, "this machine did not boot by EFI: there is no Secure Boot");
	else if (got != sizeof(variable))
		FOUND(finding, "unknown: cannot read the EFI variable SecureBoot");
	else
		FOUND(finding, "Secure Boot is %s", variable[4] ? "on: most kernels then load signed modules only" : "off");
	NEXT(finding, SIGN_IT);
}

static const struct {
	const char *chosen;
	const char *means;
} lockdowns[] = {
	{ "[none]", "lockdown is off" },
	{ "[integrity]",
	  "lockdown 'integrity': only signed modules load (insmod: Operation not permitted), and /dev/mem is closed" },
	{ "[confidentiality]",
	  "lockdown 'confidentiality': as 'integrity', and nobody reads kernel memory by tracing or perf" },
};

static const char *lockdown_in_words(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(lockdowns); i++) {
		if (strstr(line, lockdowns[i].chosen))
			return lockdowns[i].means;
	}
	return "no lockdown in this kernel";
}

/* mod_verify_sig() and module_sig_check() in kernel/module/signing.c decide. */
void check_signing(struct finding *finding)
{
	char enforced[8], lockdown[80];
	bool enforces, locked;

	first_line("/sys/module/module/parameters/sig_enforce", enforced, sizeof(enforced));
	first_line("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	enforces = enforced[0] == 'Y';
	locked = lockdown[0] && !strstr(lockdown, "[none]");
	finding->fine = !enforces && !locked;
	FOUND(finding, "%s; %s", enforces ?
	      "the kernel loads only modules that a key it knows has signed (insmod: Key was rejected by service)" :
	      "the kernel loads unsigned modules", lockdown_in_words(lockdown));
	NEXT(finding, SIGN_IT);
}

/* What kernels call their taints, and whether results of a kernel with it mean little. */
static const struct {
	const char *means;
	bool broken;
} taints[] = {
	{ "a proprietary module was loaded", false },
	{ "a module was loaded by force", true },
	{ "the hardware is not made for this kernel", false },
	{ "a module was unloaded by force", true },
	{ "the processor reported an error (machine check)", true },
	{ "a page was in a bad state", true },
	{ "a user asked for this mark", false },
	{ "the kernel had an oops", true },
	{ "an ACPI table was replaced", false },
	{ "the kernel printed a warning (WARN)", true },
	{ "a driver of staging was loaded", false },
	{ "the firmware has a severe bug", false },
	{ "a module from outside of the kernel's tree was loaded (pincheck is one)", false },
	{ "a module without signature was loaded", false },
	{ "a processor was stuck (soft lockup)", true },
	{ "the kernel was patched alive", false },
	{ "the distribution's own mark", false },
	{ "the structures of the kernel are in random order", false },
	{ "a test ran inside the kernel, or a module that is a test was loaded (pincheck is one)", false },
	{ "a user changed the state of a device for debugging (fwctl)", false },
};

void check_taint(struct finding *finding)
{
	unsigned long long taint;
	char line[40];

	taint = strtoull(first_line("/proc/sys/kernel/tainted", line, sizeof(line)), NULL, 10);
	finding->fine = true;
	FOUND(finding, "%llu%s", taint, taint ? ": " : ": nothing happened");
	for (unsigned int bit = 0; bit < 64; bit++) {
		bool known = bit < ARRAY_SIZE(taints);

		if (!(taint >> bit & 1))
			continue;
		FOUND_MORE(finding, "%s%s", known ? taints[bit].means : "a mark that pincheck does not know",
			   taint >> bit > 1 ? "; " : "");
		finding->fine &= known && !taints[bit].broken;
	}
	NEXT(finding, "dmesg -l err,warn shows what happened; reboot before a run: its results would mean little");
}

/* Options without which the suite skips cases; made from selftests/config-options. */
static const struct {
	const char *name;
	const char *needs;
} wanted[] = {
#include "pincheck_options.inc"
};

/* gzopen() also reads files that are not compressed. */
static gzFile open_kernel_config(void)
{
	static const char *const places[] = { "/proc/config.gz", "/boot/config-%s", "/lib/modules/%s/config" };
	struct utsname kernel;
	char path[PATH_MAX];
	gzFile file = NULL;

	uname(&kernel);
	for (size_t i = 0; i < ARRAY_SIZE(places) && !file; i++) {
		#pragma GCC diagnostic push
		#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(path, sizeof(path), places[i], kernel.release);
		#pragma GCC diagnostic pop
		file = gzopen(path, "re");
	}
	return file;
}

static void mark_option(const char *line, bool on[])
{
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		size_t length = strlen(wanted[i].name);

		if (!strncmp(line, "CONFIG_", 7) && !strncmp(line + 7, wanted[i].name, length) &&
		    line[7 + length] == '=')
			on[i] = true;
	}
}

/* Return: number of wanted options that are on; -1 if the configuration cannot be had. */
static int read_options(bool on[])
{
	gzFile config = open_kernel_config();
	char line[400];
	int count = 0;

	if (!config)
		return -1;
	while (gzgets(config, line, sizeof(line)))
		mark_option(line, on);
	gzclose(config);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		count += on[i];
	return count;
}

/* A kernel without them is judged, too: the suite skips what needs them. So none of them is lacking. */
void check_options(struct finding *finding)
{
	bool on[ARRAY_SIZE(wanted)] = { false };
	int count = read_options(on);

	finding->fine = true;
	if (count < 0)
		FOUND(finding, "unknown: this kernel's configuration is neither in /proc nor in /boot");
	else
		FOUND(finding, "%d of %zu options that the suite uses are on (the others: pincheck doctor --suite DIR)",
		      count, ARRAY_SIZE(wanted));
}

void print_options(struct table *table, finding_printer print)
{
	bool on[ARRAY_SIZE(wanted)] = { false };
	char name[80];

	if (read_options(on) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct finding finding = { .fine = true };

		if (on[i])
			continue;
		snprintf(name, sizeof(name), "CONFIG_%s", wanted[i].name);
		FOUND(&finding, "without it the suite may skip cases with %s", wanted[i].needs);
		print(table, name, "off", &finding);
	}
}
