/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The folio of a page that is known to be its first: page_folio() would ask, flag by flag. Stays
 * until the rest of src/ goes by folios, when the oldest supported kernel is 5.16.
 */
#ifndef PINCHECK_COMPAT_HEAD_FOLIO_H
#define PINCHECK_COMPAT_HEAD_FOLIO_H

#define compat_head_folio(head)	((struct folio *)(head))

#endif
