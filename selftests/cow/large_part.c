// SPDX-License-Identifier: GPL-2.0-only
/*
 * large_part: a large folio in parts. The kernel works on batches of a folio's pages, and a batch ends
 * where the pages differ: some are pinned, and one stretch is unmapped, read-only, marked clean,
 * shared with a child, or swapped out. Whatever happens then, SYNC for the pages that are held, and
 * each other page keeps the bytes that were written last.
 */
#include "suite.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "../../tools/lib/vmstat.h"
#include "collapse.h"
#include "knob_journal.h"
#include "stage.h"

#define HOLDS		5
#define ONLOOKERS	2
#define CPU_WORD	64	/* offsets in a page */
#define DEVICE_WORD	2048

/** struct onlooker - a child that remembers what it saw when it was forked */
struct onlooker {
	pid_t pid;
	int ask;
};

/** struct part_hold - pages that are held */
struct part_hold {
	struct hold_row row;
	size_t first, count;
	__u32 id;
};

FIXTURE(large_part)
{
	struct stage stage;
	struct usermem user;
	size_t pages;
	/* The stretch that differs from the rest */
	size_t odd, odd_end;
	uint64_t *expected;
	bool *read_only, *gone;
	char **address;
	struct part_hold holds[HOLDS];
	size_t held;
	struct onlooker onlookers[ONLOOKERS];
	size_t looking;
	uint64_t generation;
};

FIXTURE_VARIANT(large_part)
{
	enum usermem_row row;
	requirement_set needs;
	int (*make_odd)(FIXTURE_DATA(large_part) *self);
};

static volatile uint64_t *word_at(FIXTURE_DATA(large_part) *self, size_t page, size_t offset)
{
	return (volatile uint64_t *)(self->address[page] + offset);
}

/* The CPU writes to each page that it may write to, every @step-th from @first on. */
static void write_pages(FIXTURE_DATA(large_part) *self, size_t first, size_t step)
{
	self->generation++;
	for (size_t page = first; page < self->pages; page += step) {
		if (self->read_only[page] || self->gone[page])
			continue;
		self->expected[page] = self->generation << 32 | (page + 1);
		*word_at(self, page, CPU_WORD) = self->expected[page];
	}
}

/* Return: pages that differ from what was written last */
static size_t count_wrong(FIXTURE_DATA(large_part) *self)
{
	size_t wrong = 0;

	for (size_t page = 0; page < self->pages; page++)
		if (!self->gone[page] && *word_at(self, page, CPU_WORD) != self->expected[page])
			wrong++;
	return wrong;
}

/* Forks a child that is asked later whether it still sees what it sees now. Return: 0 or -errno */
static int fork_onlooker(FIXTURE_DATA(large_part) *self)
{
	struct onlooker *onlooker = &self->onlookers[self->looking];
	int ask[2];
	char go;

	if (pipe2(ask, O_CLOEXEC))
		return -errno;
	onlooker->pid = fork();
	if (!onlooker->pid) {
		close(ask[1]);
		_exit(read(ask[0], &go, 1) != 1 || count_wrong(self));
	}
	close(ask[0]);
	onlooker->ask = ask[1];
	if (onlooker->pid < 0)
		return -errno;
	self->looking++;
	return 0;
}

/* Return: did the child see nothing of the writes since? The child ends. */
static bool onlooker_agrees(struct onlooker *onlooker)
{
	int status = -1;

	if (write(onlooker->ask, "", 1) != 1)
		kill(onlooker->pid, SIGKILL);
	close(onlooker->ask);
	waitpid(onlooker->pid, &status, 0);
	return !status;
}

static char *odd_start(FIXTURE_DATA(large_part) *self)
{
	return self->address[self->odd];
}

static size_t odd_bytes(FIXTURE_DATA(large_part) *self)
{
	return (self->odd_end - self->odd) * PAGE_BYTES;
}

static int make_none(FIXTURE_DATA(large_part) *self)
{
	(void)self;
	return 0;
}

/* What is not there reads as zeros. */
static int make_unmapped(FIXTURE_DATA(large_part) *self)
{
	if (madvise(odd_start(self), odd_bytes(self), MADV_DONTNEED))
		return -errno;
	for (size_t page = self->odd; page < self->odd_end; page++)
		self->expected[page] = 0;
	return 0;
}

