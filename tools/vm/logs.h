/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guests of a run said, in the order of the guests: the files, and the suite of the run. */
#ifndef PINCHECK_VM_LOGS_H
#define PINCHECK_VM_LOGS_H

#include <stdbool.h>
#include <stdio.h>

struct boot;
struct options;
struct suite;

/**
 * struct logs - where the bytes of the guests go
 * @directory: of the files
 * @console_began: length of console.log before the guest whose turn it is
 * @echo: standard error has the console, too
 * @suite: of the run; NULL: nobody reads the results
 */
struct logs {
	const char *directory;
	FILE *results;
	FILE *console;
	long console_began;
	bool echo;
	struct suite *suite;
};

/** logs_open() - results.ktap and console.log, empty. Return: 0, or -1, having complained */
int logs_open(struct logs *logs, const struct options *options, struct suite *suite);

/**
 * logs_hear() - pass on what the guest said whose turn it is
 *
 * Its results wait until its first one is whole: no boot is tried again after that.
 */
void logs_hear(struct logs *logs, struct boot *boot);

/** logs_next_guest() - @boot has said everything, the next guest has its turn */
void logs_next_guest(struct logs *logs);

/**
 * logs_keep_stalled() - write console.stalled.log, and forget that boot of the guest
 *
 * The console is the only trace of a boot that stalled.
 */
void logs_keep_stalled(struct logs *logs, struct boot *boot);

void logs_close(struct logs *logs);

#endif
