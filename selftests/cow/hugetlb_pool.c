// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb_pool: a copy of a huge page needs a page of the pool, which may be empty, and the administrator
 * may take pages away from the pool while a device holds them.
 *
 * A parent may always write: if the pool has no page for the parent's copy, the kernel takes the page
 * away from the children that share it, and they die by SIGBUS (R71). Invariants: ISOLATION, SYNC.
 */
#include "suite.h"
#include <fcntl.h>
#include <linux/memfd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../tools/lib/pagemap.h"
#include "file.h"
#include "knob_journal.h"
#include "hugetlb_pool.h"
#include "udmabuf.h"

#define OVERCOMMIT	hugetlb_setting("nr_overcommit_hugepages")
#define SURPLUS		hugetlb_setting("surplus_hugepages")
#define FREE_PAGES	hugetlb_setting("free_hugepages")
#define RESERVED_PAGES	hugetlb_setting("resv_hugepages")

TOPIC(hugetlb_pool)
TOPIC_VARIANT(hugetlb_pool, hugetlb, none)
TOPIC_VARIANT(hugetlb_pool, hugetlb, pin_ro_fast)
TOPIC_VARIANT(hugetlb_pool, hugetlb, pin_rw_lt_fast)
TOPIC_VARIANT(hugetlb_pool, hugetlb, get_ro_fast)
TOPIC_VARIANT(hugetlb_pool, hugetlb, get_rw_fast)
TOPIC_VARIANT(hugetlb_pool, hugetlb, uring)

/* All free pages of the pool belong to a mapping. */
static int empty_pool(void)
{
	size_t bytes;

	return hugetlb_pool_reserve(&bytes) == MAP_FAILED ? -errno : 0;
}

/**
 * struct heir - a child that shares the memory, with a hold of its own
 * @process: the child
 * @answers: a pipe from the child
 * @orders: a pipe to the child
 * @held: 0, or the errno with which the kernel refused the child's hold
 * @cpu: what the child's CPU saw
 * @device: what the child's device saw; GEN_UNKNOWN: there is no hold
 * @signal: that killed the child; 0: none did
 */
struct heir {
	pid_t process;
	int answers[2], orders[2];
	int held;
	enum generation cpu, device;
	int signal;
};

static bool send_int(int pipe, int value)
{
	return write(pipe, &value, sizeof(value)) == sizeof(value);
}

static bool receive_int(int pipe, int *value)
{
	return read(pipe, value, sizeof(*value)) == sizeof(*value);
}

/* The child tells what became of its hold, waits, and looks at its memory, the device first. */
static void __attribute__((noreturn)) run_heir(struct subject *subject, struct heir *heir)
{
	struct memory memory = subject->memory;
	struct hold hold = { 0 };
	struct view view = { 0 };
	int held, go;

	close(heir->orders[1]);
	memory.session = pincheck_open();
	held = hold_take(&hold, subject->product->hold, &memory, 0, memory_pages(&memory));
	if (!send_int(heir->answers[1], held) || !receive_int(heir->orders[0], &go))
		_exit(1);
	if (hold.taken && hold_look(&hold, &view))
		_exit(2);
	if (!send_int(heir->answers[1], view.seen[CPU_AREA][0]))
		_exit(1);
	memory_look(&memory, &view);
	if (!send_int(heir->answers[1], view.seen[CPU_AREA][0]))
		_exit(1);
	_exit(0);
}

static int heir_start(struct subject *subject, struct heir *heir)
{
	*heir = (struct heir) { 0 };
	if (pipe(heir->answers) || pipe(heir->orders))
		return -errno;
	heir->process = fork();
	if (heir->process < 0)
		return -errno;
	if (!heir->process)
		run_heir(subject, heir);
	close(heir->answers[1]);
	close(heir->orders[0]);
	return receive_int(heir->answers[0], &heir->held) ? 0 : -EPIPE;
}

/* The child looks, and ends. A child that SIGBUS killed sent no second answer. */
static int heir_look(struct heir *heir)
{
	int status, device = GEN_UNKNOWN, cpu = GEN_UNKNOWN;

	if (!send_int(heir->orders[1], 1))
		return -EPIPE;
	receive_int(heir->answers[0], &device);
	receive_int(heir->answers[0], &cpu);
	if (waitpid(heir->process, &status, 0) != heir->process)
		return -errno;
	heir->device = device;
	heir->cpu = cpu;
	heir->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return WIFEXITED(status) && WEXITSTATUS(status) ? -ECHILD : 0;
}

