/* SPDX-License-Identifier: GPL-2.0-only */
/* What the person asked for. */
#ifndef PINCHECK_VM_OPTIONS_H
#define PINCHECK_VM_OPTIONS_H

#include <stdbool.h>

struct arch;

enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

/**
 * struct options - of `pincheck-vm run` and `pincheck-vm pack`
 * @arch: the architecture of the guest
 * @package: version of the package that the kernel comes from, or NULL
 * @modules: directory .../lib/modules/RELEASE, or NULL when everything needed is built in
 * @load: names of more modules to load at boot, separated by spaces, or NULL
 * @module: pincheck.ko, or NULL to run the tests without a module
 * @qemu_args: more words for QEMU, separated by spaces; "" for none
 * @share: directory that the guest of a shell gets, or NULL
 * @output: of pack: the directory for the image
 * @script: commands for the guest's shell; NULL: the person types them
 * @needs: enum need, of the topics that may run
 * @guests: that run at the same time, at most; 0: as many as the idle processors can run
 * @pack: make an image that others boot, instead of booting one
 * @without_module: tests get PINCHECK_MODULE=no; @module is NULL
 * @icount: the clocks of the guest count instructions; takes emulation
 * @boot_deadline: seconds without a sign of life; 0 for the default
 * @test_deadline: seconds for all topics together; 0 for the default
 * @topic_deadline: seconds for one topic; 0 for the default
 */
struct options {
	const struct arch *arch;
	const char *name;
	const char *package;
	const char *kernel;
	const char *modules;
	const char *load;
	const char *module;
	const char *tests;
	const char *results;
	const char *output;
	const char *filter;
	const char *append;
	const char *qemu_args;
	const char *share;
	const char *script;
	const char *init;
	const char *qemu;
	const char *splats_allowed;
	const char *busybox;
	enum accel accel;
	unsigned int needs;
	long smp;
	long memory_mib;
	long swap_mib;
	long hugepages;
	long guests;
	long boot_deadline;
	long test_deadline;
	long topic_deadline;
	bool pack;
	bool shell;
	bool without_module;
	bool icount;
	bool verbose;
};

/** options_parse() - leaves by itself on --help; on bad usage too, with exit code 2 */
void options_parse(struct options *options, int argc, char **argv);

#endif
