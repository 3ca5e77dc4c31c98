/* SPDX-License-Identifier: GPL-2.0-only */
/* A hold: one set of references on one address range; and the kinds of it. */
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

struct hold;
struct interval;
struct io_part;
struct session;

/**
 * struct hold_ops - a kind of hold
 * @flags: PINCHECK_HOLD_* it may be taken with
 * @by_address: its pages were found where something was mapped, at @addr of the hold
 * @plain: its references are plain ones (FOLL_GET), not pins
 * @always_longterm: its pins are long-term, with or without PINCHECK_HOLD_LONGTERM
 * @pins_folios: pages of one folio that follow each other in a chunk share one pin
 * @check: what does not depend on any memory: 0 or -EINVAL
 * @own_bytes: memory that a hold of this kind needs besides its pages, as @own; NULL: none
 * @take: fill @pages of a hold and say in pages of the request how many came; what came of a
 *	range that cannot be held whole is given back before returning the error. Sets reason
 *	where the address cannot explain the error. Calls references_taken() for each chunk of
 *	pages it got references on, or nothing is booked
 * @can_cut: may the page at this index be given back without the one before it? Both are held.
 *	NULL: the hold is given back whole or not at all
 * @give_back: @nr pages of a hold that was taken, from @first on, all of them still held; @dirty:
 *	marks them dirty first, under the page lock
 * @access: device I/O on a page of a hold that was taken; NULL: the pages are used as they are
 * @steal: give the same pages' pins to the kernel, and have a plain reference on each instead; NULL:
 *	not this kind
 * @interval: what is watched instead of held; NULL for kinds that have references
 * @kept: a page that the hold has a plain reference on, though it is not one of its pages any more;
 *	or NULL. It may go at any time: for comparing
 */
struct hold_ops {
	u32 flags;
	bool by_address;
	bool plain;
	bool always_longterm;
	bool pins_folios;
	int (*check)(const struct pincheck_hold *request);
	size_t (*own_bytes)(const struct pincheck_hold *request);
	int (*take)(struct hold *hold, struct pincheck_hold *request);
	bool (*can_cut)(const struct hold *hold, unsigned long index);
	void (*give_back)(struct hold *hold, unsigned long first, unsigned long nr, bool dirty);
	int (*access)(struct hold *hold, const struct io_part *part);
	void (*steal)(struct hold *hold, unsigned long first, unsigned long nr);
	struct interval *(*interval)(struct hold *hold);
	struct page *(*kept)(const struct hold *hold, unsigned long index);
};

/*
 * All kinds of hold, in the order of enum pincheck_kind: the number, the ops, and whether this kernel
 * is configured for it. HOLD answers EOPNOTSUPP for a kind that the kernel is not configured for.
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
 * @users: how many may look at this structure
 * @busy: held for reading while the pages are used, for writing while some are given back
 * @gone: the pages were given back; under @busy
 * @written: the device wrote through it: dirty on release
 * @ops: its kind
 * @session: that took it; outlives it
 * @id: in @session
 * @mm: whose memory it is, and who is charged for it; not necessarily alive any more
 * @addr: first address; 0 where pages have none
 * @nr: base pages
 * @left: how many of them were not given back yet
 * @room: how many fit into @pages
 * @flags: PINCHECK_HOLD_*
 * @fast: for each chunk of HOLD_CHUNK_PAGES, its split
 * @charged: bytes that the session is charged for the memory of this hold; 0 with CAP_IPC_LOCK
 * @own: @own_bytes of its kind's own, zeroed before the hold is taken; or NULL
 * @pages: the pages, in order of address; memory of its own. NULL for those given back, of which
 *	there are none as long as @left is @nr; and for those a mirror does not have at the moment
 * @stolen: which of them have a plain reference instead of a pin; NULL: none
 */
struct hold {
	refcount_t users;
	struct rw_semaphore busy;
	bool gone;
	bool written;
	const struct hold_ops *ops;
	struct session *session;
	struct mm_struct *mm;
	unsigned long addr;
	unsigned long nr;
	unsigned long left;
	unsigned long room;
	u32 id;
	u32 flags;
	u32 fast[HOLD_PAGES_MAX / HOLD_CHUNK_PAGES];
	size_t charged;
	void *own;
	struct page **pages;
	unsigned long *stolen;
};

/** hold_refers() - does a hold of this kind have references: are its pages pinned, and charged? */
static inline bool hold_refers(const struct hold_ops *ops)
{
	return !ops->interval;
}

/** hold_path() - enum pincheck_path: how page @index of @hold was found */
static inline u32 hold_path(const struct hold *hold, unsigned long index)
{
	return split_path(hold->fast[index / HOLD_CHUNK_PAGES], index % HOLD_CHUNK_PAGES);
}

struct hold *hold_take(struct session *session, const struct hold_ops *ops, u32 id,
		       struct pincheck_hold *request);
struct hold *hold_enter(struct session *session, u32 id);
void hold_leave(struct hold *hold);
void hold_uncharge(struct hold *hold, unsigned long nr);
long hold_release(struct session *session, const struct pincheck_release *request);
void hold_give_back(struct hold *hold);
void hold_put(struct hold *hold);
struct hold *hold_memory_alloc(struct session *session, const struct hold_ops *ops,
			       struct pincheck_hold *request);
void *hold_memory_add(struct hold *hold, size_t bytes);
void hold_memory_free(struct hold *hold);
void hold_memory_forget(struct session *session);

#endif
