/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From page frame numbers to pages, of many numbers that are close to each other. Whether there is
 * a page is the same all over a subsection of sparse memory (2 MiB on x86): one question is enough.
 */
#ifndef PINCHECK_ONLINE_H
#define PINCHECK_ONLINE_H

#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#if defined(CONFIG_SPARSEMEM_VMEMMAP) && !defined(CONFIG_HAVE_ARCH_PFN_VALID)
#define ONLINE_BLOCK_PFNS	((u64)PAGES_PER_SUBSECTION)
#else
#define ONLINE_BLOCK_PFNS	1ULL
#endif

/**
 * struct online_block - the block that was asked about last
 * @first: its first page frame number
 * @page: of that number; NULL when the block is not online
 *
 * Memory may go offline at any time: not to be kept while its user sleeps.
 */
struct online_block {
	u64 first;
	struct page *page;
};

/** online_forget() - begin anew */
static inline void online_forget(struct online_block *block)
{
	block->first = ~0ULL;
	block->page = NULL;
}

/**
 * online_page() - the page of a number
 * @block: from online_forget() on
 * @pfn: any number
 *
 * Return: NULL when there is none, or it is not online.
 */
static inline struct page *online_page(struct online_block *block, u64 pfn)
{
	if (block->first != round_down(pfn, ONLINE_BLOCK_PFNS)) {
		block->first = round_down(pfn, ONLINE_BLOCK_PFNS);
		block->page = block->first == (unsigned long)block->first ?
			      pfn_to_online_page(block->first) : NULL;
	}
	return block->page ? block->page + (pfn - block->first) : NULL;
}

#endif
