/* SPDX-License-Identifier: GPL-2.0-only */
/* The hold of kind "pfnmap". */
#ifndef PINCHECK_PFNMAP_HOLD_H
#define PINCHECK_PFNMAP_HOLD_H

struct hold;
struct sight;

const struct sight *pfnmap_hold_sight(const struct hold *hold);

#endif
