// SPDX-License-Identifier: GPL-2.0-only
/*
 * holders: drivers of the kernel's own hold the memory, and move bytes: udmabuf by a mapping of its
 * buffer, RDMA by a queue pair, io_uring by a fixed buffer, V4L2 by frames, AF_XDP by packets, TCP by its queue
 * of data (MSG_ZEROCOPY), O_DIRECT while the file or the disk does not answer, process_vm_readv() and
 * process_vm_writev() while the copy stands, vmsplice() by a pipe. The promises are those of the module's holds.
 */
#include "kinds_suite.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "capability.h"
#include "hold_uring.h"
#include "holder_suite.h"
#include "pin_accounting.h"
#include "rdma_link.h"

#define COME_BACK_TRIES	10

#define HOLDERS_OF_PROCESS(X, topic, memory)							\
	X(topic, memory, rdma)									\
	X(topic, memory, uring)

/* udmabuf holds pages of a file. io_uring of 5.10 refuses files, but not those of hugetlb. */
#define HOLDERS_OF_FILE(X, topic, memory)							\
	X(topic, memory, udmabuf)								\
	X(topic, memory, rdma)

/* MSG_ZEROCOPY has plain references, all others pins. */
#define HOLDERS_BY_NETWORK(X, topic, memory)							\
	X(topic, memory, xdp)									\
	X(topic, memory, zerocopy)

TOPIC(holders)
HOLDERS_OF_PROCESS(TOPIC_VARIANT, holders, base)
HOLDERS_OF_PROCESS(TOPIC_VARIANT, holders, thp_pmd)
HOLDERS_OF_PROCESS(TOPIC_VARIANT, holders, hugetlb)
HOLDERS_OF_FILE(TOPIC_VARIANT, holders, shmem_shared)
HOLDERS_OF_FILE(TOPIC_VARIANT, holders, memfd_hugetlb)
TOPIC_VARIANT(holders, memfd_hugetlb, uring)
HOLDERS_BY_NETWORK(TOPIC_VARIANT, holders, base)
HOLDERS_BY_NETWORK(TOPIC_VARIANT, holders, thp_pmd)
TOPIC_VARIANT(holders, hugetlb, zerocopy)
TOPIC_VARIANT(holders, shmem_shared, xdp)
TOPIC_VARIANT(holders, base, odirect)
TOPIC_VARIANT(holders, thp_pmd, odirect)
TOPIC_VARIANT(holders, shmem_shared, odirect)
TOPIC_VARIANT(holders, base, odirect_disk)
TOPIC_VARIANT(holders, base, process_vm)
TOPIC_VARIANT(holders, shmem_shared, process_vm)
TOPIC_VARIANT(holders, base, vmsplice)
TOPIC_VARIANT(holders, shmem_shared, vmsplice)
/* A frame takes V4L2 some milliseconds. */
TOPIC_VARIANT(holders, base, v4l2)
TOPIC_VARIANT(holders, shmem_shared, v4l2)
/* A region that is paged on demand follows the mapping, and has no reference. */
TOPIC_VARIANT(holders, base, rdma_odp)
TOPIC_VARIANT(holders, thp_pmd, rdma_odp)
TOPIC_VARIANT(holders, shmem_shared, rdma_odp)

SUITE_PREPARE
{
	rdma_link_for_run();
}

/* Is the memory of the variant a file that its mapping shows? */
static bool file_is_shared(const void *variant)
{
	const struct product *product = variant;

	return product->memory->file && product->memory->flags & MAP_SHARED;
}

/* O_DIRECT to a file shows the same of these events as O_DIRECT to a disk. */
static bool driver_is_no_disk(const void *variant)
{
	const struct product *product = variant;

	return product->hold != &hold_odirect_disk;
}

static bool child_can_be_wiped(const void *variant)
{
	const struct product *product = variant;

	return !product->memory->file && driver_is_no_disk(variant);
}

SCENARIO(holders, held, .rows = "B4 B5 B10 R88", .event = "write")
{
	kind_meets_writes(_metadata, subject);
}

static int64_t pins_of_driver(const struct subject *subject)
{
	const struct hold *hold = &subject->hold;
	int64_t pins = hold->own_pins;

	if (subject_is(subject, MEMORY_LARGE))
		return pins + hold_expected_pins(hold, 0, true);
	for (size_t i = 0; i < subject->memory.samples; i++)
		pins += hold_expected_pins(hold, i, false);
	return pins;
}

