// SPDX-License-Identifier: GPL-2.0-only
/*
 * whitelist_policy: which memory may be pinned, for each filesystem, mapping and row of
 * hold_rows.h. A long-term pin that writes pages of a file with dirty tracking bypasses the
 * tracking (R53, B38): it is refused on the fast and on the slow path. Every hold of secret memory
 * is refused (R56, B50). All other holds succeed. Each case asks the kernel alone, and the device
 * with its own policy, which must refuse the same on kernels that do not.
 */
#include "suite.h"
#include <sys/mman.h>
#include "file.h"
#include "stage.h"

/* How the file is mapped, and how the mapping was used before. */
enum mapping {
	SHARED,		/* MAP_SHARED, written */
	PRIVATE,	/* MAP_PRIVATE, written: anonymous pages by then */
	CLEAN,		/* MAP_PRIVATE, only read: pages of the file */
};

FIXTURE(whitelist_policy)
{
	struct stage stage;
	unsigned char *start;
	int file;
};

FIXTURE_VARIANT(whitelist_policy)
{
	const struct file_kind *file;
	enum mapping mapping;
	struct hold_row row;
	struct case_facts facts;
};

#define CELL(fs, mapping_, MAPPING_, hold_, kind_, path_, flags_)				\
	FIXTURE_VARIANT_ADD(whitelist_policy, fs##_##mapping_##_##hold_)				\
	{											\
		.file = &file_##fs, .mapping = MAPPING_,					\
		.row = STAGE_ROW(kind_, path_, flags_),						\
		.facts = { .memory = #fs "_" #mapping_, .hold = #hold_ },			\
	};

#define CELLS(file, mapping, MAPPING)								\
	FOR_EACH_PIN_ROW(CELL, file, mapping, MAPPING)						\
	CELL(file, mapping, MAPPING, get_ro_fast, GET, FAST, 0)					\
	CELL(file, mapping, MAPPING, get_rw_slow, GET, SLOW, HOLD_RW)

#define CELLS_OF(file)										\
	CELLS(file, shared, SHARED)								\
	CELLS(file, private, PRIVATE)								\
	CELLS(file, clean, CLEAN)

CELLS_OF(ext4)
CELLS_OF(xfs)
CELLS_OF(btrfs)
CELLS_OF(overlay_ext4)
CELLS_OF(overlay_tmpfs)
CELLS_OF(ramfs)
CELLS_OF(tmpfs)
CELLS_OF(memfd)
CELLS_OF(hugetlb)
CELLS(secretmem, shared, SHARED)	/* there is no other way to map it */

/*
 * Files are made, and file systems mounted, once before all cases: in each case this would take
 * most of the time. If it fails, the cases say why.
 */
SUITE_PREPARE
{
	static const struct file_kind *const kinds[] = {
		&file_ext4, &file_xfs, &file_btrfs, &file_overlay_ext4, &file_overlay_tmpfs,
		&file_ramfs, &file_tmpfs,
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int file = require_missing(kinds[i]->needs) ? -1 : file_open(kinds[i]);

		if (file >= 0)
			close(file);
	}
}

static void touch_pages(unsigned char *start, size_t bytes, bool write)
{
	volatile unsigned char *page;

	for (page = start; page < start + bytes; page += PAGE_BYTES) {
		if (write)
			*page = 1;
		else
			(void)*page;
	}
}

SUITE_FACTS(whitelist_policy)
{
	*facts = variant->facts;
}

FIXTURE_SETUP(whitelist_policy)
{
	const struct file_kind *file = variant->file;
	int flags = variant->mapping == SHARED ? MAP_SHARED : MAP_PRIVATE;

	self->start = MAP_FAILED;
	self->file = -1;
	SUITE_NEEDS(file->needs);
	ASSERT_STAGE_OPEN(&self->stage);
	self->file = file_open(file);
	ASSERT_LE(0, self->file) TH_LOG("%s: %s", file->name, strerror(-self->file));
	self->start = mmap(NULL, file_bytes(file), PROT_READ | PROT_WRITE, flags, self->file, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->start) TH_LOG("mmap: %s", strerror(errno));
	touch_pages(self->start, file_bytes(file), variant->mapping != CLEAN);
}

FIXTURE_TEARDOWN(whitelist_policy)
{
	if (self->start == MAP_FAILED)
		return;
	munmap(self->start, file_bytes(variant->file));
	close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* The errno that a cell must answer. */
static int expected_error(const FIXTURE_VARIANT(whitelist_policy) *cell, bool policy)
{
	const struct file_kind *file = cell->file;

	if (policy && cell->row.kind != PINCHECK_KIND_PIN)
		return -EINVAL;
	if (file->reason == PINCHECK_WHITELIST_SECRETMEM)
		return -EFAULT;
	if (cell->mapping == SHARED && file->whitelist == PINCHECK_WHITELIST_DENY &&
	    (cell->row.flags & (HOLD_RW | HOLD_LT)) == (HOLD_RW | HOLD_LT))
		return -EFAULT;
	return 0;
}

static uint32_t expected_reason(int error)
{
	return error == -EFAULT ? PINCHECK_REASON_FILE :
	       error == -EINVAL ? PINCHECK_REASON_ARGUMENT : PINCHECK_REASON_NONE;
}

/* The held pages are the mapped pages. */
static void judge_pages(FIXTURE_DATA(whitelist_policy) *self, const struct pincheck_hold *hold,
			struct verdict *verdict)
{
	struct pincheck_page page[2];
	__u64 last = hold->pages - 1;

	if (pincheck_pages(self->stage.session, hold->hold, 0, 1, &page[0]) ||
	    pincheck_pages(self->stage.session, hold->hold, last, 1, &page[1]))
		return verdict_failed(verdict, "cannot look at the pages", -errno);
	verdict_note(verdict, "pfn=%llx mapped=\"%s\"", page[0].pfn,
		     pincheck_mapped_name(page[0].mapped));
	if (page[0].mapped == PINCHECK_MAPPED_OTHER || page[0].mapped == PINCHECK_MAPPED_NONE)
		verdict_broken(verdict, "the held page is not the mapped one", 0);
	if (page[1].mapped == PINCHECK_MAPPED_OTHER || page[1].mapped == PINCHECK_MAPPED_NONE)
		verdict_broken(verdict, "the held page is not the mapped one", last);
}

static void verdict_cell(FIXTURE_DATA(whitelist_policy) *self,
			 const FIXTURE_VARIANT(whitelist_policy) *cell, bool policy,
			 struct verdict *verdict)
{
	struct pincheck_hold *hold = &self->stage.hold;
	struct hold_row row = cell->row;
	int expected = expected_error(cell, policy), error;

	verdict_start(verdict, "WHITELIST");
	if (policy)
		row.flags |= PINCHECK_HOLD_WHITELIST;
	error = stage_hold(&self->stage, row, self->start, file_bytes(cell->file));
	verdict_note(verdict, "outcome=%s reason=%s pages=%llu fast=%llu slow=%llu",
		     error ? strerrorname_np(-error) : "given", pincheck_reason_name(hold->reason),
		     hold->pages, hold->fast_pages, hold->slow_pages);
	if (error != expected)
		verdict_broken(verdict, expected ? "it was not refused" : "it was refused", 0);
	else if (hold->reason != expected_reason(expected))
		verdict_broken(verdict, "the reason is not named rightly", 0);
	else if (error && (hold->pages || hold->fail_addr != (uintptr_t)self->start))
		verdict_broken(verdict, "the place is not named rightly", 0);
	else if (!error)
		judge_pages(self, hold, verdict);
}

/* WHITELIST. The answer of the kernel alone. */
CASE(whitelist_policy, kernel_alone, .rows = "B39 B50 R53 R56")
{
	EXPECT_VERDICT(verdict_cell, self, variant, false);
}

/* WHITELIST. With the policy the answer is the same on every kernel. */
CASE(whitelist_policy, with_policy, .rows = "B38 B39 B40")
{
	EXPECT_VERDICT(verdict_cell, self, variant, true);
}

/* INFO says whether the kernel alone refuses such files: compares that with what it did. */
static void judge_feature(FIXTURE_DATA(whitelist_policy) *self, bool refused,
			  struct verdict *verdict)
{
	struct pincheck_info info;
	int error = pincheck_info(self->stage.session, &info);

	if (error)
		return verdict_failed(verdict, "INFO", error);
	if (refused != !!(info.features & PINCHECK_FEAT_FILE_WHITELIST))
		verdict_broken(verdict, "the feature bit says otherwise", 0);
	verdict_note(verdict, "kernel=%s", refused ? "refuses" : "gives");
}

/* Judges the report of the mapped page after the hold; a private page may be a copy by then. */
static void verdict_report(FIXTURE_DATA(whitelist_policy) *self,
			   const FIXTURE_VARIANT(whitelist_policy) *cell, struct verdict *verdict)
{
	uint32_t whitelist = cell->file->whitelist, reason = cell->file->reason;
	struct pincheck_report report;
	bool refused;
	int error;

	verdict_start(verdict, "WHITELIST");
	refused = stage_hold(&self->stage, cell->row, self->start, file_bytes(cell->file));
	if (expected_error(cell, false) && reason == PINCHECK_WHITELIST_FILE)
		judge_feature(self, refused, verdict);
	error = stage_report(&self->stage, self->start, &report);
	if (error)
		return verdict_failed(verdict, "no report", error);
	if (cell->mapping != SHARED && reason != PINCHECK_WHITELIST_HUGETLB &&
	    (cell->mapping == PRIVATE || (report.flags & PINCHECK_PAGE_ANON))) {
		whitelist = PINCHECK_WHITELIST_ALLOW;
		reason = PINCHECK_WHITELIST_ANON;
	}
	verdict_note(verdict, "pfn=%llx whitelist=%s whitelist_reason=\"%s\" magic=%llx",
		     report.pfn, pincheck_whitelist_name(report.whitelist),
		     pincheck_whitelist_reason_name(report.whitelist_reason), report.fs_magic);
	if (!(report.present & PINCHECK_REPORT_WHITELIST))
		verdict_broken(verdict, "the report has no verdict", 0);
	else if (report.whitelist != whitelist || report.whitelist_reason != reason)
		verdict_broken(verdict, "the report's verdict is another", 0);
}

/* WHITELIST, ACCURACY. The verdict and the reason in the page report. */
CASE(whitelist_policy, verdict_in_report, .rows = "B40")
{
	EXPECT_VERDICT(verdict_report, self, variant);
}

TOPIC_NEEDS("file_systems");
PINCHECK_TEST_MAIN
