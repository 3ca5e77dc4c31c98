// SPDX-License-Identifier: GPL-2.0-only
/* Page reports by the module, or by /proc (Documentation/admin-guide/mm/pagemap.rst). */
#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "array.h"
#include "page_reports.h"
#include "page_size.h"
#include "pagemap.h"
#include "pincheck.h"

#define KPAGEFLAGS	"/proc/kpageflags"
#define KPAGECOUNT	"/proc/kpagecount"

/*
 * Not in the kernel's uapi header. Of an anonymous page the bit is its mark of being exclusive, since
 * 6c287605fd56 (5.19). Up to 6.11 its name was KPF_MAPPEDTODISK. tools/mm/page-types.c shows it, too.
 */
#define KPF_OWNER_2	34
#define KPF(name)	(1ULL << KPF_##name)

static const struct {
	uint64_t kernel;
	__u64 report;
} flags[] = {
	{ KPF(LOCKED), PINCHECK_PAGE_LOCKED },
	{ KPF(DIRTY), PINCHECK_PAGE_DIRTY },
	{ KPF(LRU), PINCHECK_PAGE_LRU },
	{ KPF(WRITEBACK), PINCHECK_PAGE_WRITEBACK },
	{ KPF(ANON), PINCHECK_PAGE_ANON },
	{ KPF(SWAPCACHE), PINCHECK_PAGE_SWAPCACHE },
	{ KPF(COMPOUND_HEAD), PINCHECK_PAGE_LARGE },
	{ KPF(COMPOUND_TAIL), PINCHECK_PAGE_LARGE },
	{ KPF(HUGE), PINCHECK_PAGE_HUGETLB },
	{ KPF(UNEVICTABLE), PINCHECK_PAGE_UNEVICTABLE },
	{ KPF(HWPOISON), PINCHECK_PAGE_HWPOISON },
	{ KPF(KSM), PINCHECK_PAGE_KSM },
	{ KPF(ZERO_PAGE), PINCHECK_PAGE_ZERO },
};

/* One word for each page. Return: how many there are, or a negative errno */
static ssize_t read_words(int file, __u64 pfn, uint64_t *words, size_t count)
{
	ssize_t got = pread(file, words, count * sizeof(*words), pfn * sizeof(*words));

	return got < 0 ? -errno : got / (ssize_t)sizeof(*words);
}

static ssize_t read_flags(__u64 pfn, uint64_t *words, size_t count)
{
	static int file = -1;

	if (file < 0)
		file = open(KPAGEFLAGS, O_RDONLY | O_CLOEXEC);
	return file < 0 ? -errno : read_words(file, pfn, words, count);
}

static void read_mapcount(struct pincheck_report *report)
{
	static int file = -1;
	uint64_t mapcount;

	if (file < 0)
		file = open(KPAGECOUNT, O_RDONLY | O_CLOEXEC);
	if (file < 0 || read_words(file, report->pfn, &mapcount, 1) != 1)
		return;
	report->page_mapcount = mapcount;
	report->present |= PINCHECK_REPORT_MAPCOUNT;
}

/* The last page up to @pfn that is no tail. */
static __u64 find_head(__u64 pfn)
{
	uint64_t words[512];

	for (;;) {
		size_t count = pfn < ARRAY_SIZE(words) ? pfn + 1 : ARRAY_SIZE(words);
		__u64 first = pfn + 1 - count;

		if (read_flags(first, words, count) != (ssize_t)count)
			return pfn;
		while (count && (words[count - 1] & KPF(COMPOUND_TAIL)))
			count--;
		if (count || !first)
			return first + (count ? count - 1 : 0);
		pfn = first - 1;
	}
}

/* The first page from @pfn on that is no tail. */
static __u64 find_end(__u64 pfn)
{
	uint64_t words[512];

	for (;;) {
		ssize_t got = read_flags(pfn, words, ARRAY_SIZE(words));

		if (got <= 0)
			return pfn;
		for (ssize_t i = 0; i < got; i++, pfn++)
			if (!(words[i] & KPF(COMPOUND_TAIL)))
				return pfn;
	}
}

