/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From page frame numbers to pages, of many numbers that are close to each other. Whether there is
 * a page is the same all over a subsection of sparse memory (2 MiB on x86): one question is enough.
 *
 * The answer holds as long as its asker is in an RCU read-side section that began before. Modules
 * cannot take the lock of memory hotplug (get_online_mems() is not exported), but they are told:
 * offline_pages() marks the sections offline, then calls the notifiers with MEM_OFFLINE, and only what
 * comes after can free the memory map. Our notifier waits there for a grace period (online.c).
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
 * To be kept within one RCU read-side section.
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
 * Context: in an RCU read-side section, to the end of which the page can be looked at.
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

int online_init(void);
void online_exit(void);

#endif
