// SPDX-License-Identifier: GPL-2.0-only
/*
 * scattered: pages of one large folio of a file, mapped one by one and in another order, or one page
 * many times. Whoever holds them must not take one folio for consecutive memory: io_uring did so in
 * 6.3, and its buffer gave access to memory behind the page (CVE-2023-2598). Invariant: SYNC.
 */
#include "suite.h"
#include <sys/mman.h>
#include <unistd.h>
#include "file.h"

#define SCATTERED_HOLDS(X, topic, memory)							\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_lt_fast)	X(topic, memory, pin_rw_fast)			\
	X(topic, memory, pin_rw_lt_slow)	X(topic, memory, get_rw_fast)			\
	X(topic, memory, mirror_rw)		X(topic, memory, uring)

#define REPEATED_PAGES	16

static int open_huge(size_t bytes)
{
	(void)bytes;
	return file_make_huge();
}

static const struct file_kind file_huge = {
	.name = "tmpfs_huge", .open = open_huge,
	.whitelist = PINCHECK_WHITELIST_ALLOW, .reason = PINCHECK_WHITELIST_SHMEM,
};

/* Maps page @index of the file at page @at of the memory. Return: 0 or a negative errno. */
static int map_one_page(struct memory *memory, size_t at, size_t index)
{
	return mmap(memory_address(memory, at), PAGE_BYTES, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, memory->file, (off_t)(index * PAGE_BYTES)) == MAP_FAILED ?
	       -errno : 0;
}

/*
 * In each of these orders the pages that a wrong holder takes, which follow the first one, are in the
 * folio, too: the case is red, and the memory behind the folio stays as it is.
 */
#define FIRST_INDEX	8

static int populate_reversed(struct memory *memory)
{
	int error = 0;

	for (size_t i = 0; i < memory_pages(memory) && !error; i++)
		error = map_one_page(memory, i, FIRST_INDEX - i);
	return error ? error : memory_populate(memory);
}

/* A page of the middle, then the first pages of the folio. */
static int populate_jumping(struct memory *memory)
{
	int error = 0;

	for (size_t i = 0; i < memory_pages(memory) && !error; i++)
		error = map_one_page(memory, i, i ? i - 1 : FIRST_INDEX);
	return error ? error : memory_populate(memory);
}

static int populate_repeated(struct memory *memory)
{
	int error = 0;

	for (size_t i = 0; i < memory_pages(memory) && !error; i++)
		error = map_one_page(memory, i, 1);
	memory_read_samples(memory);
	return error;
}

static const char *check_scattered(struct memory *memory)
{
	struct pincheck_report report;

	for (size_t i = 0; i < memory->samples; i++) {
		__u64 pfn = memory_pfn(memory, memory->sample[i]);

		if (!pfn || page_reports(memory->session, &pfn, 1, &report))
			return "is not present";
		if (!(report.flags & PINCHECK_PAGE_SHMEM) || PAGE_BYTES << report.order != PMD_BYTES)
			return "is no part of a huge page of shmem";
	}
	return NULL;
}

#define SCATTERED_KIND(kind_name, count, more)							\
	static const struct memory_kind memory_##kind_name = {					\
		.name = #kind_name, .pages = count, .flags = MAP_SHARED,			\
		.traits = MEMORY_SHMEM | (more), .needs = NEEDS_SHMEM | NEEDS_THP,		\
		.file = &file_huge, .populate = populate_##kind_name, .check = check_scattered,	\
	}

SCATTERED_KIND(reversed, SAMPLES, 0);
SCATTERED_KIND(jumping, SAMPLES, 0);
SCATTERED_KIND(repeated, REPEATED_PAGES, MEMORY_MANY);

TOPIC(scattered)
SCATTERED_HOLDS(TOPIC_VARIANT, scattered, reversed)
SCATTERED_HOLDS(TOPIC_VARIANT, scattered, jumping)
SCATTERED_HOLDS(TOPIC_VARIANT, scattered, repeated)

/* SYNC. At each address the device has the page that the process has there. */
SCENARIO(scattered, both_ways, .rows = "B3 B4 R57", .event = "write", .not_memory = MEMORY_MANY)
{
	ASSERT_DONE(subject_hold(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* SYNC: what the device reads, and writes if it may, at each of the addresses is the one page. */
static void verdict_one_page(struct subject *subject, struct verdict *verdict)
{
	bool writes = subject_holds(subject, HOLD_WRITE);
	const struct memory *memory = &subject->memory;
	const struct hold_ops *ops = subject->hold.kind->ops;
	volatile uint64_t *word = (uint64_t *)(memory->start + 64);
	uint64_t seen, mine;
	int error = 0;

	verdict_start(verdict, "SYNC");
	for (size_t i = 0; i < memory_pages(memory) && !error && verdict->kept; i++) {
		size_t offset = i * PAGE_BYTES + 64;

		*word = mine = memory->nonce + 2 * i;
		error = ops->device_read(&subject->hold, offset, &seen, sizeof(seen));
		if (!error && seen != mine)
			verdict_broken(verdict, "the device reads another page", i);
		mine++;
		if (!error && writes)
			error = ops->device_write(&subject->hold, offset, &mine, sizeof(mine));
		if (!error && writes && *word != mine)
			verdict_broken(verdict, "the device writes to another page", i);
	}
	if (error)
		return verdict_failed(verdict, "the device cannot read or write", error);
	verdict_note(verdict, "pages=%zu pfn=%lx written=%d", memory_pages(memory),
		     (unsigned long)memory_pfn(memory, 0), writes);
}

/* SYNC. One page is mapped at all addresses. */
SCENARIO(scattered, one_page, .rows = "B3 B4 R57", .event = "write", .memory = MEMORY_MANY,
	 .not_hold = HOLD_NONE)
{
	ASSERT_DONE(subject_hold(subject));
	EXPECT_VERDICT(verdict_one_page, subject);
}

PINCHECK_TEST_MAIN
