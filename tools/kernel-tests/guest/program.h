/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs one program of the kernel's, or inserts a module that is a test. */
#ifndef PINCHECK_KERNEL_TESTS_PROGRAM_H
#define PINCHECK_KERNEL_TESTS_PROGRAM_H

#include "output.h"
#include "plan.h"

/**
 * program_run() - run it in a new directory, and give its output to @output, which ends
 * @tests: directory of the programs
 *
 * Processes that the program leaves behind are killed, after a line about each. Return: their number
 */
unsigned int program_run(const struct plan *plan, const struct plan_run *run, const char *tests,
			 struct output *output);

/**
 * module_find() - put the file of the module @name into @path
 *
 * It lies in @tests, or beside the module under test. Return: false if there is none
 */
bool module_find(const char *name, const char *tests, char *path, size_t size);

/** module_missing() - what a topic lacks that needs the module @name, in static memory */
const char *module_missing(const char *name, const char *tests);

/** module_test_run() - insert the module: it reports through the kernel log, and does not stay */
void module_test_run(const struct plan_run *run, const char *tests, struct output *output);

#endif