static void note_folio(struct pincheck_report *report, uint64_t word)
{
	__u64 end = report->pfn + 1;

	report->head = report->pfn;
	if (word & KPF(COMPOUND_TAIL))
		report->head = find_head(report->pfn);
	if (word & (KPF(COMPOUND_HEAD) | KPF(COMPOUND_TAIL)))
		end = find_end(end);
	while (2ULL << report->order <= end - report->head)
		report->order++;
}

/* What the kernel's flags do not say, but imply. A page that waits in an LRU batch may be of a file. */
static void note_owner(struct pincheck_report *report, uint64_t word)
{
	const __u64 owners = PINCHECK_PAGE_FILE | PINCHECK_PAGE_SHMEM;

	if (word & (KPF(ANON) | KPF(HUGE) | KPF(LRU) | KPF(ZERO_PAGE)))
		report->flags_known |= owners;
	if (word & (KPF(ANON) | KPF(ZERO_PAGE)))
		return;
	if (word & (KPF(HUGE) | KPF(LRU)))
		report->flags |= PINCHECK_PAGE_FILE;
	if ((word & (KPF(HUGE) | KPF(LRU) | KPF(SWAPBACKED))) == (KPF(LRU) | KPF(SWAPBACKED)))
		report->flags |= PINCHECK_PAGE_SHMEM;
}

/* The word of a page that nobody shares, and that KSM has not seen; 0: it cannot be read */
static uint64_t word_of_fresh_page(void)
{
	static uint64_t word;
	int pagemap = pagemap_open(0);
	char *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!word && pagemap >= 0 && page != MAP_FAILED) {
		*page = 1;
		if (read_flags(pagemap_pfn(pagemap_entry(pagemap, page)), &word, 1) != 1)
			word = 0;
	}
	if (page != MAP_FAILED)
		munmap(page, PAGE_BYTES);
	if (pagemap >= 0)
		close(pagemap);
	return word;
}

/* Since Linux 6.12 the word of a tail has flags of the head, whose mark says nothing of the tail. */
static void note_exclusive(struct pincheck_report *report, uint64_t word)
{
	if (!(word & KPF(ANON)) || report->pfn != report->head || !(word_of_fresh_page() & KPF(OWNER_2)))
		return;
	report->flags_known |= PINCHECK_PAGE_ANON_EXCLUSIVE;
	if (word & KPF(OWNER_2))
		report->flags |= PINCHECK_PAGE_ANON_EXCLUSIVE;
}

/* stable_page_flags() of Linux 6.12 tests for any of two bits: there each anonymous page is one of KSM. */
static void forget_wrong_ksm(struct pincheck_report *report)
{
	if (!(word_of_fresh_page() & KPF(KSM)))
		return;
	report->flags &= ~PINCHECK_PAGE_KSM;
	report->flags_known &= ~PINCHECK_PAGE_KSM;
}

static void report_by_proc(__u64 pfn, struct pincheck_report *report)
{
	uint64_t word, folio;

	*report = (struct pincheck_report) {
		.pfn = pfn, .head = pfn, .refcount = -1, .pins = -1, .pin_count = -1,
	};
	if (!pfn || read_flags(pfn, &word, 1) != 1 || (word & KPF(NOPAGE)))
		return;
	report->present = PINCHECK_REPORT_PAGE;
	note_folio(report, word);
	/* Up to Linux 6.11 the word of a tail lacks flags of the folio. */
	folio = word;
	if (report->head != pfn && read_flags(report->head, &folio, 1) != 1)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		report->flags_known |= flags[i].report;
		if (folio & flags[i].kernel)
			report->flags |= flags[i].report;
	}
	note_owner(report, folio);
	note_exclusive(report, word);
	forget_wrong_ksm(report);
	read_mapcount(report);
}

int page_reports(int session, const __u64 *pfns, __u64 count, struct pincheck_report *reports)
{
	if (session != PAGES_BY_PROC)
		return pincheck_report(session, pfns, count, reports);
	for (__u64 i = 0; i < count; i++)
		report_by_proc(pfns[i], &reports[i]);
	return 0;
}
