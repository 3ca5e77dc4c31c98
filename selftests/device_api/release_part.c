// SPDX-License-Identifier: GPL-2.0-only
/*
 * release_part: RELEASE of some pages of a hold. All counts of the pages that are given back return
 * to their old values, wherever the pages lie in a folio; the other pages are unchanged.
 * Invariants: ACCURACY, CLEAN.
 */
#include "suite.h"
#include "counts.h"
#include "pin_accounting.h"

#define PART_HOLDS(X, topic, memory)								\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_rw_slow)			\
	X(topic, memory, pin_rw_lt_fast)							\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_slow)

TOPIC(release_part)
PART_HOLDS(TOPIC_VARIANT, release_part, base)
PART_HOLDS(TOPIC_VARIANT, release_part, thp_pmd)
PART_HOLDS(TOPIC_VARIANT, release_part, thp_pte)
PART_HOLDS(TOPIC_VARIANT, release_part, hugetlb)

/**
 * struct parts - a hold of the whole memory, and the parts of it that were given back
 * @before: counts before the hold
 * @gone: samples that were given back
 * @left: base pages still held
 */
struct parts {
	struct counts before;
	bool gone[SAMPLES];
	size_t left;
};

static int take_whole(struct subject *subject, struct parts *parts)
{
	int error;

	*parts = (struct parts) { .left = memory_pages(&subject->memory) };
	error = counts_take(subject, &parts->before);
	return error ? error : subject_hold(subject);
}

static long give_back(struct subject *subject, struct parts *parts, size_t first, size_t count)
{
	const struct memory *memory = &subject->memory;
	long given = pincheck_release_part(memory->session, subject->hold.id, 0, first, count);

	if (given < 0)
		return given;
	parts->left -= given;
	for (size_t i = 0; i < memory->samples; i++)
		parts->gone[i] |= !count || memory->sample[i] - first < count;
	return given;
}

/* Tells the frame that no hold is left: it would give back the whole and compare the pages. */
static long give_back_rest(struct subject *subject, struct parts *parts)
{
	subject->hold.taken = false;
	return give_back(subject, parts, 0, 0);
}

static bool pages_agree(struct subject *subject, const struct parts *parts, size_t i)
{
	struct pincheck_page page;

	if (pincheck_pages(subject->memory.session, subject->hold.id, subject->memory.sample[i], 1,
			   &page))
		return false;
	if (parts->gone[i])
		return !page.pfn && page.mapped == PINCHECK_MAPPED_RELEASED;
	return page.pfn == parts->before.pfn[i] && page.mapped == PINCHECK_MAPPED_SAME;
}

static bool io_agrees(struct subject *subject, const struct parts *parts, size_t i)
{
	unsigned char byte;
	ssize_t done = pincheck_read(subject->memory.session, subject->hold.id,
				     subject->memory.sample[i] * PAGE_BYTES, &byte, 1);

	return done == (parts->gone[i] ? -ENODATA : 1);
}

static bool counts_agree(struct subject *subject, const struct parts *parts, size_t i,
			 const struct pincheck_report *now)
{
	const struct pincheck_report *old = &parts->before.report[i];
	size_t held = old->order ? parts->left : !parts->gone[i];
	struct change expected = { 0 };

	if (held)
		expected = change_by_hold(subject->product->hold, held, 1, old);
	return now->refcount - old->refcount == expected.references &&
	       now->pins - old->pins == expected.pins;
}

static bool ledger_agrees(struct subject *subject, const struct parts *parts, size_t i,
			  const struct pincheck_report *now)
{
	unsigned int mine = !parts->gone[i], all = now->order ? parts->left : mine;

	if (subject_holds(subject, HOLD_GET))
		return now->gets == mine && now->folio_gets == all && !now->folio_pins;
	return now->read_pins + now->write_pins == mine && now->folio_pins == all &&
	       !now->folio_gets;
}

static bool charge_agrees(struct subject *subject, const struct parts *parts)
{
	struct pincheck_info info;

	return !pincheck_info(subject->memory.session, &info) &&
	       info.session_pages == parts->left &&
	       vm_pin_kib() == (long)(parts->left * PAGE_BYTES / 1024);
}

/* ACCURACY: page, ledger and PAGES agree for each sample on whether it was given back. */
static void verdict_parts(struct subject *subject, const struct parts *parts,
			  struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct pincheck_report report[SAMPLES];
	int error = usermem_drain_lru();

	verdict_start(verdict, "ACCURACY");
	if (!error)
		error = pincheck_report_ledger(memory->session, parts->before.pfn, memory->samples,
					       report);
	if (error)
		return verdict_failed(verdict, "no report", error);
	verdict_note(verdict, "left=%zu pages=%zu", parts->left, memory_pages(memory));
	for (size_t i = 0; i < memory->samples; i++) {
		size_t page = memory->sample[i];

		verdict_note(verdict, "page=%zu gone=%d ref=%d pins=%d", page, parts->gone[i],
			     report[i].refcount, report[i].pins);
		if (subject->hold.taken && !pages_agree(subject, parts, i))
			verdict_broken(verdict, "PAGES says otherwise", page);
		if (subject->hold.taken && !io_agrees(subject, parts, i))
			verdict_broken(verdict, "IO does otherwise", page);
		if (!counts_agree(subject, parts, i, &report[i]))
			verdict_broken(verdict, "the kernel counts otherwise", page);
		if (!ledger_agrees(subject, parts, i, &report[i]))
			verdict_broken(verdict, "the ledger counts otherwise", page);
	}
	if (!charge_agrees(subject, parts))
		verdict_broken(verdict, "INFO or VmPin counts otherwise", 0);
}