/*
 * ACCURACY. The driver's pins move the machine's counters: one a page, or one a folio, or more where the
 * driver pins a page more than once. What the device has of its own is pinned, too.
 */
SCENARIO(holders, counted, .rows = "B14", .event = "pin", .not_hold = HOLD_GET)
{
	int64_t held, after, expected;
	long pinned, locked;

	ASSERT_DONE(subject_hold(subject));
	expected = pins_of_driver(subject);
	ASSERT_DONE(pins_surplus(&held));
	pinned = vm_pin_kib();
	locked = vm_lck_kib();
	ASSERT_DONE(subject_release(subject));
	ASSERT_DONE(pins_surplus(&after));
	evidence("nr_foll_pin=%lld expected=%lld own_pins=%lld after=%lld vm_pin_kib=%ld vm_lck_kib=%ld",
		 (long long)held, (long long)expected, (long long)subject->hold.own_pins,
		 (long long)after, pinned, locked);
	EXPECT_EQ(expected, held);
	EXPECT_EQ(0, after);
}

/* ACCURACY. A driver without FOLL_PIN has one reference a page, which nobody can tell from another's. */
SCENARIO(holders, referenced, .rows = "R35 B2 B14", .event = "get", .hold = HOLD_GET)
{
	struct counts before;
	int64_t held;

	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_CHANGE(subject, &before, memory_pages(&subject->memory), 1);
	ASSERT_DONE(pins_surplus(&held));
	evidence("nr_foll_pin=%lld expected=0", (long long)held);
	EXPECT_EQ(0, held);
	ASSERT_DONE(subject_release(subject));
	EXPECT_CHANGE(subject, &before, 0, 0);
}

/* What a driver answers a process that may not lock as much memory; 0: this driver counts no memory. */
static int answer_above_limit(const struct hold_kind *kind)
{
	static const struct {
		const struct hold_kind *kind;
		int answer;
	} limited[] = {
		{ &hold_rdma, -ENOMEM }, { &hold_uring, -ENOMEM }, { &hold_xdp, -ENOBUFS },
		{ &hold_zerocopy, -ENOBUFS },
	};

	for (size_t i = 0; i < sizeof(limited) / sizeof(*limited); i++) {
		if (limited[i].kind == kind)
			return limited[i].answer;
	}
	return 0;
}

static bool charges(const struct subject *subject, enum hold_charge charge)
{
	return subject->product->hold->charges & charge;
}

/* Root of a container has no CAP_SYS_RESOURCE, and raises its limit up to the hard one only. */
static int raise_memlock_limit(void)
{
	struct rlimit limit = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };

	if (!setrlimit(RLIMIT_MEMLOCK, &limit))
		return 0;
	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0;
}

/* ACCURACY. The pages count in VmPin or VmLck of the process, or in neither, and no longer than they are held. */
SCENARIO(holders, accounted, .rows = "B14 P9", .event = "none", .needs = NEEDS_CAPABILITIES)
{
	long kib = memory_pages(&subject->memory) * PAGE_BYTES / 1024, device_kib;
	long pin_before = vm_pin_kib(), lck_before = vm_lck_kib(), pin, lck;

	/* Newer kernels count nothing that io_uring pins for a process with this capability. */
	ASSERT_DONE(raise_memlock_limit());
	ASSERT_DONE(capability_drop(CAP_IPC_LOCK));
	ASSERT_DONE(subject_hold(subject));
	device_kib = charges(subject, CHARGE_OWN) ? subject->hold.own_pins * PAGE_BYTES / 1024 : 0;
	pin = vm_pin_kib();
	lck = vm_lck_kib();
	ASSERT_DONE(subject_release(subject));
	ASSERT_DONE(capability_raise(CAP_IPC_LOCK));
	evidence("held_kib=%ld vm_pin_kib_before=%ld vm_pin_kib=%ld vm_lck_kib_before=%ld vm_lck_kib=%ld",
		 kib, pin_before, pin, lck_before, lck);
	EXPECT_EQ(pin_before + device_kib + (charges(subject, CHARGE_VM_PIN) ? kib : 0), pin);
	/* io_uring of 5.10 counts the pages of its ring there. */
	if (charges(subject, CHARGE_VM_LCK))
		EXPECT_EQ(lck_before + kib, lck);
	EXPECT_EQ(pin_before, vm_pin_kib());
	EXPECT_EQ(lck_before, vm_lck_kib());
}

