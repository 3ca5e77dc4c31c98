/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subject of a test: memory of a kind, a hold of a kind, a child; their state at one moment
 * (struct witness), and the verdicts on the invariants.
 */
#ifndef PINCHECK_SELFTESTS_SUBJECT_H
#define PINCHECK_SELFTESTS_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include "../../tools/lib/page_reports.h"
#include "../../tools/lib/pincheck.h"
#include "child.h"
#include "hold.h"
#include "memory.h"

/** struct product - one variant: a kind of memory and a kind of hold */
struct product {
	const struct memory_kind *memory;
	const struct hold_kind *hold;
};

/**
 * struct subject - the memory, hold and child of a test
 * @product: its variant
 * @memory: mapped and filled with BEFORE when the test begins
 * @hold: not yet taken when the test begins: see subject_hold()
 * @child: not yet forked when the test begins: see subject_fork()
 */
struct subject {
	const struct product *product;
	struct memory memory;
	struct hold hold;
	struct child child;
};

/**
 * struct witness - the state of each sample at one moment
 * @mapped: PFN in pagemap
 * @held: PFN of the held page, or 0
 * @path: enum pincheck_path of the held page
 * @report: of the held page, or of the mapped one if none is held
 */
struct witness {
	uint64_t mapped[SAMPLES];
	uint64_t held[SAMPLES];
	uint32_t path[SAMPLES];
	struct pincheck_report report[SAMPLES];
};

/**
 * struct verdict - on one invariant
 * @invariant: its name
 * @kept: the promise was kept, as far as anybody can see
 * @unknown: NEEDS_... without which nobody can see more; 0: all was seen
 * @error: a negative errno: the test itself failed
 * @evidence: what the test did and saw, as pairs of tools/lib/pairs.h
 */
struct verdict {
	const char *invariant;
	bool kept;
	requirement_set unknown;
	int error;
	char evidence[480];
};

/** subject_begin() - open session and pagemap, map memory. Return: 0 or -errno, see cause_of() */
int subject_begin(struct subject *subject, const struct product *product);

/** subject_end() - give back all that is left; safe at any point */
void subject_end(struct subject *subject);

/** subject_hold() - take the product's hold on the whole memory */
int subject_hold(struct subject *subject);

/** subject_hold_part() - take the hold on @pages base pages from @first on */
int subject_hold_part(struct subject *subject, size_t first, size_t pages);

/** subject_release() - give the hold back */
int subject_release(struct subject *subject);

/** subject_fork() - fork @depth generations that share the memory and wait for requests */
int subject_fork(struct subject *subject, int depth);

/** subject_holds() - does the product's hold have all of @traits (enum hold_trait)? */
static inline bool subject_holds(const struct subject *subject, unsigned int traits)
{
	return (subject->product->hold->traits & traits) == traits;
}

/** subject_is() - does the product's memory have all of @traits (enum memory_trait)? */
static inline bool subject_is(const struct subject *subject, unsigned int traits)
{
	return (subject->product->memory->traits & traits) == traits;
}

/** subject_is_shared() - is the memory mapped shared, so that a child has the same pages? */
static inline bool subject_is_shared(const struct subject *subject)
{
	return subject->product->memory->flags & MAP_SHARED;
}

/** subject_mapped() - how the memory is mapped before the test writes to it */
enum page_state subject_mapped(const struct subject *subject);

/** witness_take() - read the state of each sample. Return: 0 or a negative errno */
int witness_take(struct subject *subject, struct witness *witness);

/**
 * witness_by_module() - witness_take() for who needs what only the module reports: zone, node, references
 *
 * A run without the module ends the case here, as a skip.
 */
int witness_by_module(struct subject *subject, struct witness *witness);

/** verdict_start() - begin a verdict, for topics that have verdicts of their own */
void verdict_start(struct verdict *verdict, const char *invariant);

/** verdict_broken() - the promise is broken at base page @page */
void verdict_broken(struct verdict *verdict, const char *what, size_t page);

