// SPDX-License-Identifier: GPL-2.0-only
/*
 * numa_others: memory is to be on another node by mbind(), by migrate_pages(), or by NUMA balancing, in
 * which nobody asks and the kernel takes the access away from pages to see who uses them. A page that a
 * device holds stays where it is. Topic numa has move_pages(); its guest has the same two nodes.
 */
#include "other_suite.h"
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/vmstat.h"
#include "ksm_scan.h"
#include "numa_balancing.h"
#include "other_write.h"

#define NUMA_OTHERS_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, get_rw_fast)		X(topic, memory, mirror_rw)

#define BALANCE_SECONDS	8	/* until the kernel should have looked at the control */
#define TOUCH_MS	60	/* of a thread: it looks at the pages of the process once */

TOPIC(numa_others)
NUMA_OTHERS_HOLDS(TOPIC_VARIANT, numa_others, base)
NUMA_OTHERS_HOLDS(TOPIC_VARIANT, numa_others, thp_pmd)
NUMA_OTHERS_HOLDS(TOPIC_VARIANT, numa_others, shmem_shared)
TOPIC_VARIANT(numa_others, base, uring)
TOPIC_VARIANT(numa_others, thp_pmd, uring)

/* A mask of nodes, as of mbind(): the one of the nodes 0 and 1 on which the memory is not. */
static int take_other_node(struct subject *subject, unsigned long *other)
{
	struct witness now;
	int error = witness_by_module(subject, &now);

	*other = 1UL << !now.report[0].node;
	return error;
}

/* @move: MPOL_MF_MOVE; MPOL_MF_MOVE_ALL moves pages that other processes map, too. */
/*
 * Without a free huge page on the other node, the kernel splits this one. It may then leave the parts where they
 * are, and say that all is done: migrate_pages() counts no failure of parts. Return: -ECANCELED then
 */
static int bind_with(struct subject *subject, int move)
{
	const struct memory *memory = &subject->memory;
	uint64_t split_before, split_after;
	unsigned long nodes;
	int error = take_other_node(subject, &nodes);

	if (!error)
		error = vmstat_read("thp_migration_split", &split_before);
	if (error)
		return error;
	if (syscall(SYS_mbind, memory->start, memory->bytes, MPOL_BIND, &nodes,
		    8 * sizeof(nodes), move | MPOL_MF_STRICT))
		return -errno;
	error = vmstat_read("thp_migration_split", &split_after);
	return error ? error : split_after != split_before ? -ECANCELED : 0;
}

static int bind_to_other_node(struct subject *subject)
{
	return bind_with(subject, MPOL_MF_MOVE);
}

/* MPOL_MF_STRICT: the call tells the process that a page stays. The policy is set nevertheless. */
OTHER_EVENT(numa_others, bound, .rows = "B10 B11", .needs = NEEDS_NODES) {
	.happen = bind_to_other_node, .unheld = UNHELD_LEAVES, .refused = EIO
};

/* A debugger wrote to memory that the process has read-only: the entries are dirty, and not writable. */
static int write_read_only(struct subject *subject)
{
	const struct memory *memory = &subject->memory;

	if (mprotect(memory->start, memory->bytes, PROT_READ))
		return -errno;
	return other_event_by_process(subject, write_proc_mem_as_tracer);
}

/* ISOLATION. The entry of the page that came has what the old entry had: the process may not write. */
SCENARIO(numa_others, bound_while_readonly, .rows = "B10 B11 B17 R82", .event = "bound",
	 .not_memory = MEMORY_SHMEM, .needs = NEEDS_NODES)
{
	const struct other_event event = { .then = AFTER, .unheld = UNHELD_LEAVES, .refused = EIO };
	const struct memory *memory = &subject->memory;
	struct before_event before;
	int answer;

	ASSERT_DONE(other_event_prepare(subject, &event, &before));
	ASSERT_DONE(write_read_only(subject));
	answer = bind_to_other_node(subject);
	memory_read_samples(memory);
	EXPECT_VERDICT(verdict_write_protected, subject);
	EXPECT_VERDICT(verdict_event_answer, subject, &event, answer);
	ASSERT_DONE(mprotect(memory->start, memory->bytes, PROT_READ | PROT_WRITE) ? -errno : 0);
	other_event_judge(_metadata, subject, &event, &before);
}

/* A device of one process holds a page that fork() shares: the page is that process's alone (R22). */
static bool stays_shared(const void *variant)
{
	const struct product *product = variant;

	return product->memory->flags & MAP_SHARED || product->hold == &hold_none;
}

/*
 * PLACEMENT: all processes map the same page, which is another one than @before if nobody holds it.
 * What the kernel only unmapped comes back by a touch.
 */
