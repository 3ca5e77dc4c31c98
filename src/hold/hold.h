/* SPDX-License-Identifier: GPL-2.0-only */
/* A hold: one set of references on one address range; and the kinds of holds. */
#ifndef PINCHECK_HOLD_H
#define PINCHECK_HOLD_H

#include <linux/mm_types.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/pincheck.h>
#include "split.h"

/*
 * Most pages in one GUP call. Bounds how long GUP-fast keeps IRQs off, and the array of VMAs that
 * long-term pins of 5.10 allocate; large enough that the calls cost nothing against the pages.
 */
#define HOLD_CHUNK_PAGES	4096UL

/* 1 GiB worth of 4 KiB pages: bounds the array of one hold, and the time of one ioctl. */
#define HOLD_PAGES_MAX		262144UL

struct account;
struct gup_calls;
struct hold;
struct interval;
struct io_part;

/**
 * struct hold_ops - a kind of hold
 * @flags: PINCHECK_HOLD_* that this kind knows
 * @by_address: the hold's pages were mapped at @addr of the hold when they were found
 * @plain: the references are plain ones (FOLL_GET), not pins
 * @always_longterm: the pins are long-term, with or without PINCHECK_HOLD_LONGTERM
 * @pins_folios: pages of one folio that follow each other in a chunk share one pin
 * @gup: the calls of a kind that uses gup_take() and gup_give_back()
 * @check: checks what does not depend on memory: 0 or -EINVAL
 * @private_bytes: size of @private of a hold of this kind; NULL: the kind has no private memory
 * @take: fills @pages of a hold and sets pages of the request to the number of pages that came. If
 *	the range cannot be held whole, gives back what came, and returns the error; sets the
 *	reason if the address alone cannot explain the error. Calls references_taken() for each
 *	chunk of referenced pages, which counts them
 * @can_cut: may the page at this index be given back without the page before it? Both are held.
 *	NULL: such a hold is given back whole or not at all
 * @give_back: gives back @nr pages from @first on, all of them still held; @dirty: marks them dirty
 *	first, under the page lock
 * @access: device I/O on one page of the hold; NULL: device_access() on the page
 * @steal: gives the pins of these pages to the kernel, and takes a plain reference on each page
 *	instead; NULL: this kind has no pins that can be stolen
 * @interval: the watched range of a kind without references; NULL for kinds with references
 * @stale_page: the page that was at this index and on which the hold keeps a plain reference, or
 *	NULL. May be freed at any time: compare the pointer, never dereference it
 */
struct hold_ops {
	u32 flags;
	bool by_address;
	bool plain;
	bool always_longterm;
	bool pins_folios;
	const struct gup_calls *gup;
	int (*check)(const struct pincheck_hold *request);
	size_t (*private_bytes)(const struct pincheck_hold *request);
	int (*take)(struct hold *hold, struct pincheck_hold *request);
	bool (*can_cut)(const struct hold *hold, unsigned long index);
	void (*give_back)(struct hold *hold, unsigned long first, unsigned long nr, bool dirty);
	int (*access)(struct hold *hold, const struct io_part *part);
	void (*steal)(struct hold *hold, unsigned long first, unsigned long nr);
	struct interval *(*interval)(struct hold *hold);
	struct page *(*stale_page)(const struct hold *hold, unsigned long index);
};

/*
 * All kinds of hold, in the order of enum pincheck_kind: the number, the ops, and whether this
 * kernel is configured for the kind. HOLD answers EOPNOTSUPP where the kernel is not.
 */
#define HOLD_KINDS(ROW) \
	ROW(PINCHECK_KIND_PIN, pin_ops, true) \
	ROW(PINCHECK_KIND_GET, get_ops, true) \
	ROW(PINCHECK_KIND_MEMFD, memfd_ops, true) \
	ROW(PINCHECK_KIND_MIRROR, mirror_ops, IS_ENABLED(CONFIG_HMM_MIRROR)) \
	ROW(PINCHECK_KIND_PFNMAP, pfnmap_ops, IS_ENABLED(CONFIG_MMU_NOTIFIER))

#define HOLD_KIND_DECLARE(kind, ops, offered)	extern const struct hold_ops ops;
HOLD_KINDS(HOLD_KIND_DECLARE)

/**
 * struct hold - one set of references on one address range
 * @users: references on this structure
 * @busy: held for reading while the pages are used, for writing while some are given back
 * @gone: all pages were given back; under @busy
 * @written: the device wrote through this hold: its pages are marked dirty when they are given back
 * @ops: the kind
 * @account: of the session; outlives the hold
 * @id: in the session
 * @mm: of the process whose memory is held and that is charged for the pages; may have ended
 * @addr: first address; 0 for kinds whose pages have no address
 * @nr: base pages
 * @left: pages that were not given back yet
 * @capacity: entries of @pages
 * @flags: PINCHECK_HOLD_*
 * @fast: for each chunk of HOLD_CHUNK_PAGES, its split
 * @charged: bytes charged for the memory of this hold; 0 with CAP_IPC_LOCK
 * @private: for the kind: @private_bytes of memory, zeroed before the hold is taken; or NULL
 * @pages: the pages, in order of address. NULL for pages that were given back (none while @left is
 *	@nr), and for pages that a mirror does not have at the moment
 * @stolen: pages that have a plain reference instead of a pin; NULL: no page
 */
struct hold {
	refcount_t users;
	struct rw_semaphore busy;
	bool gone;
	bool written;
	const struct hold_ops *ops;
	struct account *account;
	struct mm_struct *mm;
	unsigned long addr;
	unsigned long nr;
	unsigned long left;
	unsigned long capacity;
	u32 id;
	u32 flags;
	u32 fast[HOLD_PAGES_MAX / HOLD_CHUNK_PAGES];
	size_t charged;
	void *private;
	struct page **pages;
	unsigned long *stolen;
};

/** hold_refers() - does this kind of hold have references, so that its pages are charged? */
static inline bool hold_refers(const struct hold_ops *ops)
{
	return !ops->interval;
}

/** hold_path() - enum pincheck_path: how page @index of @hold was found */
static inline u32 hold_path(const struct hold *hold, unsigned long index)
{
	return split_path(hold->fast[index / HOLD_CHUNK_PAGES], index % HOLD_CHUNK_PAGES);
}

const struct hold_ops *hold_kind(u32 kind);
struct hold *hold_take(struct account *account, const struct hold_ops *ops, u32 id,
		       struct pincheck_hold *request);
void hold_clear_pages(struct hold *hold);
int hold_enter(struct hold *hold);
void hold_leave(struct hold *hold);
void hold_uncharge(struct hold *hold, unsigned long nr);
long hold_release(struct hold *hold, const struct pincheck_release *request, bool *ended);
void hold_give_back(struct hold *hold);
void hold_put(struct hold *hold);
struct hold *hold_memory_alloc(struct account *account, const struct hold_ops *ops,
			       struct pincheck_hold *request);
void *hold_memory_add(struct hold *hold, size_t bytes);
void hold_memory_free(struct hold *hold);
void hold_memory_forget(struct account *account);

#endif
