// SPDX-License-Identifier: GPL-2.0-only
/*
 * ro_pin: a pin for reading must see what the process writes later. GUP has to unshare a page that
 * COW shares before it pins (Linux 5.19: a7f226604170, c89357e27f20): else the next write moves the
 * process away from the pin (R22). A plain reference is promised no such thing.
 */
#include "suite.h"
#include <sys/mman.h>
#include "counts.h"

#define RO_PIN_HOLDS(X, topic, memory)								\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_ro_slow)			\
	X(topic, memory, pin_ro_lt_fast)	X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_ro_slow)

TOPIC(ro_pin)
FOR_EACH_MEMORY(RO_PIN_HOLDS, TOPIC_VARIANT, ro_pin)

static int protect_memory(struct subject *subject, int protection)
{
	return mprotect(subject->memory.start, subject->memory.bytes, protection) ? -errno : 0;
}

/*
 * Makes pages exclusive and write-protected. mprotect alone would undo its own protection, and
 * clear_refs alone leaves pinned pages writable.
 */
static int protect_exclusive(struct subject *subject)
{
	int error = protect_memory(subject, PROT_READ);

	if (!error)
		error = memory_clear_refs();
	return error ? error : protect_memory(subject, PROT_READ | PROT_WRITE);
}

/* SYNC, ISOLATION. A living child shares the page: GUP-fast must refuse, the slow path copies. */
SCENARIO(ro_pin, shared_parent_writes, .rows = "B3 B5 R22", .event = "fork", .hold = HOLD_PIN)
{
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_SHARES(subject, 0);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_SHARED);
	EXPECT_CHILD_APART(subject, 0);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_ACCURATE(subject);
}

/* SYNC, ISOLATION. The child writes first: the device must not see that write. */
SCENARIO(ro_pin, shared_child_writes, .rows = "B3 B6 R22", .event = "fork", .hold = HOLD_PIN)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_SHARED);
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_SYNC(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
}

/* SYNC. The child exits between pin and write: the page stays the parent's. */
SCENARIO(ro_pin, shared_child_exits, .rows = "B3 R22", .event = "fork", .hold = HOLD_PIN)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_SHARED);
	ASSERT_DONE(child_end(&subject->child));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/* SYNC, ISOLATION. Three processes share the page; one of them pins it. */
SCENARIO(ro_pin, shared_with_grandchild, .rows = "B3 R22", .event = "fork", .hold = HOLD_PIN)
{
	ASSERT_DONE(subject_fork(subject, 2));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_SHARED);
	EXPECT_CHILD_APART(subject, 0);
	EXPECT_CHILD_APART(subject, 1);
	memory_fill(&subject->memory, AFTER);
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_SYNC(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 1, BEFORE);
}

/*
 * SYNC. The page was shared, and has one user now. It is not marked exclusive, so GUP-fast refuses,
 * and the slow path finds out.
 */
SCENARIO(ro_pin, previously_shared, .rows = "B3 B5 R22", .event = "fork", .hold = HOLD_PIN)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_end(&subject->child));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_SHARED);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * SYNC. Three processes mapped the folio, and one does still. With CONFIG_NO_PAGE_MAPCOUNT (6.15) the
 * kernel may believe for ever that others map the folio, too: then the pin costs a copy, and the device
 * must have the copy.
 */
