/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the caller in the shapes that the kernel treats differently: what tools and selftests
 * do alike to get it. That it came out as asked for is theirs to check, by a page report.
 */
#ifndef PINCHECK_LIB_USERMEM_H
#define PINCHECK_LIB_USERMEM_H

#include <stddef.h>
#include <sys/mman.h>

#define USERMEM_64K		(64UL << 10)
#define USERMEM_PMD_BYTES	(2UL << 20)

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB		(21 << 26)
#endif

/**
 * usermem_map() - map @bytes readable and writable
 * @flags: of mmap()
 * @file: to map from its start, or -1
 *
 * What is large enough for a folio of 2 MiB, or of 64 KiB, is aligned to it, with no mapping of
 * ours beside it.
 *
 * Return: the address, or MAP_FAILED with errno
 */
void *usermem_map(size_t bytes, int flags, int file);

/** usermem_split() - let PTEs map the huge page at @start. Return: 0 or a negative errno */
int usermem_split(void *start);

/**
 * usermem_page_out() - swap out the pages from @start on
 * @pagemap: of the caller
 *
 * Return: 0, -EBUSY if some would not go, or another negative errno; see cause_of()
 */
int usermem_page_out(void *start, size_t bytes, int pagemap);

/**
 * usermem_reprotect() - take write permission away and give it back: the next write has to ask
 *
 * Return: 0 or a negative errno
 */
int usermem_reprotect(void *start, size_t bytes);

/**
 * usermem_settle() - drain the LRU batches of this CPU
 *
 * A small folio that waits in one has a reference more; without them refcounts are exact. Who uses
 * it keeps to one CPU.
 *
 * Return: 0 or a negative errno
 */
int usermem_settle(void);

#endif
