/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds: what a device has of the memory under test. Kinds are rows of data over one interface;
 * behind it is /dev/pincheck or an io_uring fixed buffer.
 */
#ifndef PINCHECK_SELFTESTS_HOLD_H
#define PINCHECK_SELFTESTS_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <liburing.h>
#include "hold_rows.h"
#include "memory.h"

/** enum hold_trait - what scenarios select hold kinds by */
enum hold_trait {
	/** @HOLD_PIN: FOLL_PIN: keeps SYNC through every event */
	HOLD_PIN		= 1U << 0,
	/** @HOLD_GET: FOLL_GET: fork does not know of it; ISOLATION is what remains */
	HOLD_GET		= 1U << 1,
	/** @HOLD_WRITE: the device may write */
	HOLD_WRITE		= 1U << 2,
	/** @HOLD_LONGTERM: FOLL_LONGTERM */
	HOLD_LONGTERM		= 1U << 3,
	/** @HOLD_NONE: nothing is held: the control */
	HOLD_NONE		= 1U << 4,
	/** @HOLD_FAST: asks for GUP-fast */
	HOLD_FAST		= 1U << 5,
	/** @HOLD_URING: an io_uring fixed buffer: path and PFN not told; see hold_folds() */
	HOLD_URING		= 1U << 6,
	/** @HOLD_MIRROR: no reference: follows what is mapped, through every event */
	HOLD_MIRROR		= 1U << 7,
};

/** enum event_class - events, by what they do to a page that is held */
enum event_class {
	/** @ACROSS_PROTECTION: write-protected, but still exclusive: mprotect, clear_refs */
	ACROSS_PROTECTION	= 1U << 0,
	/** @ACROSS_FORK: the page is shared, unless the kernel sees that it is pinned */
	ACROSS_FORK		= 1U << 1,
};

/** enum page_state - how the memory is mapped when a hold is taken; decides the path */
enum page_state {
	/** @STATE_WRITABLE: exclusive and mapped writable */
	STATE_WRITABLE,
	/** @STATE_PROTECTED: exclusive, but write-protected in the page tables */
	STATE_PROTECTED,
	/** @STATE_SHARED: shared by COW, or was: not exclusive */
	STATE_SHARED,
	STATES
};

struct hold;

/** struct hold_ops - a way to hold memory; all return 0 or a negative errno */
struct hold_ops {
	int (*take)(struct hold *hold);
	int (*device_read)(struct hold *hold, size_t offset, void *buffer, size_t bytes);
	int (*device_write)(struct hold *hold, size_t offset, const void *buffer, size_t bytes);
	/* PFN and path of base page @page of the hold */
	int (*page)(struct hold *hold, size_t page, uint64_t *pfn, uint32_t *path);
	int (*release)(struct hold *hold);
};

/**
 * struct hold_kind - a row
 * @name: second part of a variant's name
 * @ops: how it is taken
 * @traits: enum hold_trait
 * @needs: enum requirement
 * @kind: enum pincheck_kind, for /dev/pincheck
 * @flags: PINCHECK_HOLD_*
 * @path: enum pincheck_path that is asked for
 * @keeps_sync: enum event_class: events across which this hold is promised SYNC
 */
struct hold_kind {
	const char *name;
	const struct hold_ops *ops;
	unsigned int traits;
	uint64_t needs;
	uint32_t kind;
	uint32_t flags;
	uint32_t path;
	unsigned int keeps_sync;
};

/* One object for each row of the table, and three that are in no list of it. */
#define HOLD_KIND_EXTERN(name, ...)	extern const struct hold_kind hold_##name;
FOR_EACH_HOLD_ROW(HOLD_KIND_EXTERN)
FOR_EACH_OTHER_HOLD_ROW(HOLD_KIND_EXTERN)
extern const struct hold_kind hold_none, hold_uring, hold_pin_rw_lt_policy;

extern const struct hold_ops hold_ops_none, hold_ops_pincheck, hold_ops_uring;

/**
 * struct hold - a hold on pages @first..@first+@pages of @memory
 * @kind: its row
 * @memory: what is held
 * @first: first base page
 * @pages: base pages
 * @taken: it has to be given back
 * @fast_pages: how many GUP-fast gave
 * @slow_pages: and how many mmap_lock; both 0 where not told
 * @id: in the session of @memory
 * @reason: enum pincheck_reason, where it was refused
 * @start: address that was given to io_uring: it stays the buffer's name
 * @ring: io_uring
 * @pipe: what io_uring reads from and writes to: the device
 * @pfn: PFNs of the samples when io_uring took them: it does not tell what it has
 */
struct hold {
	const struct hold_kind *kind;
	const struct memory *memory;
	size_t first;
	size_t pages;
	bool taken;
	uint64_t fast_pages;
	uint64_t slow_pages;
	uint32_t id;
	uint32_t reason;
	char *start;
	struct io_uring ring;
	int pipe[2];
	uint64_t pfn[SAMPLES];
};

/** hold_take() - hold @pages base pages of @memory from @first on */
int hold_take(struct hold *hold, const struct hold_kind *kind, const struct memory *memory,
	      size_t first, size_t pages);

/** hold_release() - give it back; 0 if nothing is held */
int hold_release(struct hold *hold);

/** hold_covers() - whether base page @page is held */
bool hold_covers(const struct hold *hold, size_t page);

/** hold_fill() - the device writes @generation to the device area of every sample held */
int hold_fill(struct hold *hold, enum generation generation);

/** hold_fill_sample() - the same for sample number @sample only */
int hold_fill_sample(struct hold *hold, size_t sample, enum generation generation);

/** hold_look() - what the device sees in both areas of every sample held; others read UNKNOWN */
int hold_look(struct hold *hold, struct view *view);

/** hold_page() - PFN and path of base page @page of the memory */
int hold_page(struct hold *hold, size_t page, uint64_t *pfn, uint32_t *path);

/**
 * hold_expected_path() - by which way GUP has to find memory mapped as @state
 *
 * GUP-fast refuses to write through a write-protected entry, and to pin what is not exclusive:
 * that must be unshared first. A plain reference for reading takes what is there, and so does a
 * pin where the kernel does not know exclusive pages.
 */
uint32_t hold_expected_path(const struct hold_kind *kind, enum page_state state);

/** hold_folds() - does it have one pin a folio, however many pages of it are held? */
bool hold_folds(const struct hold_kind *kind);

/** hold_expected_pins() - pins that the folio of a held page must have, if it is a @large one */
int hold_expected_pins(const struct hold *hold, bool large);

#endif
