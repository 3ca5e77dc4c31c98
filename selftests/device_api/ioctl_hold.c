// SPDX-License-Identifier: GPL-2.0-only
/*
 * HOLD and RELEASE with wrong ranges, rights and limits: the module answers a clear errno, the
 * reason and the address, and holds nothing afterwards. Each row of hold_rows.h is a variant.
 * Invariants: CLEAN, and ACCURACY of the answers.
 */
#include "suite.h"
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "capability.h"
#include "hugetlb_pool.h"
#include "stage.h"

FIXTURE(ioctl_hold)
{
	struct stage stage;
	/* References to the first page of the memory, with that of the mapping. */
	__s32 refcount;
};

STAGE_ROWS(ioctl_hold)

FOR_EACH_HOLD_ROW(STAGE_VARIANT, ioctl_hold)

FIXTURE_SETUP(ioctl_hold)
{
	struct pincheck_report report;

	ASSERT_STAGE_OPEN(&self->stage);
	ASSERT_EQ(0, stage_report(&self->stage, self->stage.memory, &report));
	self->refcount = report.refcount;
}

STAGE_TEARDOWN(ioctl_hold)

/* The answer that a refused HOLD must give. */
struct refusal {
	const void *address;
	size_t length;
	int error;
	__u32 reason;
	/* Index of the page that fails, which is the number of pages before it; only for EFAULT. */
	unsigned int pages;
};

static bool has_nothing(const struct stage *stage)
{
	struct pincheck_info info;

	return !pincheck_info(stage->session, &info) && !info.session_holds && !info.session_pages;
}

static const char *refused_wrongly(FIXTURE_DATA(ioctl_hold) *self, struct hold_row row,
				   struct refusal expected)
{
	struct pincheck_hold *hold = &self->stage.hold;
	__u64 fails = (uintptr_t)expected.address + expected.pages * self->stage.page;
	struct pincheck_report report;
	static char what[WHY];
	int error = stage_hold(&self->stage, row, expected.address, expected.length);

	evidence("addr=%#lx len=%#zx error=\"%s\" reason=%s fail_addr=%#llx pages=%llu",
		 (unsigned long)expected.address, expected.length, strerror(-error),
		 pincheck_reason_name(hold->reason), hold->fail_addr, hold->pages);
	snprintf(what, sizeof(what), "errno %d not %d, reason %s not %s, hold %u", -error,
		 -expected.error, pincheck_reason_name(hold->reason),
		 pincheck_reason_name(expected.reason), hold->hold);
	if (error != expected.error || hold->reason != expected.reason || hold->hold)
		return what;
	if (error == -EFAULT && (hold->fail_addr != fails || hold->pages != expected.pages))
		return "the place that failed is not named rightly";
	if (!has_nothing(&self->stage))
		return "the session still has pages";
	/* Only the page's own count shows that the kernel dropped a reference. */
	if (!stage_report(&self->stage, self->stage.memory, &report) &&
	    report.refcount != self->refcount)
		return "the first page has references more or fewer than before";
	return NULL;
}

#define EXPECT_REFUSAL(...) do {							\
	struct refusal expected_ = { __VA_ARGS__ };					\
	const char *wrong_ = refused_wrongly(self, variant->row, expected_);		\
											\
	EXPECT_EQ(NULL, wrong_) TH_LOG("%s", wrong_);					\
} while (0)

#define EXPECT_REFUSED(address, length, error, reason)					\
	EXPECT_REFUSAL(address, length, error, reason, 0)

/* GUP succeeds up to page number @page of the range. */
#define EXPECT_STOPS_AT(address, length, page, reason)					\
	EXPECT_REFUSAL(address, length, -EFAULT, reason, page)

