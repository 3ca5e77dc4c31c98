// SPDX-License-Identifier: GPL-2.0-only
/*
 * whitelist: which memory may be pinned, and how. A long-term pin for writing is given for
 * anonymous, shmem and hugetlb memory, and refused for files whose file system tracks dirtying
 * (Linux 6.5 and later); secret memory is always refused. GUP-fast and the slow path agree.
 *
 * The page of a MAP_PRIVATE mapping that was not written yet is the original. A long-term pin for
 * reading must get the process a copy at once: else the next write leaves the device with the
 * original (84209e87c696, Linux 6.2).
 */
#include "whitelist_suite.h"

TOPIC(whitelist)
FOR_EACH_PIN_ROW(TOPIC_VARIANT, whitelist, base)
FOR_EACH_PIN_ROW(TOPIC_VARIANT, whitelist, hugetlb)
FOR_EACH_PIN_ROW(TOPIC_VARIANT, whitelist, shmem_shared)
FOR_EACH_PIN_ROW(TOPIC_VARIANT, whitelist, shmem_private)
FOR_EACH_PIN_ROW(TOPIC_VARIANT, whitelist, ext4_shared)
FOR_EACH_PIN_ROW(TOPIC_VARIANT, whitelist, ext4_private)
FOR_EACH_PIN_ROW(TOPIC_VARIANT, whitelist, zero)
FOR_EACH_PIN_ROW(TOPIC_VARIANT, whitelist, secret)

/* WHITELIST: the pin is refused by EFAULT because of the file, and leaves no trace. */
static void verdict_pin_refused(struct subject *subject, struct verdict *verdict)
{
	struct hold *hold = &subject->hold;
	int error = subject_hold(subject);

	verdict_start(verdict, "WHITELIST");
	if (!error) {
		verdict_broken(verdict, "the pin was given", hold->first);
		verdict_note(verdict, "pages=%zu fast=%llu slow=%llu", hold->pages,
			     (unsigned long long)hold->fast_pages,
			     (unsigned long long)hold->slow_pages);
		return;
	}
	if (error != -EFAULT || hold->reason != PINCHECK_REASON_FILE)
		verdict_broken(verdict, "refused for another reason", hold->first);
	verdict_note(verdict, "error=\"%s\" reason=%s", strerror(-error),
		     pincheck_reason_name(hold->reason));
}

#define EXPECT_REFUSED(subject)		EXPECT_VERDICT(verdict_pin_refused, subject)

/* WHITELIST: the pin is given. Without it, the case has nothing more to look at. */
static void verdict_pin_given(struct subject *subject, struct verdict *verdict)
{
	struct hold *hold = &subject->hold;
	int error = subject_hold(subject);

	verdict_start(verdict, "WHITELIST");
	if (error) {
		verdict_broken(verdict, "the pin was refused", hold->first);
		verdict_note(verdict, "error=\"%s\" reason=%s", strerror(-error),
			     pincheck_reason_name(hold->reason));
		return;
	}
	verdict_note(verdict, "pages=%zu fast=%llu slow=%llu", hold->pages,
		     (unsigned long long)hold->fast_pages, (unsigned long long)hold->slow_pages);
}

#define ASSERT_GIVEN(subject) do {								\
	EXPECT_VERDICT(verdict_pin_given, subject);						\
	if (!(subject)->hold.taken)								\
		return;										\
} while (0)

/* WHITELIST, SYNC. Anonymous, shmem, hugetlb: any pin is given, and CPU and device agree. */
SCENARIO(whitelist, given, .rows = "B35 B39 B40",
	 .not_memory = MEMORY_TRACKED | MEMORY_SECRET | MEMORY_ORIGINAL)
{
	ASSERT_GIVEN(subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

/* WHITELIST. After writeback the file system would not notice the device's writes (B38). */
SCENARIO(whitelist, longterm_write_refused, .rows = "B5 B35 B38 B39 B40 R53",
	 .memory = MEMORY_TRACKED, .hold = HOLD_WRITE | HOLD_LONGTERM)
{
	EXPECT_REFUSED(subject);
	if (!subject->hold.taken)
		EXPECT_ACCURATE(subject);
}

/* WHITELIST, SYNC. Short pins, as of O_DIRECT, and pins for reading are given. */
SCENARIO(whitelist, short_given, .rows = "B35 B39", .memory = MEMORY_TRACKED,
	 .not_hold = HOLD_LONGTERM)
{
	ASSERT_GIVEN(subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

SCENARIO(whitelist, longterm_read_given, .rows = "B5 B39 R53", .memory = MEMORY_TRACKED,
	 .hold = HOLD_LONGTERM, .not_hold = HOLD_WRITE)
{
	ASSERT_GIVEN(subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

/* WHITELIST. Secret memory refuses every pin. */
SCENARIO(whitelist, secret_refused, .rows = "B50 R56", .memory = MEMORY_SECRET)
{
	EXPECT_REFUSED(subject);
}

/* SYNC, FILE. A long-term pin for reading: the process gets its copy now, and writes to it. */
SCENARIO(whitelist, original_longterm_read, .rows = "B3 B5 R23 R54", .memory = MEMORY_ORIGINAL,
	 .hold = HOLD_LONGTERM, .not_hold = HOLD_WRITE)
{
	ASSERT_GIVEN(subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ORIGINAL_UNTOUCHED(subject);
}

/*
 * ISOLATION, FILE. A short pin for reading may have the original, which does not change when the
 * process writes.
 */
SCENARIO(whitelist, original_short_read, .rows = "B3 R23 R55", .memory = MEMORY_ORIGINAL,
	 .not_hold = HOLD_WRITE | HOLD_LONGTERM)
{
	enum generation original = subject_is(subject, MEMORY_ZERO) ? GEN_UNKNOWN : BEFORE;

	ASSERT_GIVEN(subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_FOLLOWS_PAGE(subject, original, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
	EXPECT_ORIGINAL_UNTOUCHED(subject);
}

/* SYNC, FILE. A pin for writing: the copy is made first, and the original is never written. */
SCENARIO(whitelist, original_write, .rows = "B4 B5 R23 R55", .memory = MEMORY_ORIGINAL,
	 .hold = HOLD_WRITE)
{
	ASSERT_GIVEN(subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ORIGINAL_UNTOUCHED(subject);
	EXPECT_ACCURATE(subject);
}

PINCHECK_TEST_MAIN
