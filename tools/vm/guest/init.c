// SPDX-License-Identifier: GPL-2.0-only
/* /init of the guest: prepare the machine, run the suite, tell, switch off. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "../../arch/arch.h"
#include "../../lib/knob.h"
#include "../../lib/page_size.h"
#include "../protocol.h"
#include "guest.h"

void machine_off(void)
{
	report_drain();
	/*
	 * QEMU has -no-reboot, so a reset ends it, without ACPI and at once; only where sysrq is
	 * not built in do the drivers get their orderly shutdown.
	 */
	knob_set("/proc/sys/kernel/sysrq", "1");
	knob_set("/proc/sysrq-trigger", "b");
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void report_machine(void)
{
	struct utsname name;
	char line[512];

	uname(&name);
	report("kernel: %s %s %s", name.release, name.version, name.machine);
	file_read("/proc/cmdline", line, sizeof(line));
	report("command line: %s", line);
	report("cpus: %ld, memory: %ld MiB", sysconf(_SC_NPROCESSORS_ONLN),
	       sysconf(_SC_PHYS_PAGES) / (1024 * 1024 / PAGE_BYTES));
}

/*
 * The kernel runs modprobe for whatever it does not know, such as a device that has gone; there is
 * none here. An empty name makes it answer at once, instead of starting a process on a CPU that a
 * test believes idle.
 */
static void no_modprobe(void)
{
	knob_set("/proc/sys/kernel/modprobe", "\n");
}

static void prepare_machine(const struct config *config)
{
	report_machine();
	no_modprobe();
	kmods_load(GUEST_KMODS);
	memory_up(config);
	swap_up(config);
	disks_up(false);
}

static bool insert_module_under_test(const struct config *config)
{
	int error;

	if (!*config->module)
		return true;
	error = module_insert(config->module);
	scope_add("insmod", kmsg_check("insmod"));
	if (error)
		kmsg_report_tail(3);
	report_result(!error, "insmod", error ? "%s" : NULL, strerror(-error));
	return !error;
}

static void end_of_run(unsigned int topics)
{
	report(MARK_END "results=%u topics=%u", report_results(), topics);
}

static void run_suite(const struct config *config)
{
	bool has_module = *config->module;
	unsigned int topics = topics_find();

	report_plan(1 + has_module + topics + 1);
	prepare_machine(config);
	scope_add("boot", kmsg_check("boot"));
	report_result(true, "boot", NULL);
	clean_baseline();
	if (insert_module_under_test(config)) {
		topics_run(config);
		clean_check(config);
	} else {
		topics_refuse("the module did not load");
		report_result(true, "clean", "SKIP the module did not load");
	}
	end_of_run(topics);
}

/* By 9p, where the kernel has it; else the host has packed a copy to the same place. */
static void share_up(void)
{
	kmods_load_for(NEED_SHARE);
	mkdir(GUEST_SHARE, 0755);
	if (mount(SHARE_TAG, GUEST_SHARE, "9p", 0,
		  "trans=virtio,version=9p2000.L,cache=mmap,msize=262144"))
		shell_say(GUEST_SHARE " is a copy, what is written there is lost (9p: %s)",
			  strerror(errno));
	if (chdir(GUEST_SHARE))
		shell_say("no " GUEST_SHARE ": %s", strerror(errno));
}

static void offer_shell(const struct config *config)
{
	int error = 0;

	prepare_machine(config);
	kmods_load_for(NEED_FILE_SYSTEMS);
	disks_up(true);
	topics_environment(config);
	if (*config->module)
		error = module_insert(config->module);
	if (error)
		shell_say("the module did not load (%s); `dmesg` says why", strerror(-error));
	if (config->share)
		share_up();
	shell_run();
}

int main(void)
{
	struct config config = { .topic_seconds = 120 };

	mounts_up();
	if (report_open()) {
		fprintf(stderr, "pincheck-vm: no second serial line (%s: %s)\n",
			arch_host()->results_tty, strerror(errno));
		machine_off();
		return 1;
	}
	config_read(&config);
	if (config.probe) {
		report(MARK_PROBE);
		machine_off();
		return 1;
	}
	setenv("PATH", "/bin:/sbin", 1);
	setenv("HOME", "/tmp", 1);
	if (chdir("/tmp"))
		report("no /tmp: %s", strerror(errno));
	kmsg_open();
	kmsg_mark("userspace is up");
	if (config.shell)
		offer_shell(&config);
	else
		run_suite(&config);
	machine_off();
	return 1;
}
