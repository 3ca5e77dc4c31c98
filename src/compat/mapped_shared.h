/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do several processes map the folio? Large folios remember it from 6.15 on (6af8cb80d3a9). Probe:
 * probes/mapped_shared.c. Can go when the oldest supported kernel is 6.15.
 *
 * Assumes: the answer is "perhaps" for every folio that several processes map. Topics model and
 * reuse compare the answer with what a write fault does.
 */
#ifndef PINCHECK_COMPAT_MAPPED_SHARED_H
#define PINCHECK_COMPAT_MAPPED_SHARED_H

#include <linux/mm.h>
#include <generated/pincheck-found.h>
#include "head_folio.h"

/* Return: 1 for perhaps, 0 for no, -1 for unknown. */
static inline int compat_mapped_shared(struct page *head)
{
#ifdef HAVE_MAPPED_SHARED
	return folio_maybe_mapped_shared(compat_head_folio(head));
#else
	return -1;
#endif
}

#endif