static void verdict_moved_for_all(struct subject *subject, const struct witness *before,
				  struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	bool held = subject->hold.taken && !subject_holds(subject, HOLD_MIRROR);
	struct view view;
	int error = 0;

	memory_read_samples(memory);
	for (int level = 0; level < subject->child.depth && !error; level++)
		error = child_look(&subject->child, level, &view);
	verdict_start(verdict, "PLACEMENT");
	if (error)
		return verdict_failed(verdict, "asking a process", error);
	for (size_t i = 0; i < memory->samples; i++) {
		size_t page = memory->sample[i];
		uint64_t first = child_pfn(&subject->child, 0, page);
		uint64_t second = child_pfn(&subject->child, 1, page), own = memory_pfn(memory, page);

		if (own != first || own != second)
			verdict_broken(verdict, "the processes do not map the same page", page);
		if ((own == before->mapped[i]) != held)
			verdict_broken(verdict, held ? "the held page was replaced" :
				       "nothing happened to a page that nobody holds", page);
		if (!i)
			verdict_note(verdict, "before_pfn=%" PRIx64 " pfn=%" PRIx64 " child_pfn=%" PRIx64
				     " grandchild_pfn=%" PRIx64, before->mapped[i], own, first, second);
	}
}

/*
 * PLACEMENT, SYNC, ISOLATION. Three processes map the page, and one of them moves the page to the other
 * node: by the reverse map, all three have to get the new one.
 */
