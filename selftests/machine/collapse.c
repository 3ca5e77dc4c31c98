// SPDX-License-Identifier: GPL-2.0-only
/* Collapse of base pages into huge pages. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_size.h"
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/page_reports.h"
#include "../../tools/lib/usermem.h"
#include "clock.h"
#include "collapse.h"
#include "each_cpu.h"
#include "knob_journal.h"

#define KHUGEPAGED	"/sys/kernel/mm/transparent_hugepage/khugepaged/"
#define WAIT_SECONDS	10
#define PASSES		2	/* over all memory, after the last page was mapped */

/* include/uapi/asm-generic/mman-common.h, since Linux 6.1 */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

int collapse_now(void *start, size_t bytes)
{
	if (madvise(start, bytes, MADV_HUGEPAGE))
		return -errno;
	return madvise(start, bytes, MADV_COLLAPSE) ? -errno : 0;
}

/* Return: PMD_BYTES of base pages, or MAP_FAILED. */
static char *map_base_pages(void)
{
	char *start = usermem_map(PMD_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (start == MAP_FAILED)
		return start;
	madvise(start, PMD_BYTES, MADV_NOHUGEPAGE);
	memset(start, 1, PMD_BYTES);
	return start;
}

bool collapse_offered(void)
{
	char *start = map_base_pages();
	bool offered = start != MAP_FAILED && !collapse_now(start, PMD_BYTES);

	if (start != MAP_FAILED)
		munmap(start, PMD_BYTES);
	return offered;
}

/* As fast as khugepaged goes, until the case is over. */
static int let_khugepaged_hurry(void)
{
	int error = knob_change_number(KHUGEPAGED "scan_sleep_millisecs", 1);

	if (!error)
		error = knob_change_number(KHUGEPAGED "alloc_sleep_millisecs", 1);
	return error ? error : knob_change_number(KHUGEPAGED "pages_to_scan", 65536);
}

static bool is_huge_page(const char *start, int pagemap, int session)
{
	__u64 pfn = pagemap_pfn(pagemap_entry(pagemap, start));
	struct pincheck_report report;

	return pfn && !page_reports(session, &pfn, 1, &report) &&
	       PAGE_BYTES << report.order == PMD_BYTES;
}

/* Until khugepaged has passed over all memory PASSES times more. */
static int wait_for_passes(long passes, int64_t end)
{
	while (knob_number(KHUGEPAGED "full_scans") < passes + PASSES) {
		if (nanoseconds() > end)
			return cause_say(-ETIME, "khugepaged did not pass over all memory %d times in %d s",
					 PASSES, WAIT_SECONDS);
		moment_goes_on(moment_end());
	}
	return 0;
}

int collapse_by_khugepaged(int pagemap, int session)
{
	int64_t end = nanoseconds() + WAIT_SECONDS * 1000000000LL;
	char *control = map_base_pages();
	long passes = knob_number(KHUGEPAGED "full_scans");
	int error = let_khugepaged_hurry();

	if (control == MAP_FAILED || madvise(control, PMD_BYTES, MADV_HUGEPAGE))
		return -errno;
	while (!error && !is_huge_page(control, pagemap, session)) {
		if (nanoseconds() > end)
			error = cause_say(-ETIME, "khugepaged collapsed nothing in %d s", WAIT_SECONDS);
		moment_goes_on(moment_end());
	}
	if (!error)
		error = wait_for_passes(passes, end);
	munmap(control, PMD_BYTES);
	/* khugepaged leaves pages in the LRU batches of the CPU that it ran on. */
	return error ? error : each_cpu_drains_lru();
}

int collapse_no_more(void *start, size_t bytes)
{
	if (madvise(start, bytes, MADV_NOHUGEPAGE))
		return -errno;
	return wait_for_passes(knob_number(KHUGEPAGED "full_scans"),
			       nanoseconds() + WAIT_SECONDS * 1000000000LL);
}
