/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References on pages: counted when they are taken, and refused before the kernel's counter wraps.
 */
#ifndef PINCHECK_REFERENCES_H
#define PINCHECK_REFERENCES_H

#include <linux/types.h>

struct hold;
struct page;

bool references_exhausted(struct page *page);
bool references_near_end(struct page **pages, unsigned long nr);
int references_taken(struct hold *hold, unsigned long first, unsigned long nr);

#endif
