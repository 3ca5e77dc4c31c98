// SPDX-License-Identifier: GPL-2.0-only
/*
 * sweep: a pin by GUP-fast against what takes the page away from it, at every pair of places: one thread
 * waits at one place of its path while the other one is held up at each place of its own in turn. A race
 * of a few instructions, which stress meets once in many thousand tries, is met in each sweep.
 *
 * The evidence of a case has a line for each function: only turns that met show something. Words for
 * APPEND=: PLACES=shared or PLACES=all takes more places, AT=function+offset repeats one.
 * Documentation/interleave.md explains the lines.
 */
#include "suite.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "collapse.h"
#include "interleave_file.h"
#include "module_file.h"
#include "stage.h"
#include "sweep.h"
#include "trap.h"

#ifndef MADV_COLD
#define MADV_COLD	20
#define MADV_PAGEOUT	21
#endif

/* Of turns, for a case; what is loaded before is not counted. */
#define MS_SAMPLE	1200
#define MS_ALL		120000
#define TIMEOUT		300

static pid_t child;

/* Alive until the promise was checked: where a page is reused by its counts, nothing is wrong without it. */
static int fork_child(char *page, size_t bytes)
{
	(void)page;
	(void)bytes;
	child = fork();
	while (!child)
		pause();
	return child < 0 ? -errno : 0;
}

static void kill_child(void)
{
	if (child <= 0)
		return;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	child = 0;
}

/* What the child read; shared with it. */
static volatile struct {
	bool ask, told;
	char seen;
} *letter;

static int session;
static uint32_t hold_to_end;
static int clear_refs = -1;

static int hold_page(char *page, size_t bytes)
{
	struct pincheck_hold hold = {
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST, .flags = PINCHECK_HOLD_WRITE,
		.addr = (uintptr_t)page, .len = PAGE_BYTES,
	};
	int error;

	(void)bytes;
	if (!letter)
		letter = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);
	if (letter == MAP_FAILED)
		return -errno;
	letter->ask = letter->told = false;
	error = pincheck_hold(session, &hold);
	hold_to_end = hold.hold;
	return error;
}

static int end_hold(void)
{
	long ended = pincheck_release(session, hold_to_end);

	return ended < 0 ? ended : 0;
}

static int fork_reader(char *page, size_t bytes)
{
	(void)bytes;
	child = fork();
	if (!child) {
		while (!letter->ask)
			sched_yield();
		letter->seen = *page;
		letter->told = true;
	}
	while (!child)
		pause();
	return child < 0 ? -errno : 0;
}

/* ISOLATION. The child keeps what was there when it was forked. */
static bool child_sees_before(char *page)
{
	char before = *page;

	*(volatile char *)page = before + 1;
	letter->ask = true;
	while (child > 0 && !letter->told)
		sched_yield();
	return letter->seen == before;
}

/* MADV_COLD drains the LRU batches of this CPU, whose references would keep reclaim away. */
static void drain_batches(void)
{
	char *cold = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (cold == MAP_FAILED)
		return;
	*cold = 1;
	madvise(cold, PAGE_BYTES, MADV_COLD);
	munmap(cold, PAGE_BYTES);
}

static int free_lazily(char *page, size_t bytes)
{
	int error;

	drain_batches();
	error = madvise(page, bytes, MADV_FREE) ? -errno : 0;
	drain_batches();
	return error;
}

static int reclaim_page(char *page, size_t bytes)
{
	return madvise(page, bytes, MADV_PAGEOUT) ? -errno : 0;
}

static int be_on_lru(char *page, size_t bytes)
{
	(void)page;
	(void)bytes;
	drain_batches();
	return 0;
}

/* Of a huge page, one part is cold: it is split. */
static int cool_part(char *page, size_t bytes)
{
	(void)bytes;
	return madvise(page, PAGE_BYTES, MADV_COLD) ? -errno : 0;
}

