/* SPDX-License-Identifier: GPL-2.0-only */
/* The hold of kind "pfnmap". */
#ifndef PINCHECK_PFNMAP_HOLD_H
#define PINCHECK_PFNMAP_HOLD_H

struct hold;
struct mapping_seen;

const struct mapping_seen *pfnmap_hold_seen(const struct hold *hold);

#endif