static int protect_odd(FIXTURE_DATA(large_part) *self)
{
	for (size_t page = self->odd; page < self->odd_end; page++)
		self->read_only[page] = true;
	return mprotect(odd_start(self), odd_bytes(self), PROT_READ) ? -errno : 0;
}

/* Every third page is written again, and so it is soft-dirty and writable. */
static int make_marked(FIXTURE_DATA(large_part) *self)
{
	int error = memory_clear_refs();

	if (!error)
		write_pages(self, 0, 3);
	return error;
}

/* Every fourth page is written again, and so it is of this process alone. */
static int make_shared(FIXTURE_DATA(large_part) *self)
{
	int error = fork_onlooker(self);

	if (!error)
		write_pages(self, 0, 4);
	return error;
}

/* One half of the stretch comes back. Reclaim may refuse. */
static int make_swapped(FIXTURE_DATA(large_part) *self)
{
	size_t half = odd_bytes(self) / 2;
	int error = usermem_try_page_out(odd_start(self), odd_bytes(self));

	if (!error)
		usermem_read_all(odd_start(self) + half, half);
	return error;
}

#define PART_VARIANTS(kind, row_, needs_)							\
	FIXTURE_VARIANT_ADD(large_part, kind##_whole) {						\
		.row = row_, .needs = needs_, .make_odd = make_none };				\
	FIXTURE_VARIANT_ADD(large_part, kind##_unmapped) {					\
		.row = row_, .needs = needs_, .make_odd = make_unmapped };			\
	FIXTURE_VARIANT_ADD(large_part, kind##_read_only) {					\
		.row = row_, .needs = needs_, .make_odd = protect_odd };			\
	FIXTURE_VARIANT_ADD(large_part, kind##_marked) {					\
		.row = row_, .needs = needs_ | NEEDS_SOFT_DIRTY, .make_odd = make_marked };	\
	FIXTURE_VARIANT_ADD(large_part, kind##_shared) {					\
		.row = row_, .needs = needs_, .make_odd = make_shared };			\
	FIXTURE_VARIANT_ADD(large_part, kind##_swapped) {					\
		.row = row_, .needs = needs_ | NEEDS_SWAP, .make_odd = make_swapped }

PART_VARIANTS(thp, USERMEM_THP, NEEDS_THP);
PART_VARIANTS(mthp, USERMEM_MTHP, NEEDS_MTHP);

SUITE_FACTS(large_part)
{
	facts->memory = name;
}

/* Return: 0 or -errno; folios of some sizes are off unless somebody wants them */
static int open_memory(FIXTURE_DATA(large_part) *self, enum usermem_row row)
{
	const struct usermem_kind *kind = &usermem_kinds[row];
	unsigned int mark = knob_mark();
	int error = knob_change(kind->setting(), "madvise"), back;

	self->user.session = self->stage.session;
	if (!error)
		error = usermem_open(&self->user, kind, 0);
	back = knob_restore(mark);
	return error ? error : back;
}

static int make_tables(FIXTURE_DATA(large_part) *self)
{
	self->pages = self->user.bytes / PAGE_BYTES;
	self->odd = self->pages / 4;
	self->odd_end = self->odd + self->pages / 8;
	self->expected = calloc(self->pages, sizeof(*self->expected));
	self->read_only = calloc(self->pages, sizeof(*self->read_only));
	self->gone = calloc(self->pages, sizeof(*self->gone));
	self->address = calloc(self->pages, sizeof(*self->address));
	if (!self->expected || !self->read_only || !self->gone || !self->address)
		return -ENOMEM;
	for (size_t page = 0; page < self->pages; page++)
		self->address[page] = self->user.start + page * PAGE_BYTES;
	return 0;
}

static int take_pages(FIXTURE_DATA(large_part) *self, struct hold_row row, size_t first,
		      size_t count)
{
	struct part_hold *hold = &self->holds[self->held];
	int error = stage_hold(&self->stage, row, self->address[first], count * PAGE_BYTES);

	*hold = (struct part_hold){ row, first, count, self->stage.hold.hold };
	if (!error)
		self->held++;
	return error;
}

