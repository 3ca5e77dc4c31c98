// SPDX-License-Identifier: GPL-2.0-only
/*
 * userfault: what userfaultfd does to held memory besides protecting it from writes (uffd.c). The
 * kernel must not move a pinned page to another address (R63), must not take a reader for a writer
 * (R17), and must know before fork which pages the parent may write to (R64).
 */
#include "suite.h"
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "errand.h"
#include "trap.h"

#define USERFAULT_HOLDS(X, topic, memory)							\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_rw_fast)			\
	X(topic, memory, pin_ro_lt_slow)	X(topic, memory, pin_rw_lt_slow)		\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_slow)

TOPIC(userfault)
FOR_EACH_MEMORY(USERFAULT_HOLDS, TOPIC_VARIANT, userfault)
USERFAULT_HOLDS(TOPIC_VARIANT, userfault, mthp)
TOPIC_VARIANT(userfault, base, uring)
TOPIC_VARIANT(userfault, thp_pmd, uring)
TOPIC_VARIANT(userfault, hugetlb, uring)

/**
 * struct journey - a move of all of the subject's memory, by UFFDIO_MOVE
 * @trap: where the memory goes to
 * @from: where the memory is
 * @to: where the memory goes
 * @bytes: its length
 */
struct journey {
	int trap;
	char *from;
	char *to;
	size_t bytes;
};

static int prepare_journey(struct subject *subject, struct journey *journey)
{
	journey->from = subject->memory.start;
	journey->bytes = subject->memory.bytes;
	journey->to = usermem_map(journey->bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (journey->to == MAP_FAILED)
		return -errno;
	journey->trap = trap_set(journey->to, journey->bytes, UFFDIO_REGISTER_MODE_MISSING);
	return journey->trap < 0 ? journey->trap : 0;
}

static int make_journey(void *argument)
{
	struct journey *journey = argument;

	return trap_move(journey->trap, journey->to, journey->from, journey->bytes);
}

/*
 * PLACEMENT: the kernel refuses to move what is pinned; what nobody holds moves. A large folio that
 * is mapped by PTEs has to be split first, which fails if there is any reference; else a plain
 * reference goes with its page.
 */
static void verdict_journey(struct subject *subject, struct journey *journey,
			    struct verdict *verdict)
{
	struct errand errand = { .call = make_journey, .argument = journey };
	bool pinned = subject_holds(subject, HOLD_PIN), none = subject_holds(subject, HOLD_NONE);
	int error = errand_start(&errand);

	verdict_start(verdict, "PLACEMENT");
	if (error)
		return verdict_failed(verdict, "cannot make a thread", error);
	if (!errand_returns(&errand)) {
		verdict_broken(verdict, "UFFDIO_MOVE does not return while the page is held", 0);
		subject_release(subject);
		error = errand_end(&errand);
	} else {
		error = errand_end(&errand);
		if (none ? error : pinned ? error != -EBUSY : error && error != -EBUSY)
			verdict_broken(verdict, none ? "not moved" : pinned ? "expected EBUSY" :
				       "expected a move, or EBUSY", 0);
	}
	if (!error)
		subject->memory.start = journey->to;
	verdict_note(verdict, "hold=%s outcome=\"%s\" cpu_ms=%lld", subject->product->hold->name,
		     error ? strerror(-error) : "moved", (long long)errand.cpu_ms);
}

/*
 * PLACEMENT, SYNC, REUSE. UFFDIO_MOVE runs in a thread: up to 6.12 and beyond it tries again for ever
 * where a held folio cannot be split, and the only thing that ends it is that the hold is given back.
 */
SCENARIO(userfault, moved, .rows = "B10 B11 R63", .event = "uffd_move", .not_memory = MEMORY_HUGETLB,
	 .needs = NEEDS_UFFD_MOVE | NEEDS_THREADS)
{
	struct journey journey;
	struct witness before;

	ASSERT_DONE(prepare_journey(subject, &journey));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	EXPECT_VERDICT(verdict_journey, subject, &journey);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
	close(journey.trap);
	if (subject->memory.start == journey.to)
		munmap(journey.from, journey.bytes);
}

/* Reads by the subject's hold, by process_vm_readv() and by vmsplice(). Return: 0 or -errno. */
static int read_by_references(void *argument)
{
	struct subject *subject = argument;
	const struct memory *memory = &subject->memory;
	int error = subject_hold(subject), pipe[2];

	if (!error && pipe2(pipe, O_CLOEXEC))
		error = -errno;
	if (error)
		return error;
	for (size_t i = 0; i < memory->samples && !error; i++) {
		uint64_t words[AREA_WORDS];
		struct iovec local = { words, AREA_BYTES }, remote = {
			memory->start + area_offset(memory, CPU_AREA, i), AREA_BYTES,
		};

		if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != AREA_BYTES ||
		    vmsplice(pipe[1], &remote, 1, 0) != AREA_BYTES)
			error = -errno;
		else if (pattern_generation(memory, CPU_AREA, i, words) != BEFORE)
			error = -EBADMSG;
	}
	close(pipe[0]);
	close(pipe[1]);
	return error;
}