#define EXPECT_PARTS(subject, parts)	EXPECT_VERDICT(verdict_parts, subject, parts)

/* ACCURACY. The first, a middle and the last page, each alone and of a new hold. */
SCENARIO(release_part, one_page, .rows = "B14")
{
	size_t pages = memory_pages(&subject->memory);
	struct parts parts;

	for (size_t i = 0; i < subject->memory.samples; i++) {
		size_t page = subject->memory.sample[i];

		ASSERT_DONE(take_whole(subject, &parts));
		EXPECT_EQ(1, give_back(subject, &parts, page, 1));
		EXPECT_PARTS(subject, &parts);
		EXPECT_EQ((long)pages - 1, give_back_rest(subject, &parts));
		EXPECT_PARTS(subject, &parts);
	}
}

/* A page cannot be given back twice, and the attempt changes nothing. */
SCENARIO(release_part, only_once, .rows = "B14")
{
	size_t pages = memory_pages(&subject->memory), middle = subject->memory.sample[1];
	struct parts parts;

	ASSERT_DONE(take_whole(subject, &parts));
	EXPECT_EQ(1, give_back(subject, &parts, middle, 1));
	EXPECT_EQ(-ENOENT, give_back(subject, &parts, middle, 1));
	EXPECT_EQ(-ENOENT, give_back(subject, &parts, middle - 1, 2));
	EXPECT_EQ(-ENOENT, give_back(subject, &parts, middle, 2));
	EXPECT_EQ(-ENOENT, give_back(subject, &parts, 0, pages));
	EXPECT_PARTS(subject, &parts);
	EXPECT_EQ((long)pages - 1, give_back_rest(subject, &parts));
	EXPECT_EQ(-ENOENT, give_back(subject, &parts, middle, 1));
	EXPECT_PARTS(subject, &parts);
}

/* Every second page, then the others; the hold ends with the last page. */
SCENARIO(release_part, page_by_page, .rows = "B14")
{
	size_t pages = memory_pages(&subject->memory), given = 0, page;
	struct parts parts;

	ASSERT_DONE(take_whole(subject, &parts));
	for (page = 0; page < pages; page += 2)
		given += give_back(subject, &parts, page, 1) == 1;
	EXPECT_EQ((pages + 1) / 2, given);
	EXPECT_PARTS(subject, &parts);
	for (page = 1; page < pages; page += 2)
		given += give_back(subject, &parts, page, 1) == 1;
	EXPECT_EQ(pages, given);
	subject->hold.taken = false;
	EXPECT_EQ(-ENOENT, pincheck_release(subject->memory.session, subject->hold.id));
	EXPECT_PARTS(subject, &parts);
}

/* One call gives back the rest of a hold with holes; close() gives back the rest of a session. */
SCENARIO(release_part, rest_of_holes, .rows = "B14")
{
	size_t pages = memory_pages(&subject->memory);
	struct parts parts;

	ASSERT_DONE(take_whole(subject, &parts));
	for (size_t page = 0; page < pages; page += 2)
		EXPECT_EQ(1, give_back(subject, &parts, page, 1));
	EXPECT_EQ((long)pages / 2, give_back_rest(subject, &parts));
	EXPECT_PARTS(subject, &parts);
	ASSERT_DONE(take_whole(subject, &parts));
	EXPECT_EQ(1, give_back(subject, &parts, pages / 2, 1));
	subject->hold.taken = false;
	parts.left = 0;
	memset(parts.gone, true, sizeof(parts.gone));
	close(subject->memory.session);
	subject->memory.session = pincheck_open();
	EXPECT_PARTS(subject, &parts);
}

/* The generation that the device reads in the CPU area of sample @i. */
static enum generation device_generation(struct subject *subject, size_t i)
{
	const struct memory *memory = &subject->memory;
	uint64_t words[AREA_WORDS] = { 0 };

	if (pincheck_read(memory->session, subject->hold.id, area_offset(memory, CPU_AREA, i),
			  words, sizeof(words)) != sizeof(words))
		return GEN_UNKNOWN;
	return pattern_generation(memory, CPU_AREA, i, words);
}

/* SYNC. The rest of a hold keeps SYNC across the events that its kind is promised. */
SCENARIO(release_part, rest_keeps_sync, .rows = "B10 B11 R28 R29 R30",
	 .hold = HOLD_PIN | HOLD_WRITE)
{
	size_t pages = memory_pages(&subject->memory), half = pages / 2;
	struct parts parts;

	ASSERT_DONE(take_whole(subject, &parts));
	EXPECT_EQ((long)half, give_back(subject, &parts, 0, half));
	EXPECT_PARTS(subject, &parts);
	ASSERT_DONE(subject_fork(subject, 1));
	memory_fill(&subject->memory, AFTER);
	for (size_t i = 0; i < subject->memory.samples; i++) {
		EXPECT_TRUE(pages_agree(subject, &parts, i)) {
			TH_LOG("SYNC: page %zu is another now", subject->memory.sample[i]);
		}
		EXPECT_EQ(parts.gone[i] ? GEN_UNKNOWN : AFTER, device_generation(subject, i));
	}
	ASSERT_DONE(child_end(&subject->child));
	EXPECT_EQ((long)(pages - half), give_back_rest(subject, &parts));
}

PINCHECK_TEST_MAIN