/* CLEAN. A registration failed: nothing is pinned, and nothing counts. */
static void verdict_refused_whole(struct subject *subject, int expected, int answer, long pin_before,
				  struct verdict *verdict)
{
	int64_t surplus, end = moment_end();
	long pin = vm_pin_kib();
	int error;

	verdict_start(verdict, "CLEAN");
	do {
		error = pins_surplus(&surplus);
	} while (!error && surplus && moment_goes_on(end));
	if (error)
		return verdict_failed(verdict, "cannot count", error);
	if (answer != expected)
		verdict_broken(verdict, "the kernel answers otherwise", 0);
	if (surplus)
		verdict_broken(verdict, "what was refused stays pinned", 0);
	if (pin != pin_before)
		verdict_broken(verdict, "what was refused stays counted", 0);
	verdict_note(verdict, "hold=%s outcome=\"%s\" expected=\"%s\" pins_surplus=%lld vm_pin_kib=%ld",
		     subject->product->hold->name, answer ? strerror(-answer) : "held", strerror(-expected),
		     (long long)surplus, pin);
}

/* A DMA buffer is a part of a file, and a frame of V4L2 has a size of its own. */
static bool driver_takes_addresses(const void *variant)
{
	const struct product *product = variant;

	return product->hold != &hold_udmabuf && product->hold != &hold_v4l2;
}

