/* SPDX-License-Identifier: GPL-2.0-only */
/* The run on one kernel: its stages, its cases, and the verdict of the runner. */
#ifndef PINCHECK_REPORT_KERNEL_RUN_H
#define PINCHECK_REPORT_KERNEL_RUN_H

#include <jansson.h>
#include "results.h"

/* The topic of the cases that are no selftests, and these cases. */
#define RUN_TOPIC	"run"

/** kernel_run_is_of_guest() - is @topic "clean" or "clean_2", which is checked of each guest, not of a topic? */
bool kernel_run_is_of_guest(const char *topic);
#define BUILD_CASE	"build"
#define BOOT_CASE	"boot"
#define INSMOD_CASE	"insmod"
/* Fails if the verdict of the runner is bad although no case failed. */
#define VERDICT_CASE	"verdict"

struct arguments;

/**
 * struct kernel_run - what is known of the run on one kernel
 * @kernel: its name in the matrix
 * @release: the release of Linux that the name meant in this run, "" if it is not known
 * @title: name and release, for people
 * @json: run.json, an empty object if there is none
 * @results: of build.ktap and results.ktap
 * @names: case name -> its number in @results
 * @time: when the run ended, in the form of RFC 3339
 */
struct kernel_run {
	const char *kernel;
	char *release;
	char *title;
	json_t *json;
	struct results results;
	json_t *names;
	char *time;
};

/** kernel_run_load() - read @directory/@kernel; a missing file becomes a failed case */
void kernel_run_load(struct kernel_run *run, const char *directory, const char *kernel);

void kernel_run_free(struct kernel_run *run);

/**
 * kernel_runs_load() - the runs on the kernels of the command line, without those that need not be run
 * @command: that wants them; if there is none, the program ends and names it
 * @count: (out)
 *
 * Return: an array for kernel_runs_free().
 */
struct kernel_run *kernel_runs_load(const struct arguments *arguments, const char *command,
				    size_t *count);
void kernel_runs_free(struct kernel_run *runs, size_t count);

/** kernel_run_release() - the release of Linux by run.json, "" if it is not known. Return: to be freed */
char *kernel_run_release(const struct kernel_run *run);

/** kernel_run_short_name() - Return: the release, or the kernel's name in the matrix */
const char *kernel_run_short_name(const struct kernel_run *run);

/** kernel_run_not_run() - Return: why this kernel need not be run, or NULL if it had to be run */
const char *kernel_run_not_run(const struct kernel_run *run);

/** kernel_run_find() - Return: the case with that name, or NULL */
const struct test_case *kernel_run_find(const struct kernel_run *run, const char *name);

/** kernel_run_topic() - Return: the top-level result with that name, or NULL */
const struct test_case *kernel_run_topic(const struct kernel_run *run, const char *name);

/** kernel_run_broken_stage() - Return: the build, boot or insmod case that failed, or NULL */
const struct test_case *kernel_run_broken_stage(const struct kernel_run *run);

/** kernel_run_text() - Return: a string of run.json, in @group if not NULL; "" if there is none */
const char *kernel_run_text(const struct kernel_run *run, const char *group, const char *key);

/**
 * kernel_run_case_name() - Return: build.debian-6.1 for a case of the run, so that it is unique over all
 * kernels, and the name in the suite for another; to be freed
 */
char *kernel_run_case_name(const struct kernel_run *run, const struct test_case *of);

#endif
