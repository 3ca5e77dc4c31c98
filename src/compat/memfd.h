/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memfd_pin_folios() and unpin_folio() came with 6.11 (89c1905d9c14). Probe: probes/memfd_pin.c;
 * without it nothing of kind memfd can be held. Can go when the oldest supported kernel is 6.11.
 *
 * Assumes: memfd_pin_folios() gives each folio of the range once, in order, and the offset in the
 * first; and pins each once. Topics memfd and memfd_part test that by bytes and pin counts.
 */
#ifndef PINCHECK_COMPAT_MEMFD_H
#define PINCHECK_COMPAT_MEMFD_H

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <generated/pincheck-found.h>

struct folio;	/* not every kernel has it */

#ifdef HAVE_MEMFD_PIN
static const bool compat_memfd = true;

/**
 * compat_memfd_pin() - pin each folio of a range of a file once
 * @file: of shmem or hugetlb
 * @start: first byte, a multiple of the page size
 * @nr: base pages, all before the end of the file
 * @pages: the pages of the range, as many as came
 * @room: for @nr folios
 *
 * Return: how many pages came, or a negative errno.
 */
static inline long compat_memfd_pin(struct file *file, loff_t start, unsigned long nr,
				    struct page **pages, struct folio **room)
{
	loff_t end = start + ((loff_t)nr << PAGE_SHIFT) - 1;
	unsigned long done = 0, first;
	pgoff_t offset = 0;
	long count, i;

	count = memfd_pin_folios(file, start, end, room, nr, &offset);
	if (count < 0)
		return count;
	first = offset >> PAGE_SHIFT;
	for (i = 0; i < count; i++, first = 0) {
		unsigned long last = min(first + nr - done, (unsigned long)folio_nr_pages(room[i]));

		/* Cannot be: a range needs no more folios than its pages. */
		if (WARN_ON_ONCE(done == nr)) {
			unpin_folio(room[i]);
			continue;
		}
		while (first < last)
			pages[done++] = folio_page(room[i], first++);
	}
	return done;
}

/** compat_memfd_unpin() - give the one pin on the folio of @page back */
static inline void compat_memfd_unpin(struct page *page)
{
	unpin_folio(page_folio(page));
}
#else
static const bool compat_memfd;

static inline long compat_memfd_pin(struct file *file, loff_t start, unsigned long nr,
				    struct page **pages, struct folio **room)
{
	return -EOPNOTSUPP;
}

static inline void compat_memfd_unpin(struct page *page)
{
}
#endif

#endif