/** verdict_failed() - the test itself failed: @error is a negative errno */
void verdict_failed(struct verdict *verdict, const char *what, int error);

/** verdict_unknown() - unless it is broken already, the verdict needs @needs, which is not met */
void verdict_unknown(struct verdict *verdict, requirement_set needs);

/** verdict_lacks_pages() - is the verdict unknown, because nobody sees page frame numbers? */
bool verdict_lacks_pages(struct verdict *verdict);

/** verdict_note() - add pairs to the evidence: "page=%zu pfn=%lx" */
void verdict_note(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Verdicts. Each fills in a whole struct verdict. Use the EXPECT_ macros of suite.h.
 */

/** verdict_path() - the hold came by the path that @state leaves open to it */
void verdict_path(struct subject *subject, enum page_state state, struct verdict *verdict);

/**
 * verdict_sync() - SYNC: the held page is the mapped page, and bytes agree both ways
 * @generation: what the CPU wrote last
 *
 * Writes through the hold, where it may.
 */
void verdict_sync(struct subject *subject, enum generation generation, struct verdict *verdict);

/** verdict_same_page() - REUSE: the pages mapped are those mapped at @before */
void verdict_same_page(struct subject *subject, const struct witness *before,
		       struct verdict *verdict);

/**
 * verdict_follows_page() - ISOLATION for who holds by plain reference: the device sees
 * @newer where its page is still the mapped one, and nothing newer than @older where not
 */
void verdict_follows_page(struct subject *subject, enum generation older, enum generation newer,
			  struct verdict *verdict);

/**
 * verdict_promise() - what the product's hold is promised across @event: SYNC, or at least
 * ISOLATION as verdict_follows_page() has it; without a hold, what the CPU sees
 */
void verdict_promise(struct subject *subject, enum event_class event, enum generation older,
		     enum generation newer, struct verdict *verdict);

/** verdict_cpu_sees() - ISOLATION: this process sees @generation everywhere */
void verdict_cpu_sees(struct subject *subject, enum generation generation,
		      struct verdict *verdict);

/** verdict_device_sees() - the device sees @generation in the CPU's area */
void verdict_device_sees(struct subject *subject, enum generation generation,
			 struct verdict *verdict);

/** verdict_child_sees() - ISOLATION: process @level sees @generation in both areas */
void verdict_child_sees(struct subject *subject, int level, enum generation generation,
			struct verdict *verdict);

/** verdict_child_has_own_page() - process @level has no page (@own), or every page, of this one */
void verdict_child_has_own_page(struct subject *subject, int level, bool own,
				struct verdict *verdict);

/** verdict_child_may_not_write() - ISOLATION: every write of process @level ends in SIGSEGV */
void verdict_child_may_not_write(struct subject *subject, int level, struct verdict *verdict);

/**
 * verdict_on_disk() - FILE: past the page cache, what the CPU wrote first, and the device @last
 *
 * Of a file that reads past the page cache (O_DIRECT), and of its first page.
 */
void verdict_on_disk(struct subject *subject, enum generation last, struct verdict *verdict);

/** enum which_pages - samples by whether they are held */
enum which_pages { HELD_PAGES, OTHER_PAGES, ALL_PAGES };

/** verdict_soft_dirty() - TRACKING: bit 55 is @set for @pages */
void verdict_soft_dirty(struct subject *subject, enum which_pages pages, bool set,
			struct verdict *verdict);

/**
 * verdict_accurate() - ACCURACY: refcount, pins and AnonExclusive of what is mapped are
 * explained by the page tables and the hold
 */
void verdict_accurate(struct subject *subject, struct verdict *verdict);

/**
 * verdict_given_back() - CLEAN: this session has no reference left
 * @whole_machine: and the machine not a pin more than at the start; that has to visit all CPUs
 */
void verdict_given_back(struct subject *subject, bool whole_machine, struct verdict *verdict);

#endif