SCENARIO(numa_others, bound_for_all, .rows = "B6 B10 B11", .event = "bound", .exists = stays_shared,
	 .needs = NEEDS_NODES)
{
	bool shared = subject_is_shared(subject);
	const struct other_event event = { .refused = EIO };
	struct witness before;
	struct view view;
	int answer;

	ASSERT_DONE(subject_fork(subject, 2));
	for (int level = 0; level < 2; level++)
		ASSERT_DONE(child_look(&subject->child, level, &view));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	answer = bind_with(subject, MPOL_MF_MOVE_ALL);
	SUITE_WINDOW(answer != -ECANCELED);
	EXPECT_VERDICT(verdict_event_answer, subject, &event, answer);
	EXPECT_VERDICT(verdict_moved_for_all, subject, &before);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_CHILD_SEES(subject, 1, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_CHILD_SEES(subject, 0, shared ? AFTER : BEFORE);
	EXPECT_CHILD_SEES(subject, 1, shared ? AFTER : BEFORE);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
	else
		EXPECT_CPU_SEES(subject, AFTER);
}

/* The same bytes a second time: KSM maps one page for both. */
static struct memory twin;

static int merge_with_twin(const struct memory *memory)
{
	int error;

	twin = *memory;
	twin.start = usermem_map(memory->bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (twin.start == MAP_FAILED)
		return -errno;
	memcpy(twin.start, memory->start, memory->bytes);
	if (madvise(memory->start, memory->bytes, MADV_MERGEABLE) ||
	    madvise(twin.start, twin.bytes, MADV_MERGEABLE))
		return -errno;
	error = ksm_scan(suite_has_time);
	for (size_t i = 0; i < memory->samples && !error; i++)
		if (memory_pfn(memory, memory->sample[i]) != memory_pfn(&twin, memory->sample[i]))
			error = cause_say(-EBUSY, "KSM did not merge page %zu", memory->sample[i]);
	return error;
}

/* PLACEMENT, ISOLATION: the twin has the page of the memory (@same), or its own, and the bytes from before. */
static void verdict_twin(const struct memory *memory, bool same, struct verdict *verdict)
{
	uint64_t own = memory_pfn(memory, 0), theirs;
	struct view view;

	memory_look(&twin, &view);
	theirs = memory_pfn(&twin, 0);
	verdict_start(verdict, same ? "PLACEMENT" : "ISOLATION");
	if ((own == theirs) != same)
		verdict_broken(verdict, same ? "the twin has another page" : "the page is shared still", 0);
	for (size_t i = 0; i < twin.samples; i++)
		if (view.seen[CPU_AREA][i] != BEFORE)
			verdict_broken(verdict, "the twin has changed", twin.sample[i]);
	verdict_note(verdict, "pfn=%" PRIx64 " twin_pfn=%" PRIx64 " twin_sees=%s", own, theirs,
		     generation_name(view.seen[CPU_AREA][0]));
}

/*
 * PLACEMENT, ISOLATION. KSM merged the pages of two mappings, and three processes have both. The reverse
 * map of such a page is KSM's own, and has to find all six entries.
 */
SCENARIO(numa_others, bound_while_merged, .rows = "B6 R26", .event = "bound", .hold = HOLD_NONE,
	 .not_memory = MEMORY_LARGE | MEMORY_SHMEM, .needs = NEEDS_NODES | NEEDS_KSM)
{
	const struct other_event event = { .unheld = UNHELD_LEAVES };
	struct witness before;

	ASSERT_DONE(merge_with_twin(&subject->memory));
	ASSERT_DONE(subject_fork(subject, 2));
	ASSERT_DONE(witness_take(subject, &before));
	EXPECT_VERDICT(verdict_event_answer, subject, &event, bind_with(subject, MPOL_MF_MOVE_ALL));
	EXPECT_VERDICT(verdict_moved_for_all, subject, &before);
	EXPECT_VERDICT(verdict_twin, &subject->memory, true);
	memory_fill(&subject->memory, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
	EXPECT_VERDICT(verdict_twin, &subject->memory, false);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_CHILD_SEES(subject, 1, BEFORE);
}

/* All of the process's memory; the call returns how many pages stay. */
static int migrate_process(struct subject *subject)
{
	unsigned long to, from;
	int error = take_other_node(subject, &to);
	long left;

	if (error)
		return error;
	from = 3 & ~to;
	left = syscall(SYS_migrate_pages, 0, 8 * sizeof(to), &from, &to);
	evidence("not_migrated=%ld", left);
	return left < 0 ? -errno : 0;
}

OTHER_EVENT(numa_others, process_migrated, .rows = "B10 B11", .needs = NEEDS_NODES) {
	.happen = migrate_process, .unheld = UNHELD_LEAVES
};

SUITE_PREPARE
{
	numa_balancing_prepare();
}

/*
 * The kernel leaves pages alone that are on the node of the only thread that uses them. Balancing is on
 * already, and move_pages() of 6.1 does not find a page whose access it took away (R42): a touch gives
 * the access back.
 */
static int move_away(char *page)
{
	int64_t end = moment_end();
	unsigned int cpu, here;
	int there, status;

	if (syscall(SYS_getcpu, &cpu, &here, NULL))
		return -errno;
	there = !here;
	do {
		*(volatile char *)page += 0;
		status = 0;
		if (syscall(SYS_move_pages, 0, 1, &page, &there, &status, MPOL_MF_MOVE) < 0)
			return -errno;
	} while (status < 0 && moment_goes_on(end));
	return status < 0 ? status : 0;
}

/* The control of NUMA balancing: nobody holds it. */
static char *control;

static int move_all_away(struct subject *subject)
{
	const struct memory *memory = &subject->memory;
	int error;

	control = usermem_map(PAGE_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (control == MAP_FAILED)
		return -errno;
	*control = 1;
	error = move_away(control);
	for (size_t i = 0; i < memory->samples && !error; i++)
		error = move_away(memory_address(memory, memory->sample[i]));
	return error;
}

static bool touch_faults(char *page)
{
	struct rusage before, after;

	getrusage(RUSAGE_THREAD, &before);
	*(volatile char *)page += 0;
	getrusage(RUSAGE_THREAD, &after);
	return before.ru_minflt != after.ru_minflt;
}

/**
 * struct toucher - a thread that uses the memory, and the faults that it took
 * @memory: under test
 * @control_faults: of the page that nobody holds
 * @faults: of the samples
 */
struct toucher {
	const struct memory *memory;
	size_t control_faults, faults;
};

static void *touch_all(void *argument)
{
	struct toucher *toucher = argument;
	const struct memory *memory = toucher->memory;
	int64_t end = nanoseconds() + TOUCH_MS * 1000000LL;

	while (!toucher->control_faults && nanoseconds() < end) {
		toucher->control_faults += touch_faults(control);
		for (size_t i = 0; i < memory->samples; i++)
			toucher->faults += touch_faults(memory_address(memory, memory->sample[i]));
	}
	return NULL;
}

/*
 * NUMA balancing takes the access away from pages, and looks who touches them then. Works until a page
 * that nobody holds took such a fault. Each new thread looks soon after it began; a thread that has
 * looked must then run 32 times as long without looking (task_numa_work()), which is seconds in a guest
 * that is emulated.
 */
static int balance(struct subject *subject)
{
	struct toucher toucher = { .memory = &subject->memory };
	int64_t end = nanoseconds() + BALANCE_SECONDS * 1000000000LL;
	size_t threads = 0;
	int error = 0;

	while (!error && !toucher.control_faults && nanoseconds() < end) {
		pthread_t thread;

		error = -pthread_create(&thread, NULL, touch_all, &toucher);
		if (!error)
			error = -pthread_join(thread, NULL);
		threads++;
	}
	evidence("threads=%zu control_faults=%zu faults=%zu", threads, toucher.control_faults,
		 toucher.faults);
	if (error)
		return error;
	return toucher.control_faults ? 0 : -ECANCELED;
}

/*
 * R21. The next write must not copy a page that has other users. Few variants: each switches a static key
 * of the scheduler, which emulated CPUs do not like (Documentation/emulation.md).
 */
OTHER_EVENT(numa_others, balanced, .rows = "B10 B11 R21", .not_hold = HOLD_MIRROR,
	    .not_memory = MEMORY_SHMEM, .needs = NEEDS_NODES | NEEDS_NUMA_BALANCING | NEEDS_THREADS) {
	.begin = move_all_away, .happen = balance, .unheld = UNHELD_ANY
};

TOPIC_NEEDS("numa=fake=2");
PINCHECK_TEST_MAIN
