/* SPDX-License-Identifier: GPL-2.0-only */
/* pincheck scan --block: what keeps a memory block from going offline. */
#ifndef PINCHECK_BLOCK_H
#define PINCHECK_BLOCK_H

#include "tools/pincheck/found.h"
#include "tools/table/table.h"

/** block_columns() - of the table that block_scan() prints */
const struct columns *block_columns(void);

/**
 * block_scan() - print why @block cannot go offline
 *
 * Return: exit code: EXIT_KEPT if nothing hinders it, EXIT_BROKEN if something does, or EXIT_USAGE
 */
int block_scan(int session, unsigned long long block, const struct progress *progress,
	       const struct output *output, struct table *table);

#endif