/* Base pages, where a huge page may be. */
static int take_base_pages(char *page, size_t bytes)
{
	if (madvise(page, bytes, MADV_DONTNEED) || madvise(page, bytes, MADV_NOHUGEPAGE))
		return -errno;
	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		page[at] = 1;
	return madvise(page, bytes, MADV_HUGEPAGE) ? -errno : be_on_lru(page, bytes);
}

/* Pages that are referred to do not collapse: that is no error of the step. */
static int collapse_pages(char *page, size_t bytes)
{
	int error = collapse_now(page, bytes);

	return error == -ENOMEM ? error : 0;
}

static int clear_soft_dirty(char *page, size_t bytes)
{
	(void)page;
	(void)bytes;
	return write(clear_refs, "4", 1) == 1 ? 0 : -errno;
}

static char *destination;
static int trap = -1;

static int make_destination(char *page, size_t bytes)
{
	(void)page;
	destination = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (destination == MAP_FAILED)
		return -errno;
	trap = trap_set(destination, bytes, UFFDIO_REGISTER_MODE_MISSING);
	return trap < 0 ? trap : 0;
}

/* A pinned page does not move: that is no error of the step. */
static int move_away(char *page, size_t bytes)
{
	int error = trap_move(trap, destination, page, bytes);

	return error == -EBUSY || error == -EAGAIN ? 0 : error;
}

static void drop_destination(void)
{
	close(trap);
	munmap(destination, PAGE_BYTES);
}

/* What the compiler leaves of them differs from kernel to kernel: a name that is inlined is passed over. */
#define GUP_FAST_FUNCTIONS	"gup_fast_fallback", "internal_get_user_pages_fast",		\
				"gup_fast_pgd_range", "gup_pgd_range", "try_grab_folio_fast",	\
				"try_grab_folio", "try_grab_compound_head"
#define GRAB_FUNCTIONS		"try_grab_folio_fast", "try_grab_folio", "try_get_folio",	\
				"try_grab_compound_head", "try_get_compound_head"
#define FORK_FUNCTIONS		"copy_page_range", "copy_p4d_range", "copy_pte_range",		\
				"copy_present_ptes", "dup_mm"

FIXTURE_VARIANT(sweep)
{
	const char *memory;
	const char *event;
	requirement_set needs;
	struct pair pair;
};

FIXTURE(sweep)
{
	struct stage stage;
	struct tally tally;
};

/* SYNC. 57efa1fe5957: fork looks whether a page is pinned and protects it, and GUP-fast pins in between. */
FIXTURE_VARIANT_ADD(sweep, fork_base)
{
	.memory = "base", .event = "fork",
	.pair = {
		.hold_flags = PINCHECK_HOLD_WRITE,
		.act = fork_child, .undo = kill_child,
		.other = { FORK_FUNCTIONS },
		.pinner = { GUP_FAST_FUNCTIONS },
		.pinner_waits = { GRAB_FUNCTIONS },
	},
};

FIXTURE_VARIANT_ADD(sweep, fork_thp)
{
	.memory = "thp_pmd", .event = "fork", .needs = NEEDS_THP,
	.pair = {
		.huge = true, .hold_flags = PINCHECK_HOLD_WRITE,
		.act = fork_child, .undo = kill_child,
		.other = { "copy_huge_pmd" },
		.pinner = { GUP_FAST_FUNCTIONS },
		.pinner_waits = { GRAB_FUNCTIONS },
	},
};

FIXTURE_VARIANT_ADD(sweep, fork_hugetlb)
{
	.memory = "hugetlb", .event = "fork", .needs = NEEDS_HUGETLB,
	.pair = {
		.huge = true, .map_flags = MAP_HUGETLB, .hold_flags = PINCHECK_HOLD_WRITE,
		.act = fork_child, .undo = kill_child,
		.other = { "copy_hugetlb_page_range" },
		.pinner = { GUP_FAST_FUNCTIONS },
		.pinner_waits = { GRAB_FUNCTIONS },
	},
};

