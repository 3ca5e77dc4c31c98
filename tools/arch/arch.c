// SPDX-License-Identifier: GPL-2.0-only
/* The architectures: a row each. tools/arch/arch.sh reads the rows, too: one field a line. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include "../lib/array.h"
#include "arch.h"

static const struct arch rows[] = {
	{
		.name = "amd64",
		.machine = "x86_64",
		.srcarch = "x86",
		.cross = "x86_64-linux-gnu-",
		.flavour = "amd64",
		.image = "arch/x86/boot/bzImage",
		.packaged_image = "vmlinuz",
		.loader = "/lib64/ld-linux-x86-64.so.2",
		.page_sizes = "4096",
		.hugepage_mib = 2,
		.qemu = "qemu-system-x86_64",
		.qemu_package = "qemu-system-x86",
		.qemu_machine = "q35",
		/*
		 * Emulated, `rep movsb' goes byte by byte: without erms and fsrm kernels clear and copy
		 * pages by words. A fifth level of page tables has to be walked, too; four is what most
		 * machines have.
		 */
		.qemu_cpu = "max,-erms,-fsrm,-la57",
		.qemu_serial = "-serial chardev:console -serial chardev:results",
		.iommu = "intel-iommu,intremap=off",
		.iommu_boot = "intel_iommu=on",
		.console_config = "CONFIG_SERIAL_8250_CONSOLE",
		.console_tty = "/dev/ttyS0",
		.results_tty = "/dev/ttyS1",
		/*
		 * earlyprintk shows a kernel that dies before its console is up, and gives the boot
		 * deadline something to see. Whether the timer interrupt arrives is not to be checked: on
		 * a busy host an emulated one comes late, and that is a panic. Nor is the TSC to be compared
		 * with another clock: on a busy host one of the two is read late, the kernel patches its text
		 * for an unstable TSC, and an emulated CPU that runs into that crashes (emulation.md).
		 */
		.boot = "console=ttyS0,115200 earlyprintk=serial,ttyS0,115200 no_timer_check tsc=reliable",
		.command_line_bytes = 2048,
	},
};

const struct arch *arch_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(name, rows[i].name) || !strcmp(name, rows[i].machine) ||
		    !strcmp(name, rows[i].srcarch))
			return &rows[i];
	return NULL;
}

const struct arch *arch_host(void)
{
	struct utsname host;

	return uname(&host) ? NULL : arch_find(host.machine);
}

const char *arch_names(void)
{
	static char names[256];

	if (*names)
		return names;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? ", " : "",
			 rows[i].name);
	return names;
}
