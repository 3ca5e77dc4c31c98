/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds of a device on the memory under test. Kinds of hold are rows of data with one interface,
 * which /dev/pincheck or a driver of the kernel's own implements.
 */
#ifndef PINCHECK_SELFTESTS_HOLD_H
#define PINCHECK_SELFTESTS_HOLD_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "hold_rows.h"
#include "memory.h"

/** enum hold_trait - properties by which scenarios choose kinds of hold */
enum hold_trait {
	/** @HOLD_PIN: FOLL_PIN: keeps SYNC through every event */
	HOLD_PIN		= 1U << 0,
	/** @HOLD_GET: FOLL_GET: fork does not honour it, so it keeps only ISOLATION */
	HOLD_GET		= 1U << 1,
	/** @HOLD_WRITE: the device may write */
	HOLD_WRITE		= 1U << 2,
	/** @HOLD_LONGTERM: FOLL_LONGTERM */
	HOLD_LONGTERM		= 1U << 3,
	/** @HOLD_NONE: nothing is held: the control */
	HOLD_NONE		= 1U << 4,
	/** @HOLD_FAST: requests GUP-fast */
	HOLD_FAST		= 1U << 5,
	/** @HOLD_DRIVER: by a driver of the kernel's own, which shows neither path nor PFN */
	HOLD_DRIVER		= 1U << 6,
	/** @HOLD_MIRROR: no reference: follows the mapping through every event */
	HOLD_MIRROR		= 1U << 7,
	/** @HOLD_FOLDS: one pin for each folio, not for each page: see hold_folds() */
	HOLD_FOLDS		= 1U << 8,
	/** @HOLD_IN_FLIGHT: until a call or a request ends, not until the process gives the memory up */
	HOLD_IN_FLIGHT		= 1U << 9,
	/** @HOLD_SEALS: of a file that may not shrink: the driver asks for F_SEAL_SHRINK */
	HOLD_SEALS		= 1U << 10,
};

/** enum hold_charge - where the kernel counts the pages that a driver holds */
enum hold_charge {
	/** @CHARGE_VM_PIN: in VmPin of the process (mm->pinned_vm) */
	CHARGE_VM_PIN		= 1U << 0,
	/** @CHARGE_VM_LCK: in VmLck of the process (mm->locked_vm) */
	CHARGE_VM_LCK		= 1U << 1,
	/** @CHARGE_OWN: what the driver pins of memory of the device's own counts in VmPin, too */
	CHARGE_OWN		= 1U << 2,
};

/** enum event_class - events, by their effect on a held page */
enum event_class {
	/** @ACROSS_PROTECTION: write-protected, but still exclusive: mprotect, clear_refs */
	ACROSS_PROTECTION	= 1U << 0,
	/** @ACROSS_FORK: the page becomes shared, unless the kernel sees that it is pinned */
	ACROSS_FORK		= 1U << 1,
};

/** enum page_state - how the memory is mapped when it is held; this decides the path */
enum page_state {
	/** @STATE_WRITABLE: exclusive and mapped writable */
	STATE_WRITABLE,
	/** @STATE_PROTECTED: exclusive, but write-protected in the page tables */
	STATE_PROTECTED,
	/** @STATE_SHARED: not exclusive: shared by COW, now or earlier */
	STATE_SHARED,
	STATES
};

struct hold;

/**
 * struct hold_ops - a way to hold memory; all return 0 or a negative errno
 *
 * A driver has no @pages: hold_take() then remembers the pages that are mapped when @take is over. Most
 * drivers do not show which pages they hold. But a pin for writing makes the mapped page exclusive and
 * takes it, and a file has one page at a place.
 */
struct hold_ops {
	int (*take)(struct hold *hold);
	int (*device_read)(struct hold *hold, size_t offset, void *buffer, size_t bytes);
	int (*device_write)(struct hold *hold, size_t offset, const void *buffer, size_t bytes);
	/* reads PFN and path of @count base pages of the hold, from @page on; SAMPLES at most */
	int (*pages)(struct hold *hold, size_t page, size_t count, uint64_t *pfn, uint32_t *path);
	int (*release)(struct hold *hold);
};

/**
 * struct hold_kind - a kind of hold: a row of hold_rows.h
 * @name: second part of the name of a variant
 * @ops: implementation
 * @traits: enum hold_trait
 * @needs: NEEDS_... of require.h
 * @kind: enum pincheck_kind, for /dev/pincheck
 * @flags: PINCHECK_HOLD_*
 * @path: enum pincheck_path of the request
 * @keeps_sync: enum event_class: events across which this hold is promised SYNC
 * @pins: how often it pins each page, where that is not once: see hold_pins_of_page()
 * @charges: enum hold_charge, of a driver of the kernel's own
 */
struct hold_kind {
	const char *name;
	const struct hold_ops *ops;
	unsigned int traits;
	requirement_set needs;
	uint32_t kind;
	uint32_t flags;
	uint32_t path;
	unsigned int keeps_sync;
	int pins;
	unsigned int charges;
};

