/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References on pages: counted when they are taken, and refused before the kernel's counter wraps.
 */
#ifndef PINCHECK_REFERENCES_H
#define PINCHECK_REFERENCES_H

#include "page/reference_limit.h"

struct hold;

int references_taken(struct hold *hold, unsigned long first, unsigned long nr);

#endif
