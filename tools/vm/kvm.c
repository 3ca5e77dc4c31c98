// SPDX-License-Identifier: GPL-2.0-only
/* Whether KVM really works. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "guestfs.h"
#include "kvm.h"
#include "machine.h"
#include "suite.h"
#include "util.h"

/*
 * The probe guest is the kernel of the run with an init that says that it runs, and resets. Where KVM
 * works this takes 0.5 s, and the first byte of the early console comes within 0.1 s. So a KVM that
 * hangs costs first_sign, and a slow one has the rest.
 */
static const struct limits limits = {
	.first_sign = 2, .boot = 3, .boot_total = 8, .topic = 1, .test = 1,
};

static void first_line(const char *text, char *line, size_t size)
{
	snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
}

/* Return: true if userspace answered */
static bool probe_guest(const struct options *options, const char *initrd, char *why, size_t size)
{
	char **argv = qemu_argv(options, ACCEL_KVM, initrd, NULL);
	struct machine machine = { .limits = limits };
	struct suite suite;
	bool answered;
	char line[160];

	if (suite_init(&suite, NULL, NULL))
		exit(2);
	machine.suite = &suite;
	machine_run(&machine, argv);
	answered = suite.probe_answered;
	first_line(machine.errors, line, sizeof(line));
	if (!answered && *line)
		snprintf(why, size, "QEMU: %s", line);
	else if (!answered)
		snprintf(why, size, "a probe guest %s within %.0f s",
			 machine.console.lines ? "did not reach userspace" : "showed no sign of life",
			 machine.ended - machine.started);
	suite_free(&suite);
	machine_free(&machine);
	qemu_argv_free(argv);
	return answered;
}

enum accel kvm_choose(const struct options *options, char *why, size_t size)
{
	enum accel accel = ACCEL_KVM;
	char *initrd;

	*why = '\0';
	if (options->accel != ACCEL_AUTO)
		return options->accel;
	if (access("/dev/kvm", R_OK | W_OK)) {
		snprintf(why, size, "/dev/kvm: %s%s", strerror(errno), errno == EACCES ?
			 " (to mend it: sudo usermod -aG kvm $USER, and log in again)" : "");
		return ACCEL_TCG;
	}
	initrd = format_text("%s/probe.cpio", options->results);
	if (guestfs_build_probe(options, initrd) || !probe_guest(options, initrd, why, size))
		accel = ACCEL_TCG;
	unlink(initrd);
	free(initrd);
	return accel;
}
