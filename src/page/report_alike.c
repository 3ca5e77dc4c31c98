// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies reports to the caller's memory for as long as the pages are alike. Copying takes most of
 * the time of a report: without this file REPORT takes 109 instructions a page instead of 60 on
 * small pages, and 150 instead of 58 on THP (make bench, by instructions).
 *
 * Between user_access_begin() and user_access_end() no function may be called, so everything here
 * is an inline function or a local variable. Nothing here sleeps either: the walk stays in its RCU
 * section. If a page of the caller's memory has to be faulted in, the copy ends there.
 */
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "compat/page_flags.h"
#include "report.h"
#include "report_alike.h"

#define WORDS	(sizeof(struct pincheck_report) / sizeof(u64))

static_assert(sizeof(struct pincheck_report) % sizeof(u64) == 0);
static_assert(offsetof(struct pincheck_report, pfn) == 0);
static_assert(offsetof(struct pincheck_report, head) == sizeof(u64));

/*
 * The first two words, @pfn and @head, differ from page to page. Written word by word: compilers do
 * not unroll a loop that has a jump out of its body.
 */
static_assert(WORDS == 17, "put_words() must write each word of a report");
#define put_words(user, words, pfn, head, fault) do {					\
	unsafe_put_user(pfn, user, fault);						\
	unsafe_put_user(head, (user) + 1, fault);					\
	unsafe_put_user((words)[2], (user) + 2, fault);					\
	unsafe_put_user((words)[3], (user) + 3, fault);					\
	unsafe_put_user((words)[4], (user) + 4, fault);					\
	unsafe_put_user((words)[5], (user) + 5, fault);					\
	unsafe_put_user((words)[6], (user) + 6, fault);					\
	unsafe_put_user((words)[7], (user) + 7, fault);					\
	unsafe_put_user((words)[8], (user) + 8, fault);					\
	unsafe_put_user((words)[9], (user) + 9, fault);					\
	unsafe_put_user((words)[10], (user) + 10, fault);				\
	unsafe_put_user((words)[11], (user) + 11, fault);				\
	unsafe_put_user((words)[12], (user) + 12, fault);				\
	unsafe_put_user((words)[13], (user) + 13, fault);				\
	unsafe_put_user((words)[14], (user) + 14, fault);				\
	unsafe_put_user((words)[15], (user) + 15, fault);				\
	unsafe_put_user((words)[16], (user) + 16, fault);				\
} while (0)

/*
 * Copies the reports of small anonymous pages for as long as they are alike. online_page() is a
 * function call, so access to the caller's memory is closed before it and opened again after it.
 */
static unsigned int copy_small_pages(struct report_walk *walk, const u64 *pfns,
				     unsigned int count, u64 __user *user)
{
	const struct page_marks marks = walk->marks;
	unsigned int done = 0;
	u64 words[WORDS];

	memcpy(words, &walk->report, sizeof(words));
	if (!user_access_begin(user, (size_t)count * sizeof(words)))
		return 0;
	for (;;) {
		const u64 pfn = pfns[done];

		if (unlikely(pfn - walk->block.first >= ONLINE_BLOCK_PFNS)) {
			user_access_end();
			online_page(&walk->block, pfn);
			if (!walk->block.page || !user_access_begin(user, sizeof(words)))
				return done;
		}
		if (!page_is_alike(walk->block.page + (pfn - walk->block.first), &marks))
			break;
		put_words(user, words, pfn, pfn, fault);
		user += WORDS;
		if (++done == count)
			break;
	}
fault:
	user_access_end();
	return done;
}

/* Has this page failed, or not, as the report says? A hugetlb folio has one flag for all pages. */
static __always_inline bool has_same_health(const struct pincheck_report *report, u64 pfn)
{
	bool failed = compat_page_flags(pfn_to_page(pfn)) & PAGE_FLAG_HWPOISON;

	return (report->flags & PINCHECK_PAGE_HUGETLB) ||
	       failed == !!(report->flags & PINCHECK_PAGE_HWPOISON);
}

/* Copies the reports of pages of one large folio, if that has one AnonExclusive flag. */
static unsigned int copy_folio_pages(const struct report_walk *walk, const u64 *pfns,
				     unsigned int count, u64 __user *user)
{
	const u64 first = walk->report.head, nr = 1ULL << walk->report.order;
	const int mapcount = walk->marks.mapcount;
	u64 words[WORDS];
	unsigned int done = 0;

	memcpy(words, &walk->report, sizeof(words));
	if (!user_access_begin(user, (size_t)count * sizeof(words)))
		return 0;
	for (; done < count && pfns[done] - first < nr; done++) {
		if (atomic_read(&pfn_to_page(pfns[done])->_mapcount) != mapcount ||
		    !has_same_health(&walk->report, pfns[done]))
			break;
		put_words(user, words, pfns[done], first, fault);
		user += WORDS;
	}
fault:
	user_access_end();
	return done;
}

/**
 * report_copy_alike() - copy the last report, and those of the pages after it that are alike
 * @walk: its report is that of the first of the pages
 * @pfns: of the pages
 * @count: number of pages, at least one
 * @user: space for @count reports, aligned to 8 bytes
 *
 * Context: process context, does not sleep.
 *
 * Return: number of reports copied. 0: the caller must copy the first report in a way that may
 * sleep.
 */
unsigned int report_copy_alike(struct report_walk *walk, const u64 *pfns, unsigned int count,
			       struct pincheck_report __user *user)
{
	unsigned int done = 0;

	pagefault_disable();
	if (walk->plain && page_marks_are_fields)
		done = copy_small_pages(walk, pfns, count, (u64 __user *)user);
	else if (walk->head && page_marks_are_fields && report_has_one_mark(&walk->report))
		done = copy_folio_pages(walk, pfns, count, (u64 __user *)user);
	if (!done && !copy_to_user(user, &walk->report, sizeof(*user)))
		done = 1;
	pagefault_enable();
	return done;
}
