/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs of other suites expect of a machine, and the guest has no use for. */
#ifndef PINCHECK_KERNEL_TESTS_MACHINE_H
#define PINCHECK_KERNEL_TESTS_MACHINE_H

/* Files that may lie beside the topics. Nobody takes them for topics. */
#define KERNEL_CONFIG	".kernel-config"
#define KERNEL_BUILTIN	".kernel-builtin"	/* modules.builtin */
#define SHELL_BUSYBOX	".busybox"

/**
 * machine_up() - make what the guest does not have yet
 * @tests: directory of the topics
 *
 * The loopback device is up, and root and nobody have names. If SHELL_BUSYBOX is there, there is a shell with the usual
 * commands; hugetlbfs is mounted; /tmp is on ext4; and under /lib/modules the kernel is described: its configuration,
 * what is built in, and which modules are loaded.
 */
void machine_up(const char *tests);

#endif
