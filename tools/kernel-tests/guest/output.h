/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the output of one run of a program. Most programs print TAP; uffd-unit-tests did not before Linux 7.1,
 * and of others only the exit status says something.
 */
#ifndef PINCHECK_KERNEL_TESTS_OUTPUT_H
#define PINCHECK_KERNEL_TESTS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include "../../ktap/ktap.h"

/**
 * struct output_ops - what the reader reports
 * @line: a line that is no result
 * @result: one result; @reason is "" where the program gives none
 */
struct output_ops {
	void (*line)(void *context, const char *text);
	void (*result)(void *context, enum ktap_outcome outcome, const char *name, const char *reason);
};

/**
 * struct ending - how a program ended
 * @status: as waitpid() has it
 * @skip_code: the exit status that means a skip
 * @silent: why a program skips that does not say it, or NULL
 */
struct ending {
	int status;
	int skip_code;
	const char *silent;
	bool timed_out;
};

struct output;

/** output_new() - Return: a reader, or NULL without memory. @ltp: of a program of LTP */
struct output *output_new(const struct output_ops *ops, void *context, bool ltp);

/** output_feed() - the next @length bytes of the program */
void output_feed(struct output *output, const char *bytes, size_t length);

/**
 * output_end() - the program has ended: judge how
 *
 * Reports a result "ended" where the program has no result of its own, and where the ending says more than
 * they do: a signal, the deadline, a failure without a failed result, results that are missing. What a program
 * of LTP could not check, though it checked something, is a result "left_out".
 */
void output_end(struct output *output, const struct ending *ending);

/** output_name() - change @name to small letters, digits, "_" and "." */
void output_name(char *name);

#endif
