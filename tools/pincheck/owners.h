/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processes map given folios, and where: one walk over the page tables of all processes. */
#ifndef PINCHECK_OWNERS_H
#define PINCHECK_OWNERS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "tools/pincheck/process.h"
#include "tools/pincheck/progress.h"

/** struct folio - one of those whose owners are wanted, by its first page frame number */
struct folio {
	__u64 pfn;
	__u32 order;
};

/**
 * struct area - a mapping of a process in which some of the folios were found
 * @next: in the list of all
 * @vma: the mapping; its path is @path
 */
struct area {
	struct area *next;
	struct process *process;
	struct vma vma;
	char path[];
};

/**
 * struct owner - pages of a folio that a process maps, one behind the other
 * @folio: index of the folio
 * @page: the first page of the folio that is mapped there
 * @pages: their number
 * @address: of the first
 */
struct owner {
	__u32 folio;
	__u32 page;
	__u64 pages;
	__u64 address;
	const struct area *area;
};

/**
 * struct owners - the folios, and who maps them
 * @folios: in ascending order, @folio_count of them; filled by the caller
 * @rows: sorted by folio, then by process and address
 * @unreadable: number of processes whose page tables this process may not read
 */
struct owners {
	struct folio *folios;
	size_t folio_count;
	struct owner *rows;
	size_t count;
	struct area *areas;
	struct process *processes;
	size_t process_count;
	size_t unreadable;
};

/** MOST_OWNERS - rows for which owners_find() takes memory */
#define MOST_OWNERS	(4UL << 20)

/**
 * owners_find() - look through the page tables of all processes once, in several threads
 * @only: the number of the only process to look at; 0: all
 *
 * Return: 0; -E2BIG: more than MOST_OWNERS rows; or another negative errno
 */
int owners_find(struct owners *owners, pid_t only, struct progress *progress);

/** owners_of() - the rows of folio number @folio. Return: the first of @count */
const struct owner *owners_of(const struct owners *owners, size_t folio, size_t *count);

/** owners_free() - free all but @folios, which stay those of the caller */
void owners_free(struct owners *owners);

#endif