/* SYNC. 6c8e2a256915: reclaim drops a page that the process gave up, and GUP-fast pins it meanwhile. */
FIXTURE_VARIANT_ADD(sweep, lazyfree_base)
{
	.memory = "base", .event = "reclaim",
	.pair = {
		.hold_flags = PINCHECK_HOLD_WRITE,
		.prepare = free_lazily, .act = reclaim_page,
		.other = { "try_to_unmap_one", "folio_remove_rmap_ptes", "folio_remove_rmap_pte",
			   "page_remove_rmap" },
		.pinner = { GUP_FAST_FUNCTIONS },
		.pinner_waits = { GRAB_FUNCTIONS },
		.other_waits = { "folio_remove_rmap_ptes", "folio_remove_rmap_pte", "page_remove_rmap" },
	},
};

/* SYNC. B43: the page goes to swap, and is somebody else's when GUP-fast takes its reference. */
FIXTURE_VARIANT_ADD(sweep, swap_base)
{
	.memory = "base", .event = "reclaim", .needs = NEEDS_SWAP,
	.pair = {
		.hold_flags = PINCHECK_HOLD_WRITE,
		.prepare = be_on_lru, .act = reclaim_page,
		.other = { "try_to_unmap_one", "shrink_folio_list", "shrink_page_list", "__remove_mapping",
			   "swap_writepage" },
		.pinner = { GUP_FAST_FUNCTIONS },
		.pinner_waits = { GRAB_FUNCTIONS },
		.other_waits = { "folio_remove_rmap_ptes", "folio_remove_rmap_pte", "page_remove_rmap",
				 "__remove_mapping" },
	},
};

/* SYNC. UFFDIO_MOVE looks whether the page is pinned, takes it out of the page table, and looks again. */
FIXTURE_VARIANT_ADD(sweep, uffd_move_base)
{
	.memory = "base", .event = "uffdio_move", .needs = NEEDS_UFFD_MOVE,
	.pair = {
		.hold_flags = PINCHECK_HOLD_WRITE,
		.prepare = make_destination, .act = move_away, .undo = drop_destination,
		.other = { "move_pages_ptes", "move_pages_pte", "move_present_ptes", "move_present_pte",
			   "move_pages" },
		.pinner = { GUP_FAST_FUNCTIONS },
		.pinner_waits = { GRAB_FUNCTIONS },
		.other_waits = { "move_present_ptes", "move_present_pte", "ptep_clear_flush" },
	},
};

/* ISOLATION. fork copies the page at once, or shares it, whichever it finds: a pin that ends meanwhile. */
FIXTURE_VARIANT_ADD(sweep, unpin_fork_base)
{
	.memory = "base", .event = "fork",
	.pair = {
		.prepare = hold_page, .act = fork_reader, .undo = kill_child,
		.instead = end_hold, .kept = child_sees_before,
		.other = { FORK_FUNCTIONS },
		.pinner = { "unpin_user_pages_dirty_lock", "unpin_user_pages", "unpin_user_page",
			    "gup_put_folio", "put_compound_head" },
	},
};

/* SYNC. B49: a split asks whether the huge page is pinned once it is out of the page table. */
FIXTURE_VARIANT_ADD(sweep, split_thp)
{
	.memory = "thp_pmd", .event = "split", .needs = NEEDS_THP,
	.pair = {
		.huge = true, .hold_flags = PINCHECK_HOLD_WRITE,
		.prepare = be_on_lru, .act = cool_part,
		.other = { "__split_huge_pmd_locked", "split_huge_pmd_locked", "split_huge_page_to_list_to_order",
			   "split_huge_page_to_list", "__folio_split", "try_to_migrate_one", "remap_page" },
		.pinner = { GUP_FAST_FUNCTIONS },
		.pinner_waits = { GRAB_FUNCTIONS },
		.other_waits = { "pmdp_invalidate", "remap_page" },
	},
};

