// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports, written to the caller's memory as long as they repeat each other: most of the time that
 * a report takes is the time to copy it. Between user_access_begin() and user_access_end() nothing
 * may be called, hence what is told by inlines and local variables here.
 *
 * Nobody sleeps: the look goes on to be good. Memory of the caller that would have to be faulted in
 * ends it.
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

/* Do the words of a struct page tell all of a small anonymous page, and calls nothing besides? */
#if defined(CONFIG_CMA) || defined(NODE_NOT_IN_PAGE_FLAGS)
static const bool words_are_all;
#else
static const bool words_are_all = true;
#endif

/*
 * The first two words, @pfn and @head, are the page's own. Spelled out: compilers do not unroll what
 * may jump out of a loop.
 */
static_assert(WORDS == 17, "a word of its own for each that a report has more");
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
 * Small anonymous pages whose marks are those of the first: is_alike() of report.c, in one pass.
 * Where the next page lies elsewhere, a call finds it, for which the caller's memory is let go.
 */
static unsigned int put_plain(struct report_look *look, const u64 *pfns, unsigned int count,
			      u64 __user *user)
{
	const int mapcount = look->marks.mapcount, refcount = look->marks.refcount;
	const unsigned long flags = look->marks.flags;
	const size_t bytes = (size_t)count * WORDS * sizeof(u64);
	u64 words[WORDS], first = look->block.first;
	struct page *pages = look->block.page;
	unsigned int done = 0;

	memcpy(words, &look->report, sizeof(words));
	if (!user_access_begin(user, bytes))
		return 0;
	for (;;) {
		const u64 pfn = pfns[done];
		struct page *page;

		if (unlikely(pfn - first >= ONLINE_BLOCK_PFNS)) {
			user_access_end();
			online_page(&look->block, pfn);
			first = look->block.first;
			pages = look->block.page;
			if (!pages || !user_access_begin(user, sizeof(words)))
				return done;
		}
		page = pages + (pfn - first);
		if (compat_page_flags(page) != flags ||
		    (compat_page_mapping(page) & MAPPING_BITS) != MAPPING_BIT_ANON ||
		    atomic_read(&page->_mapcount) != mapcount || page_ref_count(page) != refcount)
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

/* Is this page as sound, or as bad, as the one that the report is of? A hugetlb folio is so whole. */
static __always_inline bool is_as_sound(const struct pincheck_report *report, u64 pfn)
{
	bool failed = compat_page_flags(pfn_to_page(pfn)) & PAGE_FLAG_HWPOISON;

	return (report->flags & PINCHECK_PAGE_HUGETLB) ||
	       failed == !!(report->flags & PINCHECK_PAGE_HWPOISON);
}

/* Pages of one large folio, that differ in nothing. */
static unsigned int put_folio(const struct report_look *look, const u64 *pfns, unsigned int count,
			      u64 __user *user)
{
	const u64 first = look->report.head, nr = 1ULL << look->report.order;
	const int mapcount = look->marks.mapcount;
	u64 words[WORDS];
	unsigned int done = 0;

	memcpy(words, &look->report, sizeof(words));
	if (!user_access_begin(user, (size_t)count * sizeof(words)))
		return 0;
	for (; done < count && pfns[done] - first < nr; done++) {
		if (atomic_read(&pfn_to_page(pfns[done])->_mapcount) != mapcount ||
		    !is_as_sound(&look->report, pfns[done]))
			break;
		put_words(user, words, pfns[done], first, fault);
		user += WORDS;
	}
fault:
	user_access_end();
	return done;
}

/**
 * report_put() - write the last report, and those after it that repeat it
 * @look: with a report, of the first of the pages
 * @pfns: of the pages
 * @count: how many, at least one
 * @user: room for @count reports, at a multiple of 8
 *
 * Context: process context, does not sleep.
 *
 * Return: how many were written. None: the first one has to be copied in a way that may sleep.
 */
unsigned int report_put(struct report_look *look, const u64 *pfns, unsigned int count,
			struct pincheck_report __user *user)
{
	unsigned int done = 0;

	pagefault_disable();
	if (look->plain && words_are_all)
		done = put_plain(look, pfns, count, (u64 __user *)user);
	else if (look->head && words_are_all && report_has_one_mark(&look->report))
		done = put_folio(look, pfns, count, (u64 __user *)user);
	if (!done && !copy_to_user(user, &look->report, sizeof(*user)))
		done = 1;
	pagefault_enable();
	return done;
}
