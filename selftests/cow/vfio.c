// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio: memory that VFIO mapped for a device, as QEMU maps the memory of a virtual machine. The device
 * moves bytes by DMA behind an IOMMU, so that no CPU and no page table of a process is in the way. To
 * read or to write takes it 200 ms, so a case looks at one page.
 */
#include "kinds_suite.h"
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "capability.h"
#include "holder_suite.h"
#include "hold_vfio.h"
#include "pin_accounting.h"

/* The page by which the device reads and writes is mapped and pinned, too. */
#define BOUNCE_PAGES	1

TOPIC(vfio)
TOPIC_VARIANT(vfio, base, vfio)
TOPIC_VARIANT(vfio, thp_pmd, vfio)
TOPIC_VARIANT(vfio, hugetlb, vfio)
TOPIC_VARIANT(vfio, shmem_shared, vfio)

SCENARIO(vfio, held, .rows = "B3 B4 B10 B13", .event = "write")
{
	last_page_only(subject);
	kind_meets_writes(_metadata, subject);
}

SCENARIO(vfio, forked, .rows = "B3 B10 B11 R28 R29 R30", .event = "fork")
{
	last_page_only(subject);
	kind_meets_fork(_metadata, subject);
}

SCENARIO(vfio, forked_without, .rows = "B10 B11", .event = "fork")
{
	last_page_only(subject);
	holder_meets_dontfork(_metadata, subject);
}

SCENARIO(vfio, spliced, .rows = "B6 B10 B11 R2", .event = "vmsplice")
{
	last_page_only(subject);
	holder_meets_vmsplice(_metadata, subject);
}

SCENARIO(vfio, migrated, .rows = "B10 B11", .event = "migrate", .needs = NEEDS_POISON)
{
	last_page_only(subject);
	holder_meets_migration(_metadata, subject);
}

SCENARIO(vfio, unmapped, .rows = "B1 B10", .event = "munmap")
{
	last_page_only(subject);
	holder_meets_munmap(_metadata, subject);
}

SCENARIO(vfio, cleared, .rows = "B10 B11 B12 R14", .event = "clear_refs")
{
	last_page_only(subject);
	kind_meets_clear_refs(_metadata, subject);
}

SCENARIO(vfio, protected, .rows = "B10 B11 R13 R20", .event = "mprotect")
{
	last_page_only(subject);
	kind_meets_protection(_metadata, subject);
}

static int advise_memory(struct memory *memory, int advice)
{
	int error = usermem_drain_lru();

	if (!error && madvise(memory->start, memory->bytes, advice))
		error = -errno;
	return error;
}

/* SYNC, REUSE. Reclaim leaves the pages, although the IOMMU's tables are none that it knows. */
SCENARIO(vfio, swapped, .rows = "B10 B11", .event = "swap", .not_memory = MEMORY_HUGETLB,
	 .needs = NEEDS_SWAP)
{
	struct witness before;

	last_page_only(subject);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(advise_memory(&subject->memory, MADV_PAGEOUT));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

/* ISOLATION. The device wrote: the process sees that only where it still has the page. */
static void verdict_apart(struct subject *subject, bool apart, struct verdict *verdict)
{
	struct witness now;
	struct view view;
	int error = witness_take(subject, &now);
	bool same = now.held[0] == now.mapped[0], seen;

	verdict_start(verdict, "ISOLATION");
	if (error)
		return verdict_failed(verdict, "cannot look at the page", error);
	memory_look(&subject->memory, &view);
	seen = view.seen[DEVICE_AREA][0] == BY_DEVICE;
	if (same == apart)
		verdict_broken(verdict, apart ? "the process has the page that it gave up" :
			       "the file has another page", subject->memory.sample[0]);
	if (seen == apart)
		verdict_broken(verdict, apart ? "the process sees the device's write" :
			       "the process does not see the device's write", subject->memory.sample[0]);
	verdict_note(verdict, "held=%" PRIx64 " pfn=%" PRIx64 " process_sees=%s", now.held[0],
		     now.mapped[0], generation_name(view.seen[DEVICE_AREA][0]));
}

/*
 * ISOLATION. What a balloon does to memory of a virtual machine. The process gives private pages up, and
 * the device keeps them: neither sees from now on what the other writes. A file still has its pages.
 */
SCENARIO(vfio, discarded, .rows = "B10 B13", .event = "dontneed", .not_memory = MEMORY_HUGETLB)
{
	last_page_only(subject);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(advise_memory(&subject->memory, MADV_DONTNEED));
	memory_fill(&subject->memory, AFTER);
	EXPECT_FOLLOWS_PAGE(subject, BEFORE, AFTER);
	ASSERT_DONE(hold_fill(&subject->hold, BY_DEVICE));
	EXPECT_VERDICT(verdict_apart, subject, !subject_is_shared(subject));
	ASSERT_DONE(subject_release(subject));
	EXPECT_ACCURATE(subject);
}

static int child_holds(const struct memory *memory, void *argument)
{
	static struct hold hold;

	return hold_take(&hold, argument, memory, 0, memory_pages(memory));
}

/* CLEAN. A process exits whose memory is mapped for a device: all pins go, and the device is free again. */
SCENARIO(vfio, exited, .rows = "B5 B10", .event = "exit", .needs = NEEDS_UNIX)
{
	long pages = memory_pages(&subject->memory);
	int64_t pins;

	last_page_only(subject);
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_run(&subject->child, 0, child_holds, (void *)subject->product->hold));
	ASSERT_DONE(pins_surplus(&pins));
	ASSERT_DONE(child_end(&subject->child));
	evidence("pages=%ld pins_of_child=%" PRId64, pages, pins);
	EXPECT_EQ(pages + BOUNCE_PAGES, pins);
	EXPECT_VERDICT(verdict_given_back, subject, true);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_SYNC(subject, BEFORE);
}