/* SYNC. B10: collapse counts the references of a page once it is out of the page table. */
FIXTURE_VARIANT_ADD(sweep, collapse_base)
{
	.memory = "base", .event = "collapse", .needs = NEEDS_THP | NEEDS_COLLAPSE,
	.pair = {
		.huge = true, .hold_flags = PINCHECK_HOLD_WRITE,
		.prepare = take_base_pages, .act = collapse_pages,
		.other = { "collapse_huge_page", "__collapse_huge_page_isolate", "pmdp_collapse_flush" },
		.pinner = { GUP_FAST_FUNCTIONS },
		.pinner_waits = { GRAB_FUNCTIONS },
		.pinner_starts = { "hpage_collapse_scan_pmd", "collapse_scan_pmd" },
		.other_waits = { "pmdp_collapse_flush" },
	},
};

/* SYNC. clear_refs protects a page from writing unless it is pinned. */
FIXTURE_VARIANT_ADD(sweep, clear_refs_base)
{
	.memory = "base", .event = "clear_refs", .needs = NEEDS_SOFT_DIRTY,
	.pair = {
		.hold_flags = PINCHECK_HOLD_WRITE,
		.act = clear_soft_dirty,
		.other = { "clear_refs_pte_range" },
		.pinner = { GUP_FAST_FUNCTIONS },
		.pinner_waits = { GRAB_FUNCTIONS },
	},
};

SUITE_FACTS(sweep)
{
	facts->memory = variant->memory;
	facts->hold = "pin_rw_fast";
	facts->event = variant->event;
}

FIXTURE_SETUP(sweep)
{
	SUITE_NEEDS(NEEDS_INTERLEAVE | NEEDS_THREADS | NEEDS_PATH | variant->needs);
	ASSERT_STAGE_OPEN(&self->stage);
	ASSERT_EQ(0, interleave_load_module());
	stage_use_all_cpus();
	session = self->stage.session;
	clear_refs = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	ASSERT_DONE(sweep_begin(&variant->pair));
}

FIXTURE_TEARDOWN(sweep)
{
	kill_child();
	sweep_end();
	close(clear_refs);
	if (suite_current->ends_variant) {
		EXPECT_EQ(0, module_file_unload(INTERLEAVE_MODULE_NAME));
	}
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int64_t time_of_turns(void)
{
	return (getenv("PLACES") ? MS_ALL : MS_SAMPLE) * 1000000LL;
}

static void verdict_met(const struct tally *tally, struct verdict *verdict)
{
	verdict_start(verdict, "SYNC");
	if (tally->broken)
		verdict_broken(verdict, "device and process have different pages", 0);
	verdict_note(verdict, "visited=%u tried=%u met=%u never=%u late=%u fast=%u slow=%u refused=%u broken=%u broken_at=\"%s\"",
		     tally->visited, tally->tried, tally->met, tally->never, tally->late, tally->fast,
		     tally->slow, tally->refused, tally->broken, tally->broken_at);
}

CASE_TIMEOUT(sweep, other_walks, TIMEOUT, .rows = "B10 B43 B49 R14 R31 R43")
{
	ASSERT_DONE(sweep_other(&self->tally, time_of_turns()));
	SUITE_WINDOW(self->tally.met || self->tally.broken);
	EXPECT_VERDICT(verdict_met, &self->tally);
}

CASE_TIMEOUT(sweep, pinner_walks, TIMEOUT, .rows = "B10 B43 B49 R14 R31 R43")
{
	ASSERT_DONE(sweep_pinner(&self->tally, time_of_turns()));
	SUITE_WINDOW(self->tally.met || self->tally.broken);
	EXPECT_VERDICT(verdict_met, &self->tally);
}

PINCHECK_TEST_MAIN