/* ISOLATION: the child sees what was there at fork, by CPU and device, and is alive to see it. */
static void verdict_heir(const struct heir *heir, struct verdict *verdict)
{
	verdict_start(verdict, "ISOLATION");
	if (heir->signal)
		verdict_broken(verdict, "the child was killed when it read its memory", 0);
	else if (heir->cpu != BEFORE)
		verdict_broken(verdict, "the child sees others' writes", 0);
	if (!heir->held && heir->device && heir->device != BEFORE)
		verdict_broken(verdict, "the child's device sees others' writes", 0);
	verdict_note(verdict, "signal=%d child_sees=%s device_sees=%s hold=\"%s\"", heir->signal,
		     generation_name(heir->cpu), generation_name(heir->device),
		     heir->held ? strerror(-heir->held) : "given");
}

/*
 * ISOLATION, R71. Parent and child share the page, and the pool is empty when the child pins it and when
 * the parent writes.
 */
SCENARIO(hugetlb_pool, parent_writes, .rows = "R4 R71", .event = "pool_empty",
	 .not_hold = HOLD_WRITE)
{
	struct heir heir;

	ASSERT_DONE(empty_pool());
	ASSERT_DONE(heir_start(subject, &heir));
	memory_fill(&subject->memory, AFTER);
	ASSERT_DONE(heir_look(&heir));
	EXPECT_VERDICT(verdict_heir, &heir);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* The control: the pool has pages for both. */
SCENARIO(hugetlb_pool, parent_writes_with_pages, .rows = "R4 R71", .event = "fork",
	 .not_hold = HOLD_WRITE | HOLD_GET)
{
	struct heir heir;

	ASSERT_DONE(heir_start(subject, &heir));
	memory_fill(&subject->memory, AFTER);
	ASSERT_DONE(heir_look(&heir));
	EXPECT_VERDICT(verdict_heir, &heir);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* SYNC: fork gave the child a copy, or failed. */
static void verdict_fork(int outcome, struct verdict *verdict)
{
	verdict_start(verdict, "SYNC");
	if (outcome && outcome != -ENOMEM)
		verdict_broken(verdict, "fork ends otherwise", 0);
	verdict_note(verdict, "outcome=\"%s\"", outcome ? strerror(-outcome) : "forked");
}

/*
 * SYNC. The parent has pinned the page, so fork has to copy the page for the child, and has no page to
 * copy to. Fork may fail; the parent keeps its page in any case.
 */
SCENARIO(hugetlb_pool, forked_while_pinned, .rows = "R28 R30 R71", .event = "pool_empty",
	 .hold = HOLD_PIN)
{
	int status, outcome = 0;
	pid_t child;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(empty_pool());
	child = fork();
	if (!child)
		_exit(0);
	if (child < 0)
		outcome = -errno;
	else
		ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_VERDICT(verdict_fork, outcome);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/* Return: pages that the pool has, those that are not in its size included. */
static long pool_pages(void)
{
	return knob_number(HUGETLB_POOL);
}

/* ACCURACY: the pool has @pages pages, of which @surplus are to go once nobody uses them. */
static void verdict_pool(long pages, long surplus, struct verdict *verdict)
{
	long seen = pool_pages(), seen_surplus = knob_number(SURPLUS);

	verdict_start(verdict, "ACCURACY");
	if (seen != pages)
		verdict_broken(verdict, "the pool has another number of pages", 0);
	if (seen_surplus != surplus)
		verdict_broken(verdict, "the pool has another number of surplus pages", 0);
	verdict_note(verdict, "pool=%ld pool_expected=%ld surplus=%ld surplus_expected=%ld", seen, pages,
		     seen_surplus, surplus);
}

/*
 * SYNC, ACCURACY. The administrator makes the pool smaller than what is in use. The held page stays as a
 * surplus page, and leaves the pool when the last user gives the page back: the device, here.
 */
SCENARIO(hugetlb_pool, shrunk, .rows = "B10 B11 R71", .event = "pool_shrinks")
{
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(knob_change_number(HUGETLB_POOL, 0));
	EXPECT_VERDICT(verdict_pool, 1, 1);
	memory_fill(memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
	memory_unmap(memory);
	EXPECT_VERDICT(verdict_pool, !!subject->hold.taken, !!subject->hold.taken);
	ASSERT_DONE(subject_release(subject));
	EXPECT_VERDICT(verdict_pool, 0, 0);
}

/* SYNC, ACCURACY. The same with a page that was a surplus page from its beginning. */
SCENARIO(hugetlb_pool, surplus, .rows = "B10 B11 R71", .event = "pool_empty")
{
	struct memory *memory = &subject->memory;
	long pages = pool_pages();

	memory_unmap(memory);
	ASSERT_DONE(empty_pool());
	ASSERT_DONE(knob_change_number(OVERCOMMIT, 1));
	ASSERT_DONE(memory_map(memory, memory->kind));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_VERDICT(verdict_pool, pages + 1, 1);
	ASSERT_DONE(knob_change_number(OVERCOMMIT, 0));
	memory_fill(memory, AFTER);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
	memory_unmap(memory);
	EXPECT_VERDICT(verdict_pool, pages + !!subject->hold.taken, !!subject->hold.taken);
	ASSERT_DONE(subject_release(subject));
	EXPECT_VERDICT(verdict_pool, pages, 0);
}

static int write_part_direct(char *start, size_t bytes)
{
	ssize_t written = file_write_direct(start, bytes);

	return written < 0 ? written : written == (ssize_t)bytes ? 0 : -EIO;
}

/* ACCURACY, CLEAN: the disk pinned some pages of the huge page, and gave all these pins back. */
static void verdict_part_written(struct subject *subject, size_t from, size_t to, struct verdict *verdict)
{
	struct memory *memory = &subject->memory;
	__u64 pfn = memory_pfn(memory, 0);
	struct pincheck_report before, after;
	int error = pincheck_report(memory->session, &pfn, 1, &before);

	verdict_start(verdict, "ACCURACY");
	if (!error)
		error = write_part_direct(memory->start + from, to - from);
	if (!error)
		error = pincheck_report(memory->session, &pfn, 1, &after);
	if (error)
		return verdict_failed(verdict, "cannot write directly", error);
	if (after.refcount != before.refcount || after.pin_count != before.pin_count)
		verdict_broken(verdict, "the disk left references on the page", 0);
	verdict_note(verdict, "from=%zu to=%zu refs_before=%u refs=%u pins_before=%u pins=%u", from, to,
		     (unsigned int)before.refcount, (unsigned int)after.refcount,
		     (unsigned int)before.pin_count, (unsigned int)after.pin_count);
}

static void verdict_free_pages(long expected, struct verdict *verdict)
{
	long seen = knob_number(FREE_PAGES);

	verdict_start(verdict, "CLEAN");
	if (seen != expected)
		verdict_broken(verdict, "the page did not come back to the pool", 0);
	verdict_note(verdict, "free=%ld free_expected=%ld", seen, expected);
}

/*
 * ACCURACY, CLEAN. Direct I/O of a part of the page, whose begin and end are or are not those of a base
 * page. The block layer merges what is next to each other in a folio, and has to give back as many
 * pins as it took; the page is free again when the process gives it up.
 */
SCENARIO(hugetlb_pool, written_direct, .rows = "B14 R34", .event = "direct_io", .hold = HOLD_NONE,
	 .needs = NEEDS_EXT4)
{
	const size_t half = PAGE_BYTES / 2, end = 3 * PAGE_BYTES;
	long free_pages = knob_number(FREE_PAGES);

	EXPECT_VERDICT(verdict_part_written, subject, 0, end);
	EXPECT_VERDICT(verdict_part_written, subject, 0, end - half);
	EXPECT_VERDICT(verdict_part_written, subject, half, end);
	EXPECT_VERDICT(verdict_part_written, subject, half, end + half);
	memory_unmap(&subject->memory);
	EXPECT_VERDICT(verdict_free_pages, free_pages + 1);
}

/* SYNC, CLEAN: the driver got no page of those that are reserved, and who reserved them gets them. */
static void verdict_reserved(int buffer, long reserved, struct verdict *verdict)
{
	long seen = knob_number(RESERVED_PAGES);

	verdict_start(verdict, "CLEAN");
	if (buffer >= 0)
		verdict_broken(verdict, "all pages are reserved, and the driver got one", 0);
	if (seen != reserved)
		verdict_broken(verdict, "the driver took a page that another process has reserved", 0);
	verdict_note(verdict, "outcome=\"%s\" reserved=%ld reserved_expected=%ld",
		     buffer < 0 ? strerror(-buffer) : "given", seen, reserved);
}

/*
 * CLEAN. A driver that pins a page which the file does not have yet makes the page (memfd_pin_folios()).
 * All pages of the pool are reserved here, so there is none: 26a8ea80929c takes one all the same, and the
 * process that reserved the page dies by SIGBUS when it touches the page.
 */
SCENARIO(hugetlb_pool, hole_pinned, .rows = "R85", .event = "pool_empty", .hold = HOLD_NONE,
	 .needs = NEEDS_UDMABUF | NEEDS_MEMFD)
{
	int file = hugetlb_pool_memfd("hole", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
	long reserved;
	int buffer;

	ASSERT_DONE(file < 0 ? -errno : 0);
	ASSERT_DONE(ftruncate(file, PMD_BYTES) ? -errno : 0);
	ASSERT_DONE(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK) ? -errno : 0);
	memory_unmap(&subject->memory);
	ASSERT_DONE(empty_pool());
	reserved = knob_number(RESERVED_PAGES);
	ASSERT_LT(0, reserved);
	buffer = udmabuf_create(file, 0, PMD_BYTES);
	EXPECT_VERDICT(verdict_reserved, buffer, reserved);
	if (buffer >= 0)
		close(buffer);
	close(file);
	EXPECT_EQ(reserved, knob_number(RESERVED_PAGES));
}

PINCHECK_TEST_MAIN
