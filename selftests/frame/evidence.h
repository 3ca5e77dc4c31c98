/* SPDX-License-Identifier: GPL-2.0-only */
/* What a case prints before its verdict: lines of key=value pairs (tools/lib/pairs.h). */
#ifndef PINCHECK_SELFTESTS_EVIDENCE_H
#define PINCHECK_SELFTESTS_EVIDENCE_H

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

/** evidence() - print what the case did and saw; @format has pairs: "pages=%zu errno=EINVAL" */
void evidence(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** evidence_of_case() - print @facts; nothing where there are none */
void evidence_of_case(const struct case_facts *facts);

#endif
