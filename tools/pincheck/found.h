/* SPDX-License-Identifier: GPL-2.0-only */
/* The folios that SCAN finds, with their reports, their owners and their holders. */
#ifndef PINCHECK_FOUND_H
#define PINCHECK_FOUND_H

#include <linux/pincheck.h>
#include <sys/types.h>
#include "tools/pincheck/holders.h"
#include "tools/pincheck/owners.h"
#include "tools/pincheck/progress.h"

/**
 * struct found - a folio
 * @report: with the ledger
 * @owners: where processes map it, @count of them
 * @holder: only where the search looks for owners
 */
struct found {
	struct pincheck_report report;
	const struct owner *owners;
	size_t count;
	struct judgement holder;
};

/**
 * struct search - what is wanted
 * @flags: PINCHECK_SCAN_*
 * @start: first page frame number
 * @end: page frame number behind the last; 0: the end of memory
 * @pid: only folios that this process maps; 0: all
 * @owners: look for owners and holders
 * @visit: is called for each folio, in ascending order
 * @progress: that the caller began
 * @unreadable: number of processes whose page tables could not be read, once the search is over
 */
struct search {
	int session;
	__u32 flags;
	__u64 start;
	__u64 end;
	pid_t pid;
	bool owners;
	void (*visit)(void *context, const struct found *found);
	void *context;
	struct progress progress;
	size_t unreadable;
};

/**
 * search_run() - look for all folios
 *
 * Memory is bounded: the search takes folios by the million at most, and walks over the page tables once for
 * each million.
 *
 * Return: 0; -ESRCH: the process ended meanwhile; or another negative errno
 */
int search_run(struct search *search);

/** search_says_unreadable() - print on standard error how many processes could not be looked at, if any */
void search_says_unreadable(const struct search *search);

#endif
