/* SPDX-License-Identifier: GPL-2.0-only */
/* The summary of a run, for a person. */
#ifndef PINCHECK_VM_SUMMARY_H
#define PINCHECK_VM_SUMMARY_H

struct machine;
struct run;
struct suite;
struct verdict;

/** summary_failed() - failed cases, and one more if the run itself failed without any */
unsigned int summary_failed(const struct suite *suite, const struct verdict *verdict);

void summary_print(const struct run *run, const struct suite *suite, const struct machine *machine,
		   const struct verdict *verdict);

#endif
