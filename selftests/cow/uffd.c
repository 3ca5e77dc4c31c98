// SPDX-License-Identifier: GPL-2.0-only
/*
 * uffd: userfaultfd write-protects pages and removes the protection, as a live migration does. A
 * held page must stay the same page (R16; exclusive pages: 6c287605fd56, Linux 5.19). No CPU writes
 * to a protected page, so no fault has to be handled.
 */
#include "suite.h"
#include <inttypes.h>
#include <unistd.h>
#include "../../tools/lib/pagemap.h"
#include "trap.h"

#define UFFD_HOLDS(X, topic, memory)								\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, pin_rw_fast)		X(topic, memory, pin_rw_lt_slow)		\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_slow)			\
	X(topic, memory, uring)

SUITE_EVENT("uffd_wp")
TOPIC(uffd)
UFFD_HOLDS(TOPIC_VARIANT, uffd, base)
UFFD_HOLDS(TOPIC_VARIANT, uffd, swapped)
UFFD_HOLDS(TOPIC_VARIANT, uffd, thp_pmd)
UFFD_HOLDS(TOPIC_VARIANT, uffd, thp_pte)

/* A userfaultfd that may write-protect the subject's memory. Return: descriptor or -errno. */
static int uffd_register(struct subject *subject)
{
	return trap_set(subject->memory.start, subject->memory.bytes, UFFDIO_REGISTER_MODE_WP);
}

static int uffd_protect(int uffd, struct subject *subject, size_t from, bool protect)
{
	return trap_protect(uffd, subject->memory.start + from, subject->memory.bytes - from,
			    protect);
}

/* TRACKING: bit 57 of pagemap is set on every sample if @set, and else on none. */
static void verdict_protected(struct subject *subject, bool set, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	size_t i;

	verdict_start(verdict, "TRACKING");
	for (i = 0; i < memory->samples; i++) {
		uint64_t entry = pagemap_entry(memory->pagemap,
					       memory_address(memory, memory->sample[i]));

		if (!!(entry & PAGEMAP_UFFD_WP) != set)
			verdict_broken(verdict, set ? "uffd-wp is clear" : "uffd-wp is set",
				       memory->sample[i]);
		if (!i)
			verdict_note(verdict, "page=%zu pfn=%" PRIx64, memory->sample[i],
				     pagemap_pfn(entry));
	}
	verdict_note(verdict, "uffd_wp=%d", set);
}

#define EXPECT_PROTECTED(subject, set)	EXPECT_VERDICT(verdict_protected, subject, set)

/* Protects the memory from @from on, removes the protection, and writes to all of the memory. */
static void toggle_protection(struct __test_metadata *_metadata, struct subject *subject,
			      size_t from)
{
	int uffd = uffd_register(subject);
	struct witness before;

	ASSERT_DONE(uffd);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(uffd_protect(uffd, subject, from, true));
	ASSERT_DONE(uffd_protect(uffd, subject, from, false));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
	close(uffd);
}

/* TRACKING. Protected pages have the mark, held or not, and lose it with the protection. */
SCENARIO(uffd, marked, .rows = "B10 R16", .needs = NEEDS_UFFD_WP | NEEDS_UFFD_WP_MARK)
{
	int uffd = uffd_register(subject);

	ASSERT_DONE(uffd);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PROTECTED(subject, false);
	ASSERT_DONE(uffd_protect(uffd, subject, 0, true));
	EXPECT_PROTECTED(subject, true);
	ASSERT_DONE(uffd_protect(uffd, subject, 0, false));
	EXPECT_PROTECTED(subject, false);
	close(uffd);
}

/* SYNC, REUSE. All of the memory. */
SCENARIO(uffd, toggled, .rows = "B10 B11 B12 B13 R16", .needs = NEEDS_UFFD_WP)
{
	toggle_protection(_metadata, subject, 0);
}

/* SYNC, REUSE. The second half of the memory: a PMD has to be split under the hold (B22). */
SCENARIO(uffd, second_half_toggled, .rows = "B10 B11 B12 B22 R16 R24", .needs = NEEDS_UFFD_WP)
{
	toggle_protection(_metadata, subject, memory_pages(&subject->memory) / 2 * PAGE_BYTES);
}

/* SYNC. The device writes to a page that the CPU may not write: without a fault, and in sync. */
SCENARIO(uffd, device_writes_protected, .rows = "B4 B11 B17 R16", .hold = HOLD_WRITE,
	 .needs = NEEDS_UFFD_WP)
{
	int uffd = uffd_register(subject);

	ASSERT_DONE(uffd);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(uffd_protect(uffd, subject, 0, true));
	EXPECT_SYNC(subject, BEFORE);
	ASSERT_DONE(uffd_protect(uffd, subject, 0, false));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	close(uffd);
}

PINCHECK_TEST_MAIN
