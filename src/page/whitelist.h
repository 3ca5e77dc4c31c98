/* SPDX-License-Identifier: GPL-2.0-only */
/* May a page be pinned long-term for writing? */
#ifndef PINCHECK_WHITELIST_H
#define PINCHECK_WHITELIST_H

#include <linux/types.h>
#include "whitelist_rule.h"

struct hold;
struct page;

void whitelist_facts(struct page *head, struct whitelist_facts *facts);
int whitelist_enforce(const struct hold *hold, bool longterm_write, unsigned long *allowed);
bool whitelist_by_kernel(void);
void whitelist_init(void);

#endif
