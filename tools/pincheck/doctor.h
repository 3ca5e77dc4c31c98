/* SPDX-License-Identifier: GPL-2.0-only */
/* The checks of pincheck doctor. */
#ifndef PINCHECK_DOCTOR_H
#define PINCHECK_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include "tools/table/table.h"

/**
 * struct finding - the result of a check
 * @fine: nothing is lacking
 * @found: what the machine has
 * @next: the command that mends it, if something is lacking
 */
struct finding {
	bool fine;
	char found[240];
	char next[240];
};

/** format_into() - like snprintf(); what does not fit is cut */
__attribute__((format(printf, 3, 4)))
void format_into(char *to, size_t size, const char *format, ...);

/** format_more() - add to what is in @to; what does not fit is cut */
__attribute__((format(printf, 3, 4)))
void format_more(char *to, size_t size, const char *format, ...);

#define FOUND(finding, ...)	format_into((finding)->found, sizeof((finding)->found), __VA_ARGS__)
#define FOUND_MORE(finding, ...) format_more((finding)->found, sizeof((finding)->found), __VA_ARGS__)
#define NEXT(finding, ...)	format_into((finding)->next, sizeof((finding)->next), __VA_ARGS__)

/** first_line() - read the first line of a file. Return: @line, which is "" where there is none */
const char *first_line(const char *path, char *line, size_t size);

void check_headers(struct finding *finding);
void check_dkms(struct finding *finding);
void check_secure_boot(struct finding *finding);
void check_signing(struct finding *finding);
void check_options(struct finding *finding);
void check_taint(struct finding *finding);

/** typedef finding_printer - add one finding to a table */
typedef void (*finding_printer)(struct table *table, const char *check, const char *state,
				const struct finding *finding);

/** print_options() - the kernel options that the suite uses and that are off */
void print_options(struct table *table, finding_printer print);

/**
 * doctor_suite() - what the test programs in directory @tests would skip on this machine
 *
 * One of the programs answers, because only they know how to ask.
 *
 * Return: 0 or a negative errno, after printing an error.
 */
int doctor_suite(const char *tests, struct table *table, finding_printer print);

#endif
