/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From page frame numbers to pages, for many numbers that are close to each other. A subsection of
 * sparse memory (2 MiB on x86) has a memory map for all of its pages or for none, so one look-up is
 * enough for all of them.
 *
 * The answer is valid until the end of the RCU read-side section in which the caller asked. Modules
 * cannot take the lock of memory hotplug (get_online_mems() is not exported), but they can have a
 * notifier: offline_pages() marks the sections offline, then calls the notifiers with MEM_OFFLINE,
 * and frees the memory map later. Our notifier waits for a grace period (online.c).
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
 * struct online_block - the block of the last look-up
 * @first: first page frame number of the block
 * @page: the page with that number; NULL if the block is not online
 *
 * Valid within one RCU read-side section.
 */
struct online_block {
	u64 first;
	struct page *page;
};

/** online_forget() - empty the block before the first look-up of an RCU read-side section */
static inline void online_forget(struct online_block *block)
{
	block->first = ~0ULL;
	block->page = NULL;
}

/**
 * online_page() - look up the page of a page frame number
 * @block: emptied by online_forget(), or of the last look-up
 * @pfn: any number
 *
 * Context: in an RCU read-side section; the struct page may be read until its end.
 *
 * Return: NULL if there is no page, or the page is not online.
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

int online_init(void);
void online_exit(void);

#endif
