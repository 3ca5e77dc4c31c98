/* SPDX-License-Identifier: GPL-2.0-only */
/* One kernel's run: how it got there, what it found, what the runner says of it. */
#ifndef PINCHECK_REPORT_COLUMN_H
#define PINCHECK_REPORT_COLUMN_H

#include <jansson.h>
#include "results.h"

/* The topic of the cases that are not selftests, and the cases. */
#define RUN_TOPIC	"run"
#define BUILD_CASE	"build"
#define BOOT_CASE	"boot"
#define INSMOD_CASE	"insmod"
/* Fails where the runner's verdict is bad although no case is. */
#define VERDICT_CASE	"verdict"

/**
 * struct column - all that is known of the run on one kernel
 * @kernel: its name in the matrix
 * @release: the release of Linux that the name meant in this run, "" if nobody knows
 * @title: name and release, as a person is told
 * @run: run.json, an empty object if there is none
 * @results: of build.ktap and results.ktap
 * @names: case name -> its number in @results
 * @time: when the run ended, as RFC 3339 has it
 */
struct column {
	const char *kernel;
	char *release;
	char *title;
	json_t *run;
	struct results results;
	json_t *names;
	char *time;
};

/** column_load() - read @directory/@kernel; whatever is missing there becomes a failed case */
void column_load(struct column *column, const char *directory, const char *kernel);

void column_free(struct column *column);

/** column_not_run() - Return: the reason why this kernel need not be run, NULL if it was to be run */
const char *column_not_run(const struct column *column);

/** column_find() - Return: the case with that name, or NULL */
const struct test_case *column_find(const struct column *column, const char *name);

/** column_topic() - Return: the top-level result with that name, or NULL */
const struct test_case *column_topic(const struct column *column, const char *name);

/** column_broken_stage() - Return: the build, boot or insmod case that failed, or NULL */
const struct test_case *column_broken_stage(const struct column *column);

/** column_text() - Return: a string of run.json, in @group if not NULL; "" if there is none */
const char *column_text(const struct column *column, const char *group, const char *key);

/**
 * column_case_name() - the name of a case over all kernels: build.debian-6.1, or as the suite has it
 * Return: to be freed
 */
char *column_case_name(const struct column *column, const struct test_case *of);

#endif
