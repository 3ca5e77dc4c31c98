/* SPDX-License-Identifier: GPL-2.0-only */
/* What a case prints before its verdict: lines of key=value pairs (tools/lib/pairs.h). */
#ifndef PINCHECK_SELFTESTS_EVIDENCE_H
#define PINCHECK_SELFTESTS_EVIDENCE_H

#include <stddef.h>
#include <stdio.h>

/**
 * struct case_facts - what a case says of itself before it runs; NULL: nothing
 * @memory: kind of the memory under test
 * @hold: kind of the hold on it
 * @event: what happens to the memory
 * @rows: of the catalogue, with spaces between them
 */
struct case_facts {
	const char *memory;
	const char *hold;
	const char *event;
	const char *rows;
};

/**
 * struct kept_lines - lines of the case that runs, in memory that its processes share
 * @used: bytes of @text
 * @text: the lines
 */
struct kept_lines {
	size_t used;
	char text[8192];
};

/**
 * evidence_keep() - evidence of this process and of its children goes to @lines from now on
 *
 * A write for each line wakes its reader each time. Lines are written at once where they do not wait:
 * when @lines is full, and by evidence_stream().
 */
void evidence_keep(struct kept_lines *lines);

/** evidence_line() - print a line; @format has no newline */
void evidence_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** evidence_stream() - write what is kept. Return: stderr, for lines that come after it */
FILE *evidence_stream(void);

/** evidence() - print what the case did and saw; @format has pairs: "pages=%zu errno=EINVAL" */
void evidence(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** evidence_of_case() - print @facts; nothing where there are none */
void evidence_of_case(const struct case_facts *facts);

#endif