/* The control: the good request, from which the bad ones are made, is held and given back whole. */
CASE(ioctl_hold, whole_range, .rows = "P6")
{
	struct pincheck_hold *hold = &self->stage.hold;
	struct pincheck_report report;
	struct pincheck_info info;

	ASSERT_EQ(0, stage_hold_all(&self->stage, variant->row));
	EXPECT_NE(0, hold->hold);
	EXPECT_EQ(PINCHECK_REASON_NONE, hold->reason);
	EXPECT_EQ(STAGE_PAGES, hold->pages);
	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	EXPECT_EQ(1, info.session_holds);
	EXPECT_EQ(STAGE_PAGES, info.session_pages);
	if (info.features & PINCHECK_FEAT_PATH) {
		EXPECT_EQ(STAGE_PAGES, variant->row.path == PINCHECK_PATH_FAST ?
			  hold->fast_pages : hold->slow_pages);
	}
	evidence("pages=%llu fast=%llu slow=%llu", hold->pages, hold->fast_pages, hold->slow_pages);
	EXPECT_EQ(STAGE_PAGES, pincheck_release(self->stage.session, hold->hold));
	EXPECT_TRUE(has_nothing(&self->stage));
	ASSERT_EQ(0, stage_report(&self->stage, self->stage.memory, &report));
	EXPECT_EQ(self->refcount, report.refcount);
}

CASE(ioctl_hold, length_zero, .rows = "P1")
{
	EXPECT_REFUSED(self->stage.memory, 0, -EINVAL, PINCHECK_REASON_ARGUMENT);
	EXPECT_REFUSED(NULL, 0, -EINVAL, PINCHECK_REASON_ARGUMENT);
}

CASE(ioctl_hold, length_unaligned, .rows = "P1")
{
	const size_t lengths[] = { 1, 7, 512, PAGE_BYTES - 1, PAGE_BYTES + 1 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		EXPECT_REFUSED(self->stage.memory, lengths[i], -EINVAL, PINCHECK_REASON_ARGUMENT);
}

CASE(ioctl_hold, address_unaligned, .rows = "P1")
{
	const size_t offsets[] = { 1, 8, PAGE_BYTES / 2, PAGE_BYTES - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++)
		EXPECT_REFUSED(self->stage.memory + offsets[i], self->stage.page, -EINVAL,
			       PINCHECK_REASON_ARGUMENT);
}

/* Sums that wrap to small numbers: a check that adds before it compares would accept them. */
CASE(ioctl_hold, range_wraps, .rows = "P1")
{
	size_t page = self->stage.page;
	uintptr_t here = (uintptr_t)self->stage.memory;

	EXPECT_REFUSED(self->stage.memory, 0 - page, -EINVAL, PINCHECK_REASON_ARGUMENT);
	EXPECT_REFUSED(self->stage.memory, 0 - here, -EINVAL, PINCHECK_REASON_ARGUMENT);
	EXPECT_REFUSED(self->stage.memory, 0 - here + page, -EINVAL, PINCHECK_REASON_ARGUMENT);
	EXPECT_REFUSED((void *)(0 - page), page, -EINVAL, PINCHECK_REASON_ARGUMENT);
	EXPECT_REFUSED((void *)(0 - page), 2 * page, -EINVAL, PINCHECK_REASON_ARGUMENT);
}

/* Ranges that begin in the last page of user space (4 or 5 levels of page tables) and leave it. */
CASE(ioctl_hold, leaves_user_space, .rows = "P1")
{
	size_t page = self->stage.page;

	EXPECT_REFUSED((void *)(0x00fffffffffff000), 2 * page, -EINVAL, PINCHECK_REASON_ARGUMENT);
	EXPECT_REFUSED((void *)(0x0100000000000000), page, -EINVAL, PINCHECK_REASON_ARGUMENT);
	EXPECT_REFUSED((void *)(0x7fffffffffffffff & ~(page - 1)), page, -EINVAL,
		       PINCHECK_REASON_ARGUMENT);
}

CASE(ioctl_hold, kernel_address, .rows = "P1")
{
	size_t page = self->stage.page;

	EXPECT_REFUSED((void *)0xffff888000000000, page, -EINVAL, PINCHECK_REASON_ARGUMENT);
	EXPECT_REFUSED((void *)0xffffffff81000000, 2 * page, -EINVAL, PINCHECK_REASON_ARGUMENT);
	EXPECT_REFUSED((void *)0xffffea0000000000, page, -EINVAL, PINCHECK_REASON_ARGUMENT);
	EXPECT_REFUSED((void *)0x8000000000000000, page, -EINVAL, PINCHECK_REASON_ARGUMENT);
}

CASE(ioctl_hold, null_page, .rows = "P7")
{
	EXPECT_STOPS_AT(NULL, self->stage.page, 0, PINCHECK_REASON_UNMAPPED);
}

/* All or nothing: the module gives back the pages before the hole and answers its address. */
CASE(ioctl_hold, hole_at_start, .rows = "P7")
{
	EXPECT_STOPS_AT(self->stage.memory - self->stage.page, self->stage.length, 0,
			PINCHECK_REASON_UNMAPPED);
}

CASE(ioctl_hold, hole_in_the_middle, .rows = "P7")
{
	struct stage *stage = &self->stage;

	for (unsigned int hole = STAGE_PAGES - 2; hole > 0; hole--) {
		munmap(stage->memory + hole * stage->page, stage->page);
		EXPECT_STOPS_AT(stage->memory, stage->length, hole, PINCHECK_REASON_UNMAPPED);
	}
}

CASE(ioctl_hold, hole_at_end, .rows = "P7")
{
	EXPECT_STOPS_AT(self->stage.memory, self->stage.length + self->stage.page, STAGE_PAGES,
			PINCHECK_REASON_UNMAPPED);
}

CASE(ioctl_hold, prot_none, .rows = "P7")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, mprotect(stage->memory + 3 * stage->page, stage->page, PROT_NONE));
	EXPECT_STOPS_AT(stage->memory, stage->length, 3, PINCHECK_REASON_ACCESS);
	EXPECT_STOPS_AT(stage->memory + 3 * stage->page, stage->page, 0, PINCHECK_REASON_ACCESS);
}