/* The first pages, the last, those on either side of the odd stretch, and one in it. */
static int hold_parts(FIXTURE_DATA(large_part) *self)
{
	const struct hold_row write_row = STAGE_ROW(PIN, FAST, HOLD_RW);
	const struct hold_row read_row = STAGE_ROW(PIN, FAST, HOLD_LT);
	int error = take_pages(self, write_row, 0, 2);

	if (!error)
		error = take_pages(self, write_row, self->odd - 1, 1);
	if (!error)
		error = take_pages(self, write_row, self->odd_end, 1);
	if (!error)
		error = take_pages(self, read_row, self->pages - 1, 1);
	/* What is not there has no page that could be held and kept. */
	if (!error && self->expected[self->odd + 1])
		error = take_pages(self, read_row, self->odd + 1, 1);
	return error;
}

FIXTURE_SETUP(large_part)
{
	char why[WHY];

	self->user.pagemap = -1;
	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
	SUITE_NEEDS(variant->needs);
	ASSERT_DONE(open_memory(self, variant->row));
	ASSERT_DONE(make_tables(self));
	write_pages(self, 0, 1);
	ASSERT_DONE(variant->make_odd(self));
	ASSERT_DONE(hold_parts(self));
}

static void release_holds(FIXTURE_DATA(large_part) *self)
{
	while (self->held)
		pincheck_release(self->stage.session, self->holds[--self->held].id);
}

FIXTURE_TEARDOWN(large_part)
{
	while (self->looking)
		onlooker_agrees(&self->onlookers[--self->looking]);
	release_holds(self);
	if (self->user.pagemap >= 0)
		usermem_close(&self->user);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* Return: what is wrong with page @index of @hold, or NULL */
static const char *judge_held(FIXTURE_DATA(large_part) *self, const struct part_hold *hold,
			      size_t index)
{
	const size_t page = hold->first + index, at = index * PAGE_BYTES;
	const int session = self->stage.session;
	const uint64_t devices = self->generation << 48 | page;
	struct pincheck_page held;
	uint64_t seen = 0;

	if (pincheck_read(session, hold->id, at + CPU_WORD, &seen, sizeof(seen)) != sizeof(seen) ||
	    pincheck_pages(session, hold->id, index, 1, &held))
		return "the device cannot read";
	if (seen != self->expected[page])
		return "the device does not see what the CPU wrote";
	if (self->gone[page])
		return NULL;
	if (held.pfn != stage_pfn(self->address[page]))
		return "another page is mapped than the device holds";
	if (!(hold->row.flags & PINCHECK_HOLD_WRITE))
		return NULL;
	if (pincheck_write(session, hold->id, at + DEVICE_WORD, &devices, sizeof(devices)) !=
	    sizeof(devices))
		return "the device cannot write";
	return *word_at(self, page, DEVICE_WORD) == devices ? NULL :
	       "the CPU does not see what the device wrote";
}

static void verdict_held(FIXTURE_DATA(large_part) *self, struct verdict *verdict)
{
	size_t pages = 0;

	verdict_start(verdict, "SYNC");
	for (size_t i = 0; i < self->held; i++) {
		const struct part_hold *hold = &self->holds[i];

		for (size_t index = 0; index < hold->count; index++, pages++) {
			const char *wrong = judge_held(self, hold, index);

			if (wrong)
				verdict_broken(verdict, wrong, hold->first + index);
		}
	}
	verdict_note(verdict, "held_pages=%zu folio_pages=%zu", pages, self->pages);
}

static void verdict_others(FIXTURE_DATA(large_part) *self, struct verdict *verdict)
{
	size_t wrong = count_wrong(self), page = 0;

	verdict_start(verdict, "ISOLATION");
	while (wrong && (self->gone[page] ||
			 *word_at(self, page, CPU_WORD) == self->expected[page]))
		page++;
	if (wrong)
		verdict_broken(verdict, "a page does not have what was written last", page);
	verdict_note(verdict, "wrong_pages=%zu folio_pages=%zu", wrong, self->pages);
}

static void verdict_onlookers(FIXTURE_DATA(large_part) *self, struct verdict *verdict)
{
	const size_t onlookers = self->looking;

	verdict_start(verdict, "ISOLATION");
	while (self->looking)
		if (!onlooker_agrees(&self->onlookers[--self->looking]))
			verdict_broken(verdict, "a child sees what was written after the fork", 0);
	verdict_note(verdict, "children=%zu", onlookers);
}

/* What holds after each event: before the next write, and after it. */
#define EXPECT_PARTS(self) do {									\
	EXPECT_VERDICT(verdict_others, self);							\
	EXPECT_VERDICT(verdict_held, self);							\
	write_pages(self, 0, 1);								\
	EXPECT_VERDICT(verdict_others, self);							\
	EXPECT_VERDICT(verdict_held, self);							\
	EXPECT_VERDICT(verdict_onlookers, self);						\
} while (0)