static void verdict_no_write_fault(struct subject *subject, int trap, struct verdict *verdict)
{
	struct errand errand = { .call = read_by_references, .argument = subject };
	bool returned, sprung;
	int error = errand_start(&errand);

	verdict_start(verdict, "TRACKING");
	if (error)
		return verdict_failed(verdict, "cannot make a thread", error);
	returned = errand_returns(&errand);
	sprung = trap_was_sprung(trap);
	if (!returned)
		trap_protect(trap, subject->memory.start, subject->memory.bytes, false);
	error = errand_end(&errand);
	if (!returned || sprung)
		verdict_broken(verdict, "a reader waits for the handler of write faults", 0);
	else if (error)
		return verdict_failed(verdict, "cannot read", error);
	verdict_note(verdict, "hold=%s returned=%d handler_called=%d",
		     subject->product->hold->name, returned, sprung);
}

/*
 * TRACKING. A reader of write-protected memory is no writer: it must not wait for the handler. Linux
 * 5.8 took each plain reference for reading by a write fault (17839856fd58).
 */
SCENARIO(userfault, read_while_protected, .rows = "B6 R17", .event = "uffd_wp",
	 .not_hold = HOLD_NONE | HOLD_WRITE, .not_memory = MEMORY_HUGETLB,
	 .needs = NEEDS_UFFD_WP | NEEDS_THREADS)
{
	int trap = trap_set(subject->memory.start, subject->memory.bytes, UFFDIO_REGISTER_MODE_WP);

	ASSERT_DONE(trap);
	ASSERT_DONE(trap_protect(trap, subject->memory.start, subject->memory.bytes, true));
	EXPECT_VERDICT(verdict_no_write_fault, subject, trap);
	EXPECT_DEVICE_SEES(subject, BEFORE);
	close(trap);
}

static int hold_all(void *argument)
{
	return subject_hold(argument);
}

/*
 * TRACKING. The control: a hold for writing waits until the handler allows the write. A driver that keeps
 * mmap_lock while it pins, as io_uring did in 5.10, cannot wait: its pin fails.
 */
SCENARIO(userfault, held_for_writing_while_protected, .rows = "R16 R17", .event = "uffd_wp",
	 .hold = HOLD_WRITE, .not_hold = HOLD_DRIVER, .not_memory = MEMORY_HUGETLB,
	 .needs = NEEDS_UFFD_WP | NEEDS_THREADS)
{
	struct errand errand = { .call = hold_all, .argument = subject };
	int trap = trap_set(subject->memory.start, subject->memory.bytes, UFFDIO_REGISTER_MODE_WP);
	uintptr_t address = 0;

	ASSERT_DONE(trap);
	ASSERT_DONE(trap_protect(trap, subject->memory.start, subject->memory.bytes, true));
	ASSERT_DONE(errand_start(&errand));
	ASSERT_DONE(trap_wait(trap, &address));
	EXPECT_FALSE(errand.done);
	EXPECT_EQ((uintptr_t)subject->memory.start, address & ~(PAGE_BYTES - 1));
	ASSERT_DONE(trap_protect(trap, subject->memory.start, subject->memory.bytes, false));
	ASSERT_DONE(errand_end(&errand));
	evidence("handler_called=1 first_byte=%zu", (size_t)(address - (uintptr_t)subject->memory.start));
	EXPECT_SYNC(subject, BEFORE);
	close(trap);
}

/* Takes all access from the memory, or gives the access back. */
static int deny_all(int trap, struct subject *subject, bool deny)
{
	return trap_deny(trap, subject->memory.start, subject->memory.bytes, deny);
}

/* TRACKING: the thread's access waits, and the handler hears of an access to the first page. */
static void verdict_access_waits(struct subject *subject, int trap, struct errand *errand,
				 struct verdict *verdict)
{
	uintptr_t start = (uintptr_t)subject->memory.start, address = 0;
	bool sprung = false, done = false;
	int error = 0;