/* A write hold needs a writable mapping; a read hold needs a readable one. */
CASE(ioctl_hold, read_only_mapping, .rows = "P6 P7")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, mprotect(stage->memory + 5 * stage->page, stage->page, PROT_READ));
	if (variant->row.flags & PINCHECK_HOLD_WRITE) {
		EXPECT_STOPS_AT(stage->memory, stage->length, 5, PINCHECK_REASON_ACCESS);
		return;
	}
	EXPECT_EQ(0, stage_hold_all(stage, variant->row));
	evidence("pages=%llu note=\"the mapping is read-only in part\"", stage->hold.pages);
}

/*
 * Return: the start of a VM_PFNMAP mapping of the kernel in this process, which is [vvar], or since
 * Linux 7.3, where [vvar] has pages, [vvar_vclock]. The flag "pf" in smaps marks it.
 */
static void *find_pfnmap(void)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	unsigned long at, end, start = 0;
	void *found = NULL;
	char line[256];

	while (maps && !found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx ", &at, &end) == 2)
			start = at;
		if (!strncmp(line, "VmFlags:", 8) && strstr(line, " pf "))
			found = (void *)start;
	}
	if (maps)
		fclose(maps);
	return found;
}

/* Memory without a struct page must not be pinned. */
CASE(ioctl_hold, pfnmap, .rows = "B53 R58")
{
	void *pfns = find_pfnmap();
	struct hold_row row = variant->row;

	ASSERT_NE(NULL, pfns);
	/* The kernel checks the rights first: only a read hold reaches the check for VM_PFNMAP. */
	EXPECT_EQ(-EFAULT, stage_hold(&self->stage, row, pfns, self->stage.page));
	EXPECT_EQ(0, self->stage.hold.pages);
	EXPECT_EQ(PINCHECK_REASON_PFNMAP, self->stage.hold.reason);
	EXPECT_EQ((uintptr_t)pfns, self->stage.hold.fail_addr);
	EXPECT_TRUE(has_nothing(&self->stage));
	evidence("addr=%p mapping=VM_PFNMAP errno=EFAULT reason=%s", pfns,
		 pincheck_reason_name(self->stage.hold.reason));
}

