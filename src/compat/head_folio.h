/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The folio of its first page, without the checks of page_folio(). Stays until the rest of src/
 * uses folios, when the oldest supported kernel is 5.16.
 *
 * Assumes: a struct folio begins at the struct page of its first page. No topic tests that alone:
 * otherwise every field in the report of a large folio would be wrong.
 */
#ifndef PINCHECK_COMPAT_HEAD_FOLIO_H
#define PINCHECK_COMPAT_HEAD_FOLIO_H

#define compat_head_folio(head)	((struct folio *)(head))

#endif