SCENARIO(ro_pin, previously_shared_by_many, .rows = "B3 R62", .event = "fork", .hold = HOLD_PIN,
	 .memory = MEMORY_LARGE, .not_memory = MEMORY_PMD)
{
	struct witness now;

	ASSERT_DONE(subject_fork(subject, 2));
	ASSERT_DONE(child_end(&subject->child));
	ASSERT_DONE(witness_take(subject, &now));
	evidence("pfn=%lx mapped_shared_known=%d mapped_shared=%d", (unsigned long)now.mapped[0],
		 !!(now.report[0].flags_known & PINCHECK_PAGE_MAPPED_SHARED),
		 !!(now.report[0].flags & PINCHECK_PAGE_MAPPED_SHARED));
	ASSERT_DONE(subject_hold(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/* REUSE. Pinning such a page must not cost a copy either. */
SCENARIO(ro_pin, previously_shared_stays, .rows = "B12 R22 R24 R61", .event = "fork",
	 .hold = HOLD_PIN)
{
	struct witness before;

	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_end(&subject->child));
	/* A reference of another CPU's LRU batch would make the kernel copy. */
	ASSERT_DONE(usermem_drain_lru());
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_SAME_PAGE(subject, &before);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
}

/* SYNC, REUSE. The page is exclusive but write-protected: GUP-fast may pin it without unsharing. */
SCENARIO(ro_pin, exclusive_protected, .rows = "B3 B12 R22", .event = "mprotect")
{
	struct witness before;

	ASSERT_DONE(protect_exclusive(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_PROTECTED);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/* SYNC. The page is pinned while writable, then protected and made writable again. */
SCENARIO(ro_pin, protected_while_pinned, .rows = "B3 B12 R20", .event = "mprotect")
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, subject_mapped(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(protect_exclusive(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/* ACCURACY. Unsharing marks the page exclusive: GUP-fast gives the second pin. */
SCENARIO(ro_pin, second_pin_is_fast, .rows = "B5 B14 R22", .event = "fork", .hold = HOLD_PIN)
{
	size_t pages = memory_pages(&subject->memory);
	struct hold second = { 0 };

	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_SHARED);
	ASSERT_DONE(hold_take(&second, &hold_pin_ro_lt_fast, &subject->memory, 0, pages));
	evidence("pin=2 fast=%llu slow=%llu", (unsigned long long)second.fast_pages,
		 (unsigned long long)second.slow_pages);
	EXPECT_EQ(pages, second.fast_pages);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	ASSERT_DONE(hold_release(&second));
}

/* ACCURACY. Unsharing sets the mark itself. */
SCENARIO(ro_pin, unshare_marks_exclusive, .rows = "B14 R22", .event = "fork", .hold = HOLD_PIN,
	 .needs = NEEDS_ANON_EXCLUSIVE)
{
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_EXCLUSIVE(subject, false);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_EXCLUSIVE(subject, true);
	EXPECT_MAPCOUNT(subject, 1);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

/* SYNC. A pin unshares pages of a read-only mapping, too: the mapping may become writable later. */
SCENARIO(ro_pin, shared_in_read_only_mapping, .rows = "B3 B5 R22", .event = "fork",
	 .hold = HOLD_PIN)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(protect_memory(subject, PROT_READ));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_SHARED);
	EXPECT_CHILD_APART(subject, 0);
	ASSERT_DONE(protect_memory(subject, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

/* SYNC. The pin unshared the page, and then the process forks again: now fork sees the pin. */
SCENARIO(ro_pin, forked_again, .rows = "B3 B10 R22 R28 R29 R30", .event = "fork", .hold = HOLD_PIN)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(child_end(&subject->child));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_APART(subject, 0);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

/*
 * SYNC. The first page was left out of the fork and is exclusive; the others are shared. GUP-fast
 * must stop at the first shared page.
 */
SCENARIO(ro_pin, partly_shared, .rows = "B3 R22 B46", .event = "fork",
	 .hold = HOLD_PIN, .not_memory = MEMORY_PMD)
{
	struct hold *hold = &subject->hold;
	char *start = subject->memory.start;

	ASSERT_DONE(madvise(start, PAGE_BYTES, MADV_DONTFORK) ? -errno : 0);
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(madvise(start, PAGE_BYTES, MADV_DOFORK) ? -errno : 0);
	ASSERT_DONE(subject_hold(subject));
	evidence("pages=%zu fast=%llu slow=%llu", hold->pages,
		 (unsigned long long)hold->fast_pages, (unsigned long long)hold->slow_pages);
	EXPECT_EQ(subject_holds(subject, HOLD_FAST) ? 1 : 0, hold->fast_pages);
	EXPECT_EQ(hold->pages, hold->fast_pages + hold->slow_pages);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * ISOLATION. The contrast: a plain reference takes a shared page as it is. The parent's write
 * leaves that page to the child, and the device goes on seeing the old bytes.
 */
SCENARIO(ro_pin, plain_reference_does_not_unshare, .rows = "B2 B3 B6", .event = "fork",
	 .hold = HOLD_GET)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_SHARED);
	EXPECT_CHILD_SHARES(subject, 0);
	memory_fill(&subject->memory, AFTER);
	EXPECT_DEVICE_SEES(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

/* ISOLATION. When the child writes to that page, the child gets a new one, not the device. */
SCENARIO(ro_pin, plain_reference_child_writes, .rows = "B2 B6 R2 R4", .event = "fork",
	 .hold = HOLD_GET)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(subject_hold(subject));
	memory_fill(&subject->memory, AFTER);
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_DEVICE_SEES(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

PINCHECK_TEST_MAIN