/* No page is mapped yet: GUP faults one in by the slow path; a read may get the zero page. */
CASE(ioctl_hold, untouched_memory, .rows = "P6")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, madvise(stage->memory, stage->length, MADV_DONTNEED));
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(STAGE_PAGES, stage->hold.pages);
	EXPECT_EQ(0, stage->hold.fast_pages);
	evidence("pages=%llu slow=%llu", stage->hold.pages, stage->hold.slow_pages);
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
}

/* A file ends in the middle of its mapping: GUP fails on the pages behind its end. */
CASE(ioctl_hold, file_ends_before, .rows = "P7")
{
	struct stage *stage = &self->stage;
	int file = memfd_create("short", MFD_CLOEXEC);
	void *mapped;

	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, 2 * stage->page));
	mapped = mmap(NULL, 4 * stage->page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, mapped);
	EXPECT_STOPS_AT(mapped, 4 * stage->page, 2, PINCHECK_REASON_UNMAPPED);
	EXPECT_EQ(0, stage_hold(stage, variant->row, mapped, 2 * stage->page));
	EXPECT_EQ(2, pincheck_release(stage->session, stage->hold.hold));
	munmap(mapped, 4 * stage->page);
	close(file);
}

/*
 * The hugetlb pool has no page for the fault. The kernel answers EFAULT, as it does for unmapped
 * memory. Once the pool has a page again, the same hold succeeds.
 */
CASE(ioctl_hold, hugetlb_pool_empty, .rows = "D23")
{
	void *others, *mapped;
	size_t bytes;

	SUITE_NEEDS(NEEDS_HUGETLB);
	mapped = hugetlb_map_unreserved();
	ASSERT_NE(MAP_FAILED, mapped);
	others = hugetlb_pool_reserve(&bytes);
	ASSERT_NE(MAP_FAILED, others);
	EXPECT_STOPS_AT(mapped, PMD_BYTES, 0, PINCHECK_REASON_POOL);
	if (others)
		munmap(others, bytes);
	EXPECT_EQ(0, stage_hold(&self->stage, variant->row, mapped, PMD_BYTES));
	EXPECT_EQ((long)(PMD_BYTES / PAGE_BYTES),
		  pincheck_release(self->stage.session, self->stage.hold.hold));
	munmap(mapped, PMD_BYTES);
}

CASE(ioctl_hold, kind_unknown, .rows = "P1")
{
	static const __u32 kinds[] = { 0, 6, 100, 0x80000001, 0xffffffff };
	struct hold_row row = variant->row;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		row.kind = kinds[i];
		EXPECT_EQ(-EINVAL, stage_hold(&self->stage, row, self->stage.memory,
					      self->stage.page)) TH_LOG("kind %#x", kinds[i]);
		EXPECT_EQ(PINCHECK_REASON_ARGUMENT, self->stage.hold.reason);
	}
	EXPECT_TRUE(has_nothing(&self->stage));
	evidence("unknown_kinds=%zu errno=EINVAL", ARRAY_SIZE(kinds));
}

/* UNKNOWN exists only as an answer: a request must name a path. */
CASE(ioctl_hold, path_unknown, .rows = "P1")
{
	static const __u32 paths[] = { PINCHECK_PATH_UNKNOWN, 3, 100, 0x80000001, 0xffffffff };
	struct hold_row row = variant->row;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		row.path = paths[i];
		EXPECT_EQ(-EINVAL, stage_hold(&self->stage, row, self->stage.memory,
					      self->stage.page)) TH_LOG("path %#x", paths[i]);
		EXPECT_EQ(PINCHECK_REASON_ARGUMENT, self->stage.hold.reason);
	}
	EXPECT_TRUE(has_nothing(&self->stage));
	evidence("unknown_paths=%zu errno=EINVAL", ARRAY_SIZE(paths));
}

