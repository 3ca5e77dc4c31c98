/* SPDX-License-Identifier: GPL-2.0-only */
/* What topics whitelist, holders_whitelist and vfio_rules have in common: answers, and the file behind a mapping. */
#ifndef PINCHECK_SELFTESTS_WHITELIST_SUITE_H
#define PINCHECK_SELFTESTS_WHITELIST_SUITE_H

#include "suite.h"
#include <unistd.h>

/* FILE: the file still has the bytes from before. The zero page is not a file. */
static inline void verdict_original(struct subject *subject, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	uint64_t words[AREA_WORDS];
	enum generation seen;
	enum area area;
	size_t i;

	verdict_start(verdict, "FILE");
	for (area = CPU_AREA; area < AREAS; area++) {
		for (i = 0; i < memory->samples; i++) {
			if (pread(memory->file, words, AREA_BYTES,
				  area_offset(memory, area, i)) != AREA_BYTES)
				return verdict_failed(verdict, "cannot read the file", -errno);
			seen = pattern_generation(memory, area, i, words);
			if (seen == BEFORE)
				continue;
			verdict_broken(verdict, "the file was written to", memory->sample[i]);
			verdict_note(verdict, "file_has=%s", generation_name(seen));
		}
	}
	verdict_note(verdict, "file_has=%s", generation_name(BEFORE));
}

#define EXPECT_ORIGINAL_UNTOUCHED(subject) do {							\
	if (!subject_is(subject, MEMORY_ZERO))							\
		EXPECT_VERDICT(verdict_original, subject);					\
} while (0)

/* WHITELIST: the driver says what is expected of it, and a refusal leaves no trace. */
static inline void verdict_answer(struct subject *subject, int expected, struct verdict *verdict)
{
	int error = subject_hold(subject);

	verdict_start(verdict, "WHITELIST");
	if (error != expected)
		verdict_broken(verdict, !error ? "the driver was given the memory" : !expected ?
			       "the driver was refused the memory" : "refused by another errno", 0);
	verdict_note(verdict, "hold=%s outcome=\"%s\" expected=\"%s\"", subject->product->hold->name,
		     error ? strerror(-error) : "given", expected ? strerror(-expected) : "given");
}

/* After writeback the file system would not notice the device's writes (B38). */
static inline void holder_is_refused(struct __test_metadata *_metadata, struct subject *subject,
				     int expected)
{
	EXPECT_VERDICT(verdict_answer, subject, expected);
	if (!subject->hold.taken)
		EXPECT_ACCURATE(subject);
}

/* The copy is made first: the device never writes to the file. */
static inline void holder_gets_copy(struct __test_metadata *_metadata, struct subject *subject,
				    int expected)
{
	EXPECT_VERDICT(verdict_answer, subject, expected);
	if (subject->hold.taken) {
		memory_fill(&subject->memory, AFTER);
		EXPECT_SYNC(subject, AFTER);
		EXPECT_ACCURATE(subject);
	}
	EXPECT_ORIGINAL_UNTOUCHED(subject);
}

#endif
