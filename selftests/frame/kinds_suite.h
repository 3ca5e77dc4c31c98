/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The promises of a hold, as scenarios that topics share: kinds and gigantic on rarer kinds of memory,
 * holders and vfio for drivers of the kernel's own. gigantic and vfio need guests of their own.
 */
#ifndef PINCHECK_SELFTESTS_KINDS_SUITE_H
#define PINCHECK_SELFTESTS_KINDS_SUITE_H

#include "suite.h"

/* A pin of each sort of driver, and a plain reference. Each has the page of the process' own. */
#define KINDS_HOLDS(X, topic, memory)								\
	X(topic, memory, pin_ro_lt_fast)							\
	X(topic, memory, pin_rw_slow)								\
	X(topic, memory, get_rw_fast)

/* What a process sees that wrote nothing. Nobody ever wrote to the zero page. */
static inline enum generation kinds_original(const struct subject *subject)
{
	return subject_is(subject, MEMORY_ZERO) ? GEN_UNKNOWN : BEFORE;
}

/*
 * SYNC, ACCURACY. Nothing happens but writes by both sides. The page of the process' own is there
 * from the first: the original (MEMORY_ORIGINAL) was copied for the hold.
 */
static inline void kind_meets_writes(struct __test_metadata *_metadata, struct subject *subject)
{
	ASSERT_DONE(subject_hold(subject));
	EXPECT_SYNC(subject, kinds_original(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
	ASSERT_DONE(subject_release(subject));
	EXPECT_ACCURATE(subject);
}

/* ISOLATION: the child reads zeros, perhaps from a page that it gets now. */
static inline void verdict_child_reads_zeros(struct subject *subject, struct verdict *verdict)
{
	struct view view;
	int error = child_look(&subject->child, 0, &view);

	verdict_start(verdict, "ISOLATION");
	if (error)
		return verdict_failed(verdict, "the child does not answer", error);
	for (size_t i = 0; i < subject->memory.samples; i++)
		if (view.seen[CPU_AREA][i] != GEN_UNKNOWN || view.seen[DEVICE_AREA][i] != GEN_UNKNOWN)
			verdict_broken(verdict, "the child sees a write", subject->memory.sample[i]);
	verdict_note(verdict, "samples=%zu", subject->memory.samples);
}

/* SYNC or ISOLATION. A child of a shared mapping sees the writes, one of a private mapping does not. */
static inline void kind_meets_fork(struct __test_metadata *_metadata, struct subject *subject)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	memory_fill(&subject->memory, AFTER);
	if (subject_is(subject, MEMORY_ZERO))
		EXPECT_VERDICT(verdict_child_reads_zeros, subject);
	else
		EXPECT_CHILD_SEES(subject, 0, subject_is_shared(subject) ? AFTER : BEFORE);
	if (subject_is_shared(subject))
		EXPECT_SYNC(subject, AFTER);
	else
		EXPECT_PROMISE(subject, ACROSS_FORK, kinds_original(subject), AFTER);
	EXPECT_ACCURATE(subject);
}

/* SYNC, REUSE. clear_refs takes write permissions away, and no page. */
static inline void kind_meets_clear_refs(struct __test_metadata *_metadata, struct subject *subject)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_clear_refs());
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, kinds_original(subject), AFTER);
	EXPECT_ACCURATE(subject);
}

/* SYNC, REUSE. The process makes the memory read-only, and writes when it is writable again. */
static inline void kind_meets_protection(struct __test_metadata *_metadata, struct subject *subject)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

#endif
