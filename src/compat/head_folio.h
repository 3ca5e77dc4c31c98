/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The folio of a page that is known to be its first: page_folio() would ask, flag by flag. Stays
 * until the rest of src/ goes by folios, when the oldest supported kernel is 5.16.
 *
 * Assumes: a struct folio begins where the struct page of its first page does. Cannot be tested
 * from outside: every field that is told of a large folio would be wrong.
 */
#ifndef PINCHECK_COMPAT_HEAD_FOLIO_H
#define PINCHECK_COMPAT_HEAD_FOLIO_H

#define compat_head_folio(head)	((struct folio *)(head))

#endif
