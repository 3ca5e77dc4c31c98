/* SPDX-License-Identifier: GPL-2.0-only */
/* What the page tables map, from /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#ifndef PINCHECK_LIB_PAGEMAP_H
#define PINCHECK_LIB_PAGEMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGEMAP_PFN_MASK	((1ULL << 55) - 1)	/* only where PRESENT, and to CAP_SYS_ADMIN */
#define PAGEMAP_SOFT_DIRTY	(1ULL << 55)
#define PAGEMAP_EXCLUSIVE	(1ULL << 56)		/* mapped once: not PageAnonExclusive */
#define PAGEMAP_UFFD_WP		(1ULL << 57)
#define PAGEMAP_FILE		(1ULL << 61)		/* file page or shared anonymous */
#define PAGEMAP_SWAPPED		(1ULL << 62)
#define PAGEMAP_PRESENT		(1ULL << 63)

/** pagemap_open() - of process @pid, 0 for the caller. Return: descriptor, or a negative errno */
int pagemap_open(pid_t pid);

/** pagemap_read() - @count entries from the page of @address on. Return: 0 or a negative errno */
int pagemap_read(int pagemap, const void *address, uint64_t *entries, size_t count);

/** pagemap_entry() - the entry of one page; 0 (nothing mapped) also when it cannot be read */
uint64_t pagemap_entry(int pagemap, const void *address);

/** pagemap_has_numbers() - does pagemap show this process page frame numbers? They need CAP_SYS_ADMIN */
bool pagemap_has_numbers(void);

/** pagemap_pfn() - the page frame number in @entry; 0 where no page is present */
static inline uint64_t pagemap_pfn(uint64_t entry)
{
	return entry & PAGEMAP_PRESENT ? entry & PAGEMAP_PFN_MASK : 0;
}

#endif