/*
 * One object for each row of the table, and those that are in no list there. The others, one for each file
 * hold_NAME.c, TOPIC_VARIANT() of suite.h declares. A program that names hold_rdma links with
 * libibverbs: see selftests/build.mk.
 */
#define HOLD_KIND_EXTERN(name, ...)	extern const struct hold_kind hold_##name;
FOR_EACH_HOLD_ROW(HOLD_KIND_EXTERN)
FOR_EACH_OTHER_HOLD_ROW(HOLD_KIND_EXTERN)
extern const struct hold_kind hold_none, hold_uring, hold_pin_rw_lt_policy;

extern const struct hold_ops hold_ops_none, hold_ops_pincheck, hold_ops_uring;

/**
 * struct hold - a hold on pages @first..@first+@pages of @memory
 * @kind: its kind
 * @memory: the memory that is held
 * @first: first base page
 * @pages: number of base pages
 * @taken: the hold exists and must be given back
 * @fast_pages: number of pages from GUP-fast
 * @slow_pages: number of pages from the slow path; drivers of the kernel's own answer neither
 * @id: in the session of @memory
 * @reason: enum pincheck_reason of a refusal
 * @device: what a driver of the kernel's own needs: private to the ops
 * @descriptor: or what such a driver needs, if that is one descriptor
 * @pfn: PFNs of the samples, of hold_remember_pages()
 * @more: how often the driver refers to the page of a sample besides @kind->pins
 * @own_pins: how many pins the driver took of memory of the device's own
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
	union {
		void *device;
		int descriptor;
	};
	uint64_t pfn[SAMPLES];
	int more[SAMPLES];
	int64_t own_pins;
};

/** hold_take() - hold @pages base pages of @memory from @first on */
int hold_take(struct hold *hold, const struct hold_kind *kind, const struct memory *memory,
	      size_t first, size_t pages);

/** hold_release() - give the hold back. Return: 0, also if nothing is held, or -errno */
int hold_release(struct hold *hold);

/** hold_includes() - is base page @page one of those that the hold is for? */
bool hold_includes(const struct hold *hold, size_t page);

/** hold_covers() - is base page @page held? */
bool hold_covers(const struct hold *hold, size_t page);

/** hold_fill() - the device writes @generation to the device area of every held sample */
int hold_fill(struct hold *hold, enum generation generation);

/** hold_fill_sample() - the device writes @generation to the device area of sample @sample */
int hold_fill_sample(struct hold *hold, size_t sample, enum generation generation);

/** hold_look() - read both areas of every held sample as the device; others are UNKNOWN */
int hold_look(struct hold *hold, struct view *view);

/** hold_pages_of_samples() - read PFN and path of each held sample; others are left alone */
int hold_pages_of_samples(struct hold *hold, uint64_t *pfn, uint32_t *path);

/**
 * hold_expected_path() - the path by which GUP must find memory that is mapped as @state
 *
 * GUP-fast refuses to write through a write-protected entry, and to pin a page that is not
 * exclusive: such a page must be unshared first. A plain reference for reading takes any page, and
 * so does a pin on a kernel without the mark for exclusive pages.
 */
uint32_t hold_expected_path(const struct hold_kind *kind, enum page_state state);

/** hold_folds() - does a hold of @kind have one pin for each folio, not for each page? */
bool hold_folds(const struct hold_kind *kind);

/** hold_pins_of_page() - how often a hold of @kind pins a page */
int hold_pins_of_page(const struct hold_kind *kind);

/** hold_start() - address of the first byte that is held */
static inline char *hold_start(const struct hold *hold)
{
	return memory_address(hold->memory, hold->first);
}

/** hold_bytes() - number of bytes that are held */
static inline size_t hold_bytes(const struct hold *hold)
{
	return hold->pages * PAGE_BYTES;
}

/** hold_moved() - 0 if read() or its like answered @done for @bytes bytes, or a negative errno */
int hold_moved(ssize_t done, size_t bytes);

/**
 * hold_hide_memory() - processes that are forked now do not share the memory, or do again
 *
 * For a driver that needs a process of its own: fork would write-protect the memory.
 *
 * Return: 0 or -errno
 */
int hold_hide_memory(const struct hold *hold, bool hide);

/** hold_remember_pages() - the pages that are mapped now are the held ones: what hold_take() does */
void hold_remember_pages(struct hold *hold);

/** hold_remembered_pages() - pages() of a driver: what hold_remember_pages() saw, of samples only */
int hold_remembered_pages(struct hold *hold, size_t page, size_t count, uint64_t *pfn,
			  uint32_t *path);

/** hold_expected_units() - pins or references of @hold to the folio of a sample; @large: a large folio */
int hold_expected_units(const struct hold *hold, size_t sample, bool large);

/** hold_expected_pins() - the same, if they are pins, or else 0 */
int hold_expected_pins(const struct hold *hold, size_t sample, bool large);

#endif