/* The kernel WARNs of a long-term FOLL_GET: the module must refuse it before. */
CASE(ioctl_hold, longterm_is_for_pins, .rows = "P1")
{
	struct hold_row row = variant->row;
	int expected;

	row.flags |= PINCHECK_HOLD_LONGTERM;
	expected = row.kind == PINCHECK_KIND_GET ? -EINVAL : 0;
	EXPECT_EQ(expected, stage_hold(&self->stage, row, self->stage.memory, self->stage.length));
	EXPECT_EQ(expected ? PINCHECK_REASON_ARGUMENT : PINCHECK_REASON_NONE,
		  self->stage.hold.reason);
	evidence("longterm=1 kind=%s outcome=%s", pincheck_kind_name(row.kind),
		 expected ? "EINVAL" : "held");
}

CASE(ioctl_hold, force_needs_sys_admin, .rows = "P5 P11")
{
	struct stage *stage = &self->stage;
	struct hold_row row = variant->row;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	row.flags |= PINCHECK_HOLD_FORCE;
	ASSERT_EQ(0, mprotect(stage->memory, stage->length, PROT_READ));
	ASSERT_EQ(0, capability_drop(CAP_SYS_ADMIN));
	EXPECT_EQ(-EPERM, stage_hold(stage, row, stage->memory, stage->length));
	EXPECT_EQ(PINCHECK_REASON_CAPABILITY, stage->hold.reason);
	ASSERT_EQ(0, capability_raise(CAP_SYS_ADMIN));
	EXPECT_TRUE(has_nothing(stage));
	/* With FORCE a write hold breaks COW in a read-only private mapping, as a debugger does. */
	EXPECT_EQ(0, stage_hold(stage, row, stage->memory, stage->length));
	evidence("force=1 without_cap_sys_admin=EPERM pages=%llu", stage->hold.pages);
}

static int limit_memlock(rlim_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0;
}

/* The limit is exact: the last page below it is held, the next refused, and the charge returned. */
CASE(ioctl_hold, memlock_at_the_limit, .rows = "P9")
{
	struct stage *stage = &self->stage;
	long kib = stage->length / 1024;
	__u32 first;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, vm_pin_kib());
	ASSERT_EQ(0, limit_memlock(stage->length));
	ASSERT_EQ(0, capability_drop(CAP_IPC_LOCK));
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(kib, vm_pin_kib());
	first = stage->hold.hold;
	EXPECT_EQ(-ENOMEM, stage_hold(stage, variant->row, stage->memory, stage->page));
	EXPECT_EQ(PINCHECK_REASON_MEMLOCK, stage->hold.reason);
	EXPECT_EQ(kib, vm_pin_kib());
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, first));
	EXPECT_EQ(0, vm_pin_kib());
	EXPECT_EQ(0, stage_hold(stage, variant->row, stage->memory, stage->page));
	EXPECT_EQ((long)stage->page / 1024, vm_pin_kib());
	evidence("limit_kib=%ld one_page_more=ENOMEM vm_pin_kib_after=0", kib);
}

CASE(ioctl_hold, memlock_one_page_above, .rows = "P9")
{
	struct stage *stage = &self->stage;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, limit_memlock(stage->length - stage->page));
	ASSERT_EQ(0, capability_drop(CAP_IPC_LOCK));
	EXPECT_REFUSED(stage->memory, stage->length, -ENOMEM, PINCHECK_REASON_MEMLOCK);
	EXPECT_EQ(0, vm_pin_kib());
	EXPECT_EQ(0, stage_hold(stage, variant->row, stage->memory, stage->length - stage->page));
}

/* CAP_IPC_LOCK lifts the limit; the pages are still counted. */
CASE(ioctl_hold, memlock_with_ipc_lock, .rows = "P9")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, limit_memlock(0));
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ((long)stage->length / 1024, vm_pin_kib());
	evidence("limit_kib=0 capability=CAP_IPC_LOCK vm_pin_kib=%ld", vm_pin_kib());
}

