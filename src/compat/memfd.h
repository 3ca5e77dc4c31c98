/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memfd_pin_folios() and unpin_folio() came with 6.11 (89c1905d9c14). Probe: probes/memfd_pin.c;
 * without it there is no hold of kind memfd. Can go when the oldest supported kernel is 6.11.
 *
 * Assumes: memfd_pin_folios() pins each folio of the range once and returns the folios in order,
 * with the offset into the first one. Topics memfd and memfd_part test that by bytes and pin
 * counts.
 */
#ifndef PINCHECK_COMPAT_MEMFD_H
#define PINCHECK_COMPAT_MEMFD_H

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <generated/pincheck-found.h>

struct folio;	/* kernels before 5.16 have none */

#ifdef HAVE_MEMFD_PIN
static const bool compat_memfd = true;

/**
 * compat_memfd_pin() - pin each folio of a range of a file once
 * @file: of shmem or hugetlb
 * @start: first byte, a multiple of the page size
 * @nr: base pages, all before the end of the file
 * @pages: filled with the pages of the range
 * @folios: scratch space for @nr folios
 *
 * Return: number of pages, or a negative errno.
 */
static inline long compat_memfd_pin(struct file *file, loff_t start, unsigned long nr,
				    struct page **pages, struct folio **folios)
{
	loff_t end = start + ((loff_t)nr << PAGE_SHIFT) - 1;
	unsigned long done = 0, first;
	pgoff_t offset = 0;
	long count, i;

	count = memfd_pin_folios(file, start, end, folios, nr, &offset);
	if (count < 0)
		return count;
	first = offset >> PAGE_SHIFT;
	for (i = 0; i < count; i++, first = 0) {
		unsigned long last = min(first + nr - done, (unsigned long)folio_nr_pages(folios[i]));

		/* Impossible: a range has no more folios than pages. */
		if (WARN_ON_ONCE(done == nr)) {
			unpin_folio(folios[i]);
			continue;
		}
		while (first < last)
			pages[done++] = folio_page(folios[i], first++);
	}
	return done;
}

/** compat_memfd_unpin() - give back the one pin on the folio of @page */
static inline void compat_memfd_unpin(struct page *page)
{
	unpin_folio(page_folio(page));
}
#else
static const bool compat_memfd;

static inline long compat_memfd_pin(struct file *file, loff_t start, unsigned long nr,
				    struct page **pages, struct folio **folios)
{
	return -EOPNOTSUPP;
}

static inline void compat_memfd_unpin(struct page *page)
{
}
#endif

#endif
