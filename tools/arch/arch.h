/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs from one architecture to another. Nothing else in the tree spells one of these. */
#ifndef PINCHECK_ARCH_H
#define PINCHECK_ARCH_H

/**
 * struct arch - one row of arch.c
 * @name: the distribution's name of the architecture
 * @machine: the kernel's name of it: `uname -m`
 * @srcarch: its directory below arch/ of the kernel's source, which is also the kernel's own ARCH=
 * @cross: prefix of a compiler for it that runs on another architecture
 * @flavour: the last word in the names of the distribution's kernel packages
 * @image: the image below a kernel's build tree; the last part is the target of make
 * @packaged_image: how the name of the image in the distribution's package begins
 * @loader: the dynamic linker
 * @page_sizes: of its kernels, in bytes, separated by spaces, the most usual first
 * @hugepage_mib: the default size of a hugetlb page, with the first of @page_sizes
 * @qemu: the program
 * @qemu_package: the distribution's package that has it
 * @qemu_machine: for -machine
 * @qemu_cpu: for -cpu, where the guest is emulated
 * @qemu_serial: connects the chardevs "console" and "results", to @console_tty and @results_tty
 * @console_config: the option that a kernel needs for its console
 * @console_tty: the guest's first serial line, where the kernel and a person's shell talk
 * @results_tty: its second one, where no kernel message goes; the driver must be built in
 * @boot: kernel parameters that a guest needs
 * @command_line_bytes: COMMAND_LINE_SIZE of the kernel, which cuts a longer one without a word
 */
struct arch {
	const char *name;
	const char *machine;
	const char *srcarch;
	const char *cross;
	const char *flavour;
	const char *image;
	const char *packaged_image;
	const char *loader;
	const char *page_sizes;
	long hugepage_mib;
	const char *qemu;
	const char *qemu_package;
	const char *qemu_machine;
	const char *qemu_cpu;
	const char *qemu_serial;
	const char *console_config;
	const char *console_tty;
	const char *results_tty;
	const char *boot;
	long command_line_bytes;
};

/** arch_find() - the row that has @name as its name, machine or srcarch. Return: NULL for none */
const struct arch *arch_find(const char *name);

/** arch_host() - the row of the machine that this program runs on. Return: NULL for none */
const struct arch *arch_host(void);

/** arch_names() - of all rows, in one line. Return: a static string */
const char *arch_names(void);

#endif