/* ACCURACY. A pin for each page, of a huge page too. */
SCENARIO(vfio, counted, .rows = "B14", .event = "pin")
{
	long expected = memory_pages(&subject->memory) + BOUNCE_PAGES;
	int64_t held;

	last_page_only(subject);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(pins_surplus(&held));
	evidence("nr_foll_pin=%" PRId64 " expected=%ld", held, expected);
	EXPECT_EQ(expected, held);
}

/* ACCURACY. VFIO counts the pages as locked (VmLck), not as pinned. */
SCENARIO(vfio, accounted, .rows = "B3", .event = "none")
{
	long kib = (memory_pages(&subject->memory) + BOUNCE_PAGES) * (long)PAGE_BYTES / 1024;
	long pin_before = vm_pin_kib(), lck_before = vm_lck_kib(), pin, lck;

	last_page_only(subject);
	ASSERT_DONE(subject_hold(subject));
	pin = vm_pin_kib();
	lck = vm_lck_kib();
	ASSERT_DONE(subject_release(subject));
	evidence("held_kib=%ld vm_pin_kib_before=%ld vm_pin_kib=%ld vm_lck_kib_before=%ld vm_lck_kib=%ld",
		 kib, pin_before, pin, lck_before, lck);
	EXPECT_EQ(lck_before + kib, lck);
	EXPECT_EQ(lck_before, vm_lck_kib());
	EXPECT_EQ(pin_before, pin);
}

/* ACCURACY. One page more than RLIMIT_MEMLOCK, and no CAP_IPC_LOCK: nothing of the memory stays pinned. */
SCENARIO(vfio, limited, .rows = "B3", .event = "none", .needs = NEEDS_CAPABILITIES)
{
	struct rlimit limit = {
		.rlim_cur = subject->memory.bytes, .rlim_max = subject->memory.bytes,
	};

	last_page_only(subject);
	ASSERT_DONE(capability_drop(CAP_IPC_LOCK));
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	EXPECT_EQ(-ENOMEM, subject_hold(subject));
	EXPECT_ACCURATE(subject);
	EXPECT_VERDICT(verdict_given_back, subject, true);
	ASSERT_DONE(capability_raise(CAP_IPC_LOCK));
	ASSERT_DONE(subject_hold(subject));
	evidence("limit_kib=%zu outcome=ENOMEM vm_lck_kib=%ld", subject->memory.bytes / 1024,
		 vm_lck_kib());
	EXPECT_ACCURATE(subject);
}

/* The migration of a virtual machine that asks for soft-dirty. */
SCENARIO(vfio, dumped, .rows = "B20 B26 R14 R67 R74", .event = "clear_refs")
{
	last_page_only(subject);
	holder_meets_tracker(_metadata, subject, &tracker_soft_dirty);
}

/* The same that asks PAGEMAP_SCAN. */
SCENARIO(vfio, scanned, .rows = "B20 R66", .event = "clear_refs")
{
	last_page_only(subject);
	holder_meets_tracker(_metadata, subject, &tracker_uffd_async);
}

/* Return: pages of the hold that VFIO's log has, or a negative errno */
static int read_log(struct subject *subject, bool *written)
{
	static uint64_t bits[PMD_PAGES_MAX / 64 + 1];
	size_t page = subject->memory.sample[0];
	int error = hold_vfio_log_read(&subject->hold, bits), count = 0;

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		count += __builtin_popcountll(bits[i]);
	*written = bits[page / 64] >> page % 64 & 1;
	memset(bits, 0, sizeof(bits));
	return error ? error : count;
}

/* TRACKING. VFIO's own log notices: without help from the IOMMU, it takes each mapped page for written. */
SCENARIO(vfio, logged, .rows = "B20", .event = "write")
{
	int first, second;
	bool written;

	last_page_only(subject);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(hold_vfio_log_begin(&subject->hold));
	first = read_log(subject, &written);
	ASSERT_DONE(first);
	ASSERT_DONE(hold_fill(&subject->hold, BY_DEVICE));
	second = read_log(subject, &written);
	ASSERT_DONE(second);
	evidence("pages=%zu logged_first=%d logged=%d", memory_pages(&subject->memory), first, second);
	EXPECT_VERDICT(verdict_noticed, subject, "vfio", written);
}

TOPIC_NEEDS("edu vfio own_guest");
PINCHECK_TEST_MAIN