/* The control: with no event, the odd stretch alone breaks nothing. */
CASE(large_part, nothing_happens, .rows = "B10 B26 R24", .event = "none")
{
	EXPECT_PARTS(self);
}

/* fork copies the pinned pages of the folio, and shares the others (copy_present_ptes()). */
CASE(large_part, forked, .rows = "B10 B11 R28 R29", .event = "fork")
{
	ASSERT_DONE(fork_onlooker(self));
	EXPECT_PARTS(self);
}

/* A child came and went: pages that were shared are this process' own again, or are copied. */
CASE(large_part, child_gone, .rows = "B10 B12 R24 R61", .event = "fork")
{
	ASSERT_DONE(fork_onlooker(self));
	EXPECT_TRUE(onlooker_agrees(&self->onlookers[--self->looking]));
	EXPECT_PARTS(self);
}

/* The stretch that is protected begins and ends in the folio, and not where the odd one does. */
CASE(large_part, protected, .rows = "B10 B12 R13 R20", .event = "mprotect")
{
	char *start = self->address[self->pages / 8];
	const size_t bytes = self->pages / 2 * PAGE_BYTES;

	ASSERT_DONE(mprotect(start, bytes, PROT_READ) ? -errno : 0);
	ASSERT_DONE(mprotect(start, bytes, PROT_READ | PROT_WRITE) ? -errno : 0);
	if (self->read_only[self->odd])
		ASSERT_DONE(protect_odd(self));
	EXPECT_PARTS(self);
}

CASE(large_part, cleared, .rows = "B10 B12 R14", .event = "clear_refs")
{
	SUITE_NEEDS(NEEDS_SOFT_DIRTY);
	ASSERT_DONE(memory_clear_refs());
	EXPECT_PARTS(self);
}

/* Reclaim unmaps a folio in batches, and must put all of it back where a page is held. */
CASE(large_part, reclaimed, .rows = "B10 R18", .event = "swap")
{
	SUITE_NEEDS(NEEDS_SWAP);
	ASSERT_DONE(usermem_try_page_out(self->user.start, self->user.bytes));
	EXPECT_PARTS(self);
}

/* The end of the mapping is now in the middle of the folio. */
CASE(large_part, half_unmapped, .rows = "B6 B10", .event = "munmap")
{
	const size_t half = self->pages / 2;

	ASSERT_DONE(munmap(self->address[half], half * PAGE_BYTES) ? -errno : 0);
	for (size_t page = half; page < self->pages; page++)
		self->gone[page] = true;
	self->user.bytes /= 2;
	EXPECT_PARTS(self);
}

CASE(large_part, half_moved, .rows = "B10", .event = "mremap")
{
	const size_t half = self->pages / 2, bytes = half * PAGE_BYTES;
	char *moved = usermem_map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	ASSERT_NE(MAP_FAILED, (void *)moved);
	ASSERT_EQ(moved, mremap(self->address[half], bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
				moved));
	for (size_t page = half; page < self->pages; page++)
		self->address[page] = moved + (page - half) * PAGE_BYTES;
	self->user.bytes /= 2;
	EXPECT_PARTS(self);
	munmap(moved, bytes);
}

/* PLACEMENT: a held page is not replaced by a page of another huge page. The kernel may refuse. */
CASE(large_part, collapsed, .rows = "B10", .event = "collapse")
{
	int error = collapse_now(self->user.start, self->user.bytes);

	evidence("outcome=\"%s\"", strerror(-error));
	EXPECT_PARTS(self);
}

/* Return: pages that compaction has looked at, in all */
static uint64_t pages_scanned(void)
{
	uint64_t scanned = 0;

	vmstat_read("compact_migrate_scanned", &scanned);
	return scanned;
}

/* PLACEMENT: compaction goes over all memory, and moves what it can. */
CASE(large_part, compacted, .rows = "B10", .event = "migrate")
{
	const uint64_t before = pages_scanned();

	SUITE_NEEDS(NEEDS_VM_EVENTS);
	ASSERT_DONE(knob_set("/proc/sys/vm/compact_memory", "1"));
	evidence("scanned_pages=%" PRIu64, pages_scanned() - before);
	EXPECT_LT(before, pages_scanned());
	EXPECT_PARTS(self);
}

PINCHECK_TEST_MAIN