/* Nothing is at @page any more, and nothing will be: a driver maps memory of its own when it is opened. */
static int leave_hole(const struct memory *memory, size_t page)
{
	void *hole = mmap(memory_address(memory, page), PAGE_BYTES, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return hole == MAP_FAILED ? -errno : 0;
}

/* CLEAN, ACCURACY. The last page is not there: the driver gives back those before it, and then takes them. */
SCENARIO(holders, hole_refused, .rows = "B14 P7", .event = "munmap", .not_memory = MEMORY_HUGETLB,
	 .hold = HOLD_PIN | HOLD_LONGTERM, .exists = driver_takes_addresses)
{
	int expected = subject->product->hold == &hold_xdp ? -ENOMEM : -EFAULT;
	struct memory *memory = &subject->memory;
	size_t pages = memory_pages(memory) - 1;
	long pin_before = vm_pin_kib();

	ASSERT_DONE(leave_hole(memory, pages));
	EXPECT_VERDICT(verdict_refused_whole, subject, expected, subject_hold(subject), pin_before);
	/* The last sample is in the last page. */
	memory->bytes -= PAGE_BYTES;
	memory->samples--;
	EXPECT_ACCURATE(subject);
	ASSERT_DONE(subject_hold(subject));
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/* ACCURACY. One page more than RLIMIT_MEMLOCK, and no CAP_IPC_LOCK: nothing of the memory stays held. */
SCENARIO(holders, limited, .rows = "B5 B14 P9", .event = "none", .not_memory = MEMORY_LARGE,
	 .needs = NEEDS_CAPABILITIES)
{
	const rlim_t less = subject->memory.bytes - PAGE_BYTES;
	const struct rlimit limit = { .rlim_cur = less, .rlim_max = less };
	int expected = answer_above_limit(subject->product->hold), answer;
	long pin_before = vm_pin_kib();

	ASSERT_DONE(capability_drop(CAP_IPC_LOCK));
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	answer = subject_hold(subject);
	evidence("limit_kib=%zu outcome=%s expected=%s", (size_t)less / 1024,
		 answer ? strerrorname_np(-answer) : "held",
		 expected ? strerrorname_np(-expected) : "held");
	EXPECT_EQ(expected, answer);
	EXPECT_ACCURATE(subject);
	if (answer)
		EXPECT_VERDICT(verdict_refused_whole, subject, expected, answer, pin_before);
	ASSERT_DONE(capability_raise(CAP_IPC_LOCK));
	if (!answer)
		return;
	ASSERT_DONE(subject_hold(subject));
	EXPECT_ACCURATE(subject);
}

static bool driver_is_uring(const void *variant)
{
	const struct product *product = variant;

	return product->hold == &hold_uring;
}

/* CLEAN, ACCURACY. Of two buffers the second is bad: the first one, which was pinned, is given back. */
SCENARIO(holders, second_range_refused, .rows = "B14 P7", .event = "none", .exists = driver_is_uring)
{
	struct memory *memory = &subject->memory;
	struct iovec ranges[] = {
		{ memory->start, memory->bytes }, { .iov_len = PAGE_BYTES },
	};
	long pin_before = vm_pin_kib();
	int answer;

	ranges[1].iov_base = mmap(NULL, PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, ranges[1].iov_base);
	answer = hold_uring_register(ranges, 2);
	EXPECT_VERDICT(verdict_refused_whole, subject, -EFAULT, answer, pin_before);
	EXPECT_ACCURATE(subject);
	EXPECT_EQ(0, hold_uring_register(ranges, 1));
}

SCENARIO(holders, forked, .rows = "B10 B11 R28 R29 R30 R34", .event = "fork")
{
	kind_meets_fork(_metadata, subject);
}

/* ISOLATION. In a private mapping the driver sees no write of the child, and the child none of the driver. */
SCENARIO(holders, child_writes, .rows = "B10 B11 R28 R29 R30", .event = "fork")
{
	enum generation seen = subject_is_shared(subject) ? BY_CHILD : BEFORE;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
	EXPECT_SYNC(subject, seen);
	EXPECT_CPU_SEES(subject, seen);
	if (!subject_is_shared(subject))
		EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
}

/* SYNC, ISOLATION. Only the first page is registered; its neighbours, in the same huge page too, are not. */
SCENARIO(holders, forked_beside, .rows = "B10 B11 R28 R29 R30", .event = "fork",
	 .not_hold = HOLD_GET, .exists = driver_takes_addresses)
{
	bool shared = subject_is_shared(subject);

	ASSERT_DONE(subject_hold_part(subject, 0, 1));
	ASSERT_DONE(subject_fork(subject, 1));
	memory_fill(&subject->memory, AFTER);
	EXPECT_CHILD_SEES(subject, 0, shared ? AFTER : BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

SCENARIO(holders, forked_without, .rows = "B10 B11", .event = "fork", .exists = driver_is_no_disk)
{
	holder_meets_dontfork(_metadata, subject);
}

/* Files, and so hugetlb, refuse the advice. */
SCENARIO(holders, forked_wiped, .rows = "B10 B11", .event = "fork",
	 .not_memory = MEMORY_HUGETLB, .exists = child_can_be_wiped)
{
	holder_meets_wipeonfork(_metadata, subject);
}

SCENARIO(holders, spliced, .rows = "B6 B10 B11 R2 R34", .event = "vmsplice")
{
	holder_meets_vmsplice(_metadata, subject);
}

/*
 * SYNC, ISOLATION. The driver begins while a child shares the page. Also a driver that only reads must first
 * make the page the process' own: else the next write leaves it with the child's page.
 */
SCENARIO(holders, held_while_shared, .rows = "B3 B10 B11 R22", .event = "fork", .hold = HOLD_PIN,
	 .not_memory = MEMORY_SHMEM)
{
	enum generation seen = subject_is_shared(subject) ? AFTER : BEFORE;

	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(subject_hold(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_CHILD_SEES(subject, 0, seen);
	EXPECT_SYNC(subject, AFTER);
	if (!subject_is_shared(subject))
		EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_ACCURATE(subject);
}

SCENARIO(holders, cleared, .rows = "B10 B11 B12 R13 R14", .event = "clear_refs")
{
	kind_meets_clear_refs(_metadata, subject);
}

SCENARIO(holders, scan_cleared, .rows = "B10 B11 B12 B27", .event = "uffd_wp", .exists = driver_is_no_disk)
{
	holder_meets_scan(_metadata, subject);
}

/* The migration of a process whose memory a device writes to, by RDMA for example: each asks another tracker. */
SCENARIO(holders, dumped, .rows = "B20 B24 B26 R14 R67 R74", .event = "clear_refs", .hold = HOLD_WRITE,
	 .not_hold = HOLD_MIRROR)
{
	holder_meets_tracker(_metadata, subject, &tracker_soft_dirty);
}

SCENARIO(holders, scanned, .rows = "B20 R66", .event = "uffd_wp", .hold = HOLD_WRITE,
	 .not_hold = HOLD_MIRROR)
{
	holder_meets_tracker(_metadata, subject, &tracker_uffd_async);
}

SCENARIO(holders, trapped, .rows = "B20 R66", .event = "uffd_wp", .hold = HOLD_WRITE,
	 .not_hold = HOLD_MIRROR)
{
	holder_meets_tracker(_metadata, subject, &tracker_uffd_sync);
}

SCENARIO(holders, protected, .rows = "B10 B11 B12 R20", .event = "mprotect")
{
	kind_meets_protection(_metadata, subject);
}

/* SYNC, REUSE. Reclaim must not take the page, and must not unmap it for another. */
SCENARIO(holders, swapped, .rows = "B10 B11 B34 R18 R19", .event = "reclaim",
	 .not_memory = MEMORY_HUGETLB, .needs = NEEDS_SWAP)
{
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(usermem_try_page_out(memory->start, memory->bytes));
	memory_read_samples(memory);
	if (!subject_holds(subject, HOLD_MIRROR))
		EXPECT_SAME_PAGE(subject, &before);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

SCENARIO(holders, migrated, .rows = "B10 B11", .event = "migrate", .needs = NEEDS_POISON)
{
	holder_meets_migration(_metadata, subject);
}

/*
 * ISOLATION, SYNC. The process gives private memory up: the driver keeps its page, and the process gets
 * another. Shared memory is in the file: the process maps the same page again.
 */
SCENARIO(holders, dontneed, .rows = "B1 B10", .event = "madvise", .not_memory = MEMORY_HUGETLB)
{
	struct memory *memory = &subject->memory;
	struct counts held;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(counts_take(subject, &held));
	ASSERT_DONE(holder_advises(memory, MADV_DONTNEED));
	if (subject_is_shared(subject)) {
		memory_fill(memory, AFTER);
		EXPECT_SYNC(subject, AFTER);
		return;
	}
	/* Nobody else has the page: the release will free it. */
	holder_is_left_alone(_metadata, subject, &held, holder_references(subject, &held));
}

SCENARIO(holders, unmapped, .rows = "B1 B10", .event = "munmap")
{
	holder_meets_munmap(_metadata, subject);
}

SCENARIO(holders, unmapped_after_fork, .rows = "R2 R3 R4 B6", .event = "munmap", .not_hold = HOLD_MIRROR)
{
	holder_leaves_page_to_child(_metadata, subject);
}

/* ISOLATION, ACCURACY. A hole takes the page out of the file: the driver keeps it, the file gets another. */
SCENARIO(holders, punched, .rows = "B1 B10 R72", .event = "punch_hole", .exists = file_is_shared)
{
	const struct memory *memory = &subject->memory;
	struct counts held;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(counts_take(subject, &held));
	ASSERT_DONE(fallocate(memory->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			      memory->bytes) ? -errno : 0);
	holder_is_left_alone(_metadata, subject, &held, holder_references(subject, &held));
}

static int truncate_and_grow(const struct memory *memory)
{
	return ftruncate(memory->file, 0) || ftruncate(memory->file, memory->bytes) ? -errno : 0;
}

/* The same by truncation. A driver that asks for a seal against this has what the file has, for ever. */
SCENARIO(holders, truncated, .rows = "B1 B10 R72", .event = "truncate", .exists = file_is_shared)
{
	bool sealed = subject_holds(subject, HOLD_SEALS);
	struct counts held;
	int answer;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(counts_take(subject, &held));
	answer = truncate_and_grow(&subject->memory);
	evidence("outcome=\"%s\"", strerror(-answer));
	EXPECT_EQ(sealed ? -EPERM : 0, answer);
	if (sealed)
		EXPECT_SYNC(subject, BEFORE);
	else if (!answer)
		holder_is_left_alone(_metadata, subject, &held, holder_references(subject, &held));
}

/* The kernel may unpin in a work queue, and not before an RCU grace period is over (AF_XDP). */
static bool pins_come_back(char *why, size_t size)
{
	bool back = false;

	for (int i = 0; i < COME_BACK_TRIES && !back; i++)
		back = pins_agree(why, size);
	return back;
}

/* Pins of the driver, or the references of one that has no pins, to the first page. */
static int count_held(struct subject *subject, const struct counts *before, int64_t *held)
{
	struct counts now;
	int error;

	if (!(subject->hold.kind->traits & HOLD_GET))
		return pins_surplus(held);
	/* A driver that writes has made a copy of the page, and the pagemap of @subject is the parent's. */
	if (subject_holds(subject, HOLD_WRITE)) {
		*held = hold_expected_units(&subject->hold, 0, subject_is(subject, MEMORY_LARGE));
		return 0;
	}
	error = counts_again(subject, before, &now);
	if (!error)
		*held = now.report[0].refcount - before->report[0].refcount;
	return error;
}

/* Takes the hold as a driver of this process, and dies with it. */
static void die_holding(struct subject *subject, int told)
{
	struct counts before;
	int64_t held;

	if (!counts_take(subject, &before) && !subject_hold(subject) &&
	    !count_held(subject, &before, &held) && write(told, &held, sizeof(held)) == sizeof(held))
		kill(getpid(), SIGKILL);
	_exit(1);
}

/* Return: what count_held() says when the process dies, or a negative errno */
static int64_t let_die_holding(struct subject *subject)
{
	int channel[2], status;
	int64_t held = -EIO;
	pid_t child;

	if (pipe(channel))
		return -errno;
	child = fork();
	if (!child)
		die_holding(subject, channel[1]);
	close(channel[1]);
	if (read(channel[0], &held, sizeof(held)) != sizeof(held))
		held = -EIO;
	close(channel[0]);
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
		return cause_say(-EIO, "the process could not take the hold");
	return held;
}

/* CLEAN. A process is killed while a driver holds its memory: the kernel gives everything back. */
SCENARIO(holders, killed, .rows = "B14", .event = "exit")
{
	char why[200] = "";
	int64_t held;
	bool back;

	SUITE_NEEDS(pins_readable() ? 0 : NEEDS_ROOT);
	SUITE_NEEDS(subject_holds(subject, HOLD_PIN) ? 0 : NEEDS_MODULE);
	held = let_die_holding(subject);
	ASSERT_DONE(held < 0 ? (int)held : 0);
	back = pins_come_back(why, sizeof(why));
	evidence("held=%lld back=%d why=\"%s\"", (long long)held, back, why);
	EXPECT_LT(0, held);
	EXPECT_TRUE(back);
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_ACCURATE(subject);
}

/* Return: pins that the machine has beyond those at the beginning, or a negative errno */
static int64_t pins_now(void)
{
	int64_t pins;
	int error = pins_surplus(&pins);

	return error ? error : pins;
}

/*
 * Takes the hold, and becomes another program, which prints more than the pipe holds: it waits there. Without the
 * environment it prints the names of all cases, not of those that were chosen.
 */
static _Noreturn void exec_holding(struct subject *subject, int told)
{
	int64_t held = subject_hold(subject);

	if (!held)
		held = fcntl(told, F_SETPIPE_SZ, (int)PAGE_BYTES) < 0 ? -errno : pins_now();
	if (write(told, &held, sizeof(held)) == sizeof(held) && held > 0 &&
	    dup2(told, STDOUT_FILENO) == STDOUT_FILENO)
		execle("/proc/self/exe", "holders", "-l", NULL, (char *[]){ NULL });
	_exit(1);
}

/* Return: pins that the process had before it became another program, which runs; or a negative errno */
static int64_t let_exec_holding(struct subject *subject, pid_t *child)
{
	int64_t held = -EIO;
	int channel[2];
	char first;

	if (pipe2(channel, O_CLOEXEC))
		return -errno;
	*child = fork();
	if (!*child)
		exec_holding(subject, channel[1]);
	close(channel[1]);
	if (read(channel[0], &held, sizeof(held)) != sizeof(held))
		held = -EIO;
	/* The reading end stays open: the program waits until somebody reads. */
	if (held > 0 && read(channel[0], &first, 1) != 1)
		held = cause_say(-EIO, "the process did not become another program");
	return held;
}

/*
 * CLEAN. The process becomes another program while a driver holds its memory: the pins go with the memory.
 * Not so what is in flight: exec waits for O_DIRECT, and another process keeps the memory that it copies.
 */
SCENARIO(holders, execed, .rows = "B14", .event = "exec", .hold = HOLD_PIN, .not_hold = HOLD_IN_FLIGHT)
{
	char why[200] = "";
	pid_t child = 0;
	int64_t held = let_exec_holding(subject, &child);
	bool back = held > 0 && pins_come_back(why, sizeof(why));
	bool runs = child > 0 && !waitpid(child, NULL, WNOHANG);

	if (runs) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	ASSERT_DONE(held < 0 ? (int)held : 0);
	evidence("pins_held=%lld back=%d runs=%d why=\"%s\"", (long long)held, back, runs, why);
	EXPECT_LT(0, held);
	EXPECT_TRUE(runs);
	EXPECT_TRUE(back);
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_ACCURATE(subject);
}

TOPIC_NEEDS("rdma v4l2");
PINCHECK_TEST_MAIN