	verdict_start(verdict, "TRACKING");
	while (!sprung && !done && suite_has_time()) {
		sched_yield();
		done = __atomic_load_n(&errand->done, __ATOMIC_ACQUIRE);
		sprung = trap_was_sprung(trap);
	}
	if (sprung)
		error = trap_wait(trap, &address);
	if (error)
		return verdict_failed(verdict, "cannot read the message of the userfaultfd", error);
	if (done)
		verdict_broken(verdict, "the access did not wait for the handler", 0);
	else if (!sprung)
		verdict_broken(verdict, "the access neither ends nor calls the handler", 0);
	else if (address - start >= PAGE_BYTES)
		verdict_broken(verdict, "the handler hears of another page", 0);
	verdict_note(verdict, "hold=%s handler_called=%d returned=%d first_byte=%zu",
		     subject->product->hold->name, sprung, done, sprung ? (size_t)(address - start) : 0);
}

/*
 * TRACKING, SYNC. Whoever manages the memory of a virtual machine must see each access to it, that of a
 * device, too: a hold of any kind waits until the access is given back, on the page that was there.
 */
SCENARIO(userfault, held_while_denied, .rows = "B3 B4 R64", .event = "uffd_rwp", .not_hold = HOLD_NONE,
	 .needs = NEEDS_UFFD_RWP | NEEDS_THREADS)
{
	struct errand errand = { .call = hold_all, .argument = subject };
	int trap = trap_set(subject->memory.start, subject->memory.bytes, UFFDIO_REGISTER_MODE_RWP);
	struct witness before;

	ASSERT_DONE(trap);
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(deny_all(trap, subject, true));
	ASSERT_DONE(errand_start(&errand));
	EXPECT_VERDICT(verdict_access_waits, subject, trap, &errand);
	ASSERT_DONE(deny_all(trap, subject, false));
	ASSERT_DONE(errand_end(&errand));
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_SYNC(subject, BEFORE);
	close(trap);
}

static int fill_after(void *argument)
{
	struct subject *subject = argument;

	memory_fill(&subject->memory, AFTER);
	return 0;
}

static int page_all_out(struct subject *subject)
{
	const struct memory *memory = &subject->memory;

	return usermem_page_out(memory->start, memory->bytes, memory->pagemap);
}

/*
 * TRACKING, ISOLATION. The memory is denied, swapped out, and then shared with a child. The write that
 * brings a page back must wait for the handler as any other: it may neither go on, nor copy the page.
 */
SCENARIO(userfault, swapped_and_shared_while_denied, .rows = "B6 R18 R64", .event = "swap",
	 .hold = HOLD_NONE, .not_memory = MEMORY_HUGETLB,
	 .needs = NEEDS_UFFD_RWP | NEEDS_THREADS | NEEDS_SWAP)
{
	struct errand errand = { .call = fill_after, .argument = subject };
	int trap = trap_set(subject->memory.start, subject->memory.bytes, UFFDIO_REGISTER_MODE_RWP);

	ASSERT_DONE(trap);
	ASSERT_DONE(deny_all(trap, subject, true));
	ASSERT_DONE(page_all_out(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(errand_start(&errand));
	EXPECT_VERDICT(verdict_access_waits, subject, trap, &errand);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	ASSERT_DONE(deny_all(trap, subject, false));
	ASSERT_DONE(errand_end(&errand));
	EXPECT_CPU_SEES(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	close(trap);
}

/*
 * ISOLATION, SYNC. Protection from reading and writing is PROT_NONE with a mark, and the resolved page
 * may be writable: fork must take that permission away as from any other page.
 */
SCENARIO(userfault, access_given_back_then_forked, .rows = "B10 B11 R64", .event = "fork",
	 .needs = NEEDS_UFFD_RWP)
{
	int trap = trap_set(subject->memory.start, subject->memory.bytes,
			    UFFDIO_REGISTER_MODE_RWP);

	ASSERT_DONE(trap);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(deny_all(trap, subject, true));
	ASSERT_DONE(deny_all(trap, subject, false));
	ASSERT_DONE(subject_fork(subject, 1));
	memory_fill(&subject->memory, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_PROMISE(subject, ACROSS_FORK, BEFORE, AFTER);
	close(trap);
}

/*
 * ISOLATION, SYNC. The memory is protected while the process forks. The child is not under the
 * userfaultfd and reads at once; the parent gets its access back, and must not write to a shared page.
 */
SCENARIO(userfault, forked_while_denied, .rows = "B10 B11 R64", .event = "fork",
	 .needs = NEEDS_UFFD_RWP)
{
	int trap = trap_set(subject->memory.start, subject->memory.bytes,
			    UFFDIO_REGISTER_MODE_RWP);

	ASSERT_DONE(trap);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(deny_all(trap, subject, true));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	ASSERT_DONE(deny_all(trap, subject, false));
	memory_fill(&subject->memory, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_PROMISE(subject, ACROSS_FORK, BEFORE, AFTER);
	close(trap);
}

PINCHECK_TEST_MAIN
