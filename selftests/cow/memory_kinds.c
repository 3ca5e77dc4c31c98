// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory_kinds: memory under test is what its kind says, and stays so, whatever the kernel's own
 * threads would like to do with it. In the past khugepaged collapsed a huge page that was mapped by
 * PTEs for the case.
 */
#include "suite.h"
#include <sys/mman.h>
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/usermem.h"
#include "knob_journal.h"
#include "stage.h"

#define KHUGEPAGED	"/sys/kernel/mm/transparent_hugepage/khugepaged/"
#define PASSES		2	/* of khugepaged over all memory, once the case's memory is there */

FIXTURE(memory_kinds)
{
	struct memory memory;
	/* What khugepaged is to collapse: PMD_BYTES of base pages. */
	char *control;
};

FIXTURE_VARIANT(memory_kinds)
{
	const struct memory_kind *kind;
};

#define MEMORY_KINDS_VARIANT(name_)						\
	FIXTURE_VARIANT_ADD(memory_kinds, name_) { .kind = &memory_##name_ }

MEMORY_KINDS_VARIANT(base);
MEMORY_KINDS_VARIANT(swapped);
MEMORY_KINDS_VARIANT(thp_pmd);
MEMORY_KINDS_VARIANT(thp_pte);
MEMORY_KINDS_VARIANT(mthp);

/* As fast as khugepaged goes, until the case is over. */
static int hurry_khugepaged(void)
{
	int error = knob_change_number(KHUGEPAGED "scan_sleep_millisecs", 1);

	if (!error)
		error = knob_change_number(KHUGEPAGED "alloc_sleep_millisecs", 1);
	return error ? error : knob_change_number(KHUGEPAGED "pages_to_scan", 65536);
}

SUITE_FACTS(memory_kinds)
{
	facts->memory = name;
}

FIXTURE_SETUP(memory_kinds)
{
	SUITE_NEEDS(NEEDS_THP | variant->kind->needs);
	self->memory.session = pincheck_open();
	ASSERT_LE(0, self->memory.session);
	self->memory.pagemap = pagemap_open(0);
	ASSERT_LE(0, self->memory.pagemap);
	ASSERT_EQ(0, hurry_khugepaged());
}

FIXTURE_TEARDOWN(memory_kinds)
{
	memory_unmap(&self->memory);
	close(self->memory.pagemap);
	close(self->memory.session);
}

static int map_control(FIXTURE_DATA(memory_kinds) *self)
{
	self->control = usermem_map(PMD_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (self->control == MAP_FAILED || madvise(self->control, PMD_BYTES, MADV_NOHUGEPAGE))
		return -errno;
	memset(self->control, 1, PMD_BYTES);
	return madvise(self->control, PMD_BYTES, MADV_HUGEPAGE) ? -errno : 0;
}

static bool control_is_collapsed(FIXTURE_DATA(memory_kinds) *self)
{
	__u64 pfn = pagemap_pfn(pagemap_entry(self->memory.pagemap, self->control));
	struct pincheck_report report;

	return pfn && !page_reports(self->memory.session, &pfn, 1, &report) &&
	       PAGE_BYTES << report.order == PMD_BYTES;
}

static long khugepaged_passes(void)
{
	return knob_number(KHUGEPAGED "full_scans");
}

/* Return: how often khugepaged went over all memory, the control's collapse being part of it. */
static long let_khugepaged_work(FIXTURE_DATA(memory_kinds) *self)
{
	long begin = khugepaged_passes();

	while (suite_has_time() &&
	       (!control_is_collapsed(self) || khugepaged_passes() < begin + PASSES))
		moment_goes_on(moment_end());
	return khugepaged_passes() - begin;
}

/* PLACEMENT, SYNC. The same pages, mapped the same way, beside memory that khugepaged collapsed. */
CASE(memory_kinds, stays_beside_khugepaged, .rows = "D29")
{
	struct memory *memory = &self->memory;
	uint64_t before[SAMPLES];
	const char *wrong;
	long done;

	ASSERT_DONE(memory_map(memory, variant->kind));
	for (size_t i = 0; i < memory->samples; i++)
		before[i] = memory_pfn(memory, memory->sample[i]);
	ASSERT_DONE(map_control(self));
	done = let_khugepaged_work(self);
	ASSERT_TRUE(control_is_collapsed(self))
		TH_LOG("khugepaged did nothing in %ld passes: this shows nothing", done);
	wrong = memory->kind->check(memory);
	evidence("pfn=%lx khugepaged_rounds=%ld memory=\"%s\"", (unsigned long)before[0], done,
		 wrong ?: "is as it was");
	EXPECT_EQ(NULL, wrong);
	for (size_t i = 0; i < memory->samples; i++)
		EXPECT_EQ(before[i], memory_pfn(memory, memory->sample[i]));
}

PINCHECK_TEST_MAIN
