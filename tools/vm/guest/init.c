// SPDX-License-Identifier: GPL-2.0-only
/* /init of the guest: prepare the machine, run the suite, report, switch off. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>
#include "../../arch/arch.h"
#include "../../lib/knob.h"
#include "../../lib/page_size.h"
#include "../protocol.h"
#include "../splat.h"
#include "guest.h"

void machine_off(void)
{
	report_drain();
	/*
	 * QEMU runs with -no-reboot, so a reset ends it at once, without ACPI. reboot() is for
	 * kernels without sysrq: there the drivers shut down first.
	 */
	knob_set("/proc/sys/kernel/sysrq", "1");
	knob_set("/proc/sysrq-trigger", "b");
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static const char *result_tty(const struct config *config)
{
	return *config->results ? config->results : arch_host()->results_tty;
}

static int open_result_tty(const struct config *config)
{
	int tty = open(result_tty(config), O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios settings;

	if (tty < 0)
		return -errno;
	/* Raw: no line discipline between our bytes and the file on the host, no CR before LF. */
	if (tcgetattr(tty, &settings))
		return -errno;
	cfmakeraw(&settings);
	/* A console has its speed. */
	if (!*config->results)
		cfsetspeed(&settings, B115200);
	report_to(tty);
	return tcsetattr(tty, TCSANOW, &settings) ? -errno : 0;
}

/* Set the environment of the test programs. Devices add theirs. */
static void topics_environment(const struct config *config)
{
	if (*config->filter)
		setenv(ENV_FILTER, config->filter, 1);
	else
		unsetenv(ENV_FILTER);
	if (config->slow)
		setenv(ENV_SLOW, "yes", 1);
	setenv(ENV_POISON, "yes", 1);	/* the guest ends with the run */
	if (*config->module)
		setenv(ENV_MODULE, config->module, 1);
	else if (config->without_module)
		setenv(ENV_MODULE, MODULE_NO, 1);
	siblings_offer(config);
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
 * The kernel runs modprobe for everything it does not know, such as a device that is gone, and the
 * guest has no modprobe. With an empty name the kernel fails at once, and starts no process on a
 * CPU that a test takes to be idle.
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

static void run_suite(struct config *config)
{
	const char *boot = result_name(config, "boot");

	topics_find(config->tests);
	choose_topics(config);
	report_begin(config);
	if (config->guest > 1)
		report(MARK_GUEST "%ld: %s", config->guest, config->guest_title);
	prepare_machine(config);
	topics_environment(config);
	scope_add(boot, kmsg_check(boot));
	report_result(true, boot, NULL);
	run_topics(config);
}

/* Mount the directory of the host by 9p. For a kernel without 9p the host packed a copy of it. */
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
	needs_up(NEED_FILE_SYSTEMS | NEED_PMEM, config);
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
	struct config config = { .topic_seconds = 120, .tests = GUEST_TESTS, .guest = 1 };

	mounts_up();
	config_read(&config);
	config_environment(&config);
	if (open_result_tty(&config)) {
		fprintf(stderr, "pincheck-vm: no place for the results (%s: %s)\n",
			result_tty(&config), strerror(errno));
		machine_off();
		return 1;
	}
	if (config.probe) {
		report(MARK_PROBE);
		machine_off();
		return 1;
	}
	setenv("PATH", "/bin:/sbin", 1);
	setenv("HOME", "/tmp", 1);
	if (chdir("/tmp"))
		report("no /tmp: %s", strerror(errno));
	splat_allow_from(GUEST_SPLATS_ALLOWED);
	kmsg_open(false);
	kmsg_mark("userspace is up");
	if (config.shell)
		offer_shell(&config);
	else
		run_suite(&config);
	machine_off();
	return 1;
}