/* A failed hold must not stay charged. */
CASE(ioctl_hold, memlock_after_failure, .rows = "P7 P9")
{
	struct stage *stage = &self->stage;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, limit_memlock(2 * stage->length));
	ASSERT_EQ(0, capability_drop(CAP_IPC_LOCK));
	for (int i = 0; i < 8; i++)
		EXPECT_STOPS_AT(stage->memory, stage->length + stage->page, STAGE_PAGES,
				PINCHECK_REASON_UNMAPPED);
	EXPECT_EQ(0, vm_pin_kib());
	EXPECT_EQ(0, stage_hold_all(stage, variant->row));
}

CASE(ioctl_hold, more_pages_than_allowed, .rows = "P8")
{
	struct stage *stage = &self->stage;
	struct pincheck_info info;

	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	ASSERT_NE(0, info.max_hold_pages);
	/* From low addresses on: behind the stage's memory the addresses of a process may end. */
	EXPECT_REFUSED((unsigned char *)stage->page, (info.max_hold_pages + 1) * stage->page,
		       -E2BIG, PINCHECK_REASON_LIMIT);
}

CASE(ioctl_hold, more_holds_than_allowed, .rows = "P8")
{
	struct stage *stage = &self->stage;
	struct pincheck_info info;
	__u32 last = 0;

	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	ASSERT_NE(0, info.max_session_holds);
	for (__u64 i = 0; i < info.max_session_holds; i++) {
		/* Spread over the pages: one page's reference count would reach its limit first. */
		const void *at = stage->memory + i % STAGE_PAGES * stage->page;

		ASSERT_EQ(0, stage_hold(stage, variant->row, at, stage->page)) TH_LOG("%llu", i);
		last = stage->hold.hold;
	}
	EXPECT_EQ(-ENOSPC, stage_hold(stage, variant->row, stage->memory, stage->page));
	EXPECT_EQ(PINCHECK_REASON_LIMIT, stage->hold.reason);
	EXPECT_EQ(1, pincheck_release(stage->session, last));
	EXPECT_EQ(0, stage_hold(stage, variant->row, stage->memory, stage->page));
	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	EXPECT_EQ(info.max_session_holds, info.session_holds);
	evidence("holds=%llu one_more=ENOSPC after_release=held", info.max_session_holds);
}

CASE(ioctl_hold, release_twice, .rows = "P10 P14")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	EXPECT_EQ(-ENOENT, pincheck_release(stage->session, stage->hold.hold));
	EXPECT_TRUE(has_nothing(stage));
	evidence("hold=%u released_again=ENOENT", stage->hold.hold);
}

/* RELEASE of ids that do not exist: the only hold stays. */
CASE(ioctl_hold, release_unknown_id, .rows = "P10")
{
	struct stage *stage = &self->stage;
	__u32 ids[] = { 0, 0, 0, 0x7fffffff, 0x80000000, 0xffffffff, 0xdeadbeef };
	struct pincheck_info info;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	ids[1] = stage->hold.hold + 1;
	ids[2] = stage->hold.hold - 1;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_EQ(-ENOENT, pincheck_release(stage->session, ids[i])) TH_LOG("%#x", ids[i]);
	}
	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	EXPECT_EQ(1, info.session_holds);
	evidence("unknown_ids=%zu errno=ENOENT note=\"the hold stays\"", ARRAY_SIZE(ids));
}

/* An id is valid in its own session only. */
CASE(ioctl_hold, release_of_another_session, .rows = "P10")
{
	struct stage *stage = &self->stage;
	int other = pincheck_open();
	struct pincheck_info info;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(-ENOENT, pincheck_release(other, stage->hold.hold));
	ASSERT_EQ(0, pincheck_info(other, &info));
	EXPECT_EQ(0, info.session_holds);
	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	EXPECT_EQ(STAGE_PAGES, info.session_pages);
	close(other);
	evidence("hold=%u other_session=ENOENT note=\"the hold stays\"", stage->hold.hold);
}

PINCHECK_TEST_MAIN
