/* SPDX-License-Identifier: GPL-2.0-only */
/* The script of a topic: what to run, as tools/kernel-tests/topics wrote it. */
#ifndef PINCHECK_KERNEL_TESTS_PLAN_H
#define PINCHECK_KERNEL_TESTS_PLAN_H

#include <stddef.h>
#include <stdbool.h>

#define PLAN_WORDS	32

/**
 * struct plan_knob - a file of /proc or /sys that has another value during a run
 */
struct plan_knob {
	char path[128];
	char value[64];
};

/**
 * struct plan_run - one run of a program, or the insertion of a module that is a test
 * @variant: between the topic and the names of the program's results; "" where a topic has one run
 * @where: working directory: tmpfs, or a file system that has a directory of the runner's
 * @user: runs the program; "" for root
 * @words: program and arguments; the first word is NULL for a module
 * @module: "" for a program
 * @parameters: of the module
 */
struct plan_run {
	char variant[64];
	char where[16];
	char user[16];
	char text[512];
	char *words[PLAN_WORDS];
	char module[64];
	char parameters[256];
	struct plan_knob knobs[4];
	size_t knob_count;
};

/**
 * struct plan_module - a kernel module that programs of the topic use
 * @present: a file that shows that the kernel has what the module would add; "" for none
 * @required: without it, nothing of the topic runs
 */
struct plan_module {
	char name[64];
	char present[128];
	bool required;
};

/**
 * struct plan - the script of a topic
 * @lacks: what is missing for the topic, which is then skipped; "" for nothing
 * @slow: the same, on a machine that is emulated
 * @patience: arguments that lengthen time limits of the program's own there, NULL at the end
 * @from: the first kernel that has what the topic tests, "" for any; @feature: that
 * @seconds: for one run
 * @skip_code: the exit status that means a skip
 * @silent: why programs skip that do not say it; "" for unknown
 * @ltp: the programs are of LTP, and print and exit as those do
 * @variables: "NAME=VALUE" of the environment, NULL at the end
 * @helpers: programs that those of the runs start, NULL at the end; they lie in the working directory
 */
struct plan {
	char topic[64];
	char lacks[256];
	char slow[256];
	char *patience[4];
	char from[32];
	char feature[128];
	long seconds;
	int skip_code;
	char silent[128];
	bool ltp;
	char *variables[8];
	char *helpers[8];
	struct plan_module modules[4];
	size_t module_count;
	struct plan_run *runs;
	size_t run_count;
};

/**
 * plan_read() - read the script at @path
 * @line: gets the number of a line that has an error
 *
 * Return: 0 or -errno; -EINVAL for a line that means nothing
 */
int plan_read(struct plan *plan, const char *path, unsigned int *line);
void plan_free(struct plan *plan);

#endif
