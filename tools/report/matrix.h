/* SPDX-License-Identifier: GPL-2.0-only */
/* Scenarios by kernels: every form of the matrix is made from this. */
#ifndef PINCHECK_REPORT_MATRIX_H
#define PINCHECK_REPORT_MATRIX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <jansson.h>
#include "kernel_run.h"

enum state {
	STATE_PASS,
	STATE_FAIL,
	STATE_SKIP,
	STATE_XFAIL,
	STATE_XPASS,
	STATE_TIMEOUT,
	STATE_MISSING,
	STATES
};

/**
 * struct cell - one scenario on one kernel
 * @red: a person has to look at it; a missing result is red unless something else explains it
 * @of: the case, NULL if there is no result
 */
struct cell {
	enum state state;
	bool red;
	char *reason;
	const struct test_case *of;
};

/**
 * struct row - one scenario
 * @facts: what the case said of itself, as pairs; "" if nothing
 * @kind: its group within the topic: memory, or else hold, or else event, of @facts; ""
 * @rank: its place: topic, kind, order of the suite
 * @differs: two kernels have different results
 * @red: some cell is red
 * @led: an earlier row has the same topic, scenario and states: both are variants of one finding
 * @followers: number of later rows that this row leads
 * @cells: one for each kernel
 */
struct row {
	char *name;
	char *topic;
	char *facts;
	char *kind;
	uint64_t rank;
	bool differs;
	bool red;
	bool led;
	size_t followers;
	struct cell *cells;
};

/**
 * struct not_run - a kernel without a column: it need not be run, and that is no fault
 */
struct not_run {
	const char *kernel;
	char *reason;
};

/**
 * struct matrix - runs are its columns, scenarios its rows
 * @counts: [column * STATES + state]
 * @reds: number of red cells of each column
 * @kernel_tests: the kernel's own tests, of the kernels that have a run of them; NULL if none has
 * @kernel_tests_names: of their directories, NULL at the end
 */
struct matrix {
	struct kernel_run *runs;
	size_t run_count;
	struct not_run *not_run;
	size_t not_run_count;
	struct row *rows;
	size_t row_count;
	size_t row_size;
	unsigned int *counts;
	unsigned int *reds;
	struct matrix *kernel_tests;
	char **kernel_tests_names;
};

/* The end of the name of a directory with results of the kernel's own tests. */
#define KERNEL_TESTS	"-kernel-tests"

extern const char *const state_names[STATES];
/* One character for each state: colour alone must not distinguish them. */
extern const char *const state_signs[STATES];

enum state state_of(enum ktap_outcome outcome);

void matrix_build(struct matrix *matrix, const char *directory, char **kernels);
void matrix_free(struct matrix *matrix);

/** row_codes() - rows of the catalogue that the case covers: " (B11 R28)", or "". To be freed */
char *row_codes(const struct row *row);

/**
 * matrix_is_red() - is any cell red?
 *
 * The kernel's own tests do not count: their run may be an old one.
 */
bool matrix_is_red(const struct matrix *matrix);

/** matrix_json() - Return: the whole matrix; a new reference */
json_t *matrix_json(const struct matrix *matrix);

/** matrix_page() - the matrix for the page: smaller, and with groups of columns; a new reference */
json_t *matrix_page(const struct matrix *matrix);

/** matrix_write_forms() - all forms into @directory, and few columns to the terminal. Return: an exit code */
int matrix_write_forms(const struct matrix *matrix, const char *directory);

/* The forms of the matrix. */
void matrix_write_html(const struct matrix *matrix, FILE *to);
void matrix_write_md(const struct matrix *matrix, FILE *to);
void matrix_print_table(const struct matrix *matrix);

#endif
