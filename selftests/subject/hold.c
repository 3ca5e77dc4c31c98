// SPDX-License-Identifier: GPL-2.0-only
/* Holds: the kinds, and the one backed by /dev/pincheck. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pincheck.h"
#include "hold.h"
#include "require.h"
#include "rules.h"

static int none_take(struct hold *hold)
{
	(void)hold;
	return 0;
}

static int nothing_held(void)
{
	return cause_say(-ENOENT, "the hold of this variant has no such page: choose other rows for the "
			 "scenario");
}

/* A scenario that uses the hold of the control, which has no pages, has chosen the wrong rows. */
static int none_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	(void)hold, (void)offset, (void)buffer, (void)bytes;
	return nothing_held();
}

static int none_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	(void)hold, (void)offset, (void)buffer, (void)bytes;
	return nothing_held();
}

static int none_pages(struct hold *hold, size_t page, size_t count, uint64_t *pfn, uint32_t *path)
{
	(void)hold, (void)page, (void)count, (void)pfn, (void)path;
	return nothing_held();
}

const struct hold_ops hold_ops_none = {
	.take = none_take, .device_read = none_read, .device_write = none_write,
	.pages = none_pages, .release = none_take,
};

static int pincheck_take(struct hold *hold)
{
	struct pincheck_hold request = {
		.flags = hold->kind->flags, .kind = hold->kind->kind, .path = hold->kind->path,
		.addr = (uintptr_t)hold->memory->start + hold->first * PAGE_BYTES,
		.len = hold->pages * PAGE_BYTES,
	};
	int error = pincheck_hold(hold->memory->session, &request);

	hold->reason = request.reason;
	if (error)
		return error;
	hold->id = request.hold;
	hold->fast_pages = request.fast_pages;
	hold->slow_pages = request.slow_pages;
	if (request.pages != hold->pages)
		return cause_say(-ENODATA, "HOLD succeeded with %llu of %zu pages", request.pages,
				 hold->pages);
	return 0;
}

static int all_bytes(ssize_t done, size_t bytes)
{
	if (done < 0)
		return done;
	if ((size_t)done != bytes)
		return cause_say(-EIO, "IO succeeded with %zd of %zu bytes", done, bytes);
	return 0;
}

static int pincheck_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	return all_bytes(pincheck_read(hold->memory->session, hold->id, offset, buffer, bytes),
			 bytes);
}

static int pincheck_device_write(struct hold *hold, size_t offset, const void *buffer,
				 size_t bytes)
{
	return all_bytes(pincheck_write(hold->memory->session, hold->id, offset, buffer, bytes),
			 bytes);
}

static int pincheck_held_pages(struct hold *hold, size_t page, size_t count, uint64_t *pfn,
			       uint32_t *path)
{
	struct pincheck_page answers[SAMPLES];
	int error = pincheck_pages(hold->memory->session, hold->id, page, count, answers);
	size_t i;

	for (i = 0; i < count && !error; i++) {
		pfn[i] = answers[i].pfn;
		path[i] = answers[i].path;
	}
	return error;
}

static int pincheck_give_back(struct hold *hold)
{
	long given = pincheck_release(hold->memory->session, hold->id);

	if (given < 0)
		return given;
	if ((size_t)given != hold->pages)
		return cause_say(-ENODATA, "RELEASE gave %ld of %zu pages back", given, hold->pages);
	return 0;
}

const struct hold_ops hold_ops_pincheck = {
	.take = pincheck_take, .device_read = pincheck_device_read,
	.device_write = pincheck_device_write, .pages = pincheck_held_pages,
	.release = pincheck_give_back,
};

const struct hold_kind hold_none = {
	.name = "none", .ops = &hold_ops_none, .traits = HOLD_NONE,
};

/* Fork keeps a pinned page in the parent, but not a page with a plain reference (FOLL_GET). */
#define SYNC_EVENTS(kind)									\
	(ACROSS_PROTECTION | ((kind) == PINCHECK_KIND_GET ? 0 : ACROSS_FORK))

#define TRAITS(kind, path, flags)								\
	(((kind) == PINCHECK_KIND_PIN ? HOLD_PIN :						\
	  (kind) == PINCHECK_KIND_GET ? HOLD_GET : HOLD_MIRROR) |				\
	 ((path) == PINCHECK_PATH_FAST ? HOLD_FAST : 0) |					\
	 ((flags) & HOLD_RW ? HOLD_WRITE : 0) | ((flags) & HOLD_LT ? HOLD_LONGTERM : 0))

/* A test of a hold by a path must see by which path the pages came. */
#define KIND_NEEDS(kind, path)									\
	((path) ? NEEDS_PATH : (kind) == PINCHECK_KIND_MIRROR ? NEEDS_MIRROR : 0)

#define HOLD_KIND(row, KIND, PATH, FLAGS)							\
const struct hold_kind hold_##row = {								\
	.name = #row, .ops = &hold_ops_pincheck,						\
	.kind = PINCHECK_KIND_##KIND, .path = PINCHECK_PATH_##PATH, .flags = FLAGS,		\
	.needs = KIND_NEEDS(PINCHECK_KIND_##KIND, PINCHECK_PATH_##PATH),			\
	.keeps_sync = SYNC_EVENTS(PINCHECK_KIND_##KIND),					\
	.traits = TRAITS(PINCHECK_KIND_##KIND, PINCHECK_PATH_##PATH, FLAGS),			\
};
FOR_EACH_HOLD_ROW(HOLD_KIND)
FOR_EACH_OTHER_HOLD_ROW(HOLD_KIND)
/* The policy does not change an allowed hold: pages in the swap cache are anonymous (B41). */
HOLD_KIND(pin_rw_lt_policy, PIN, FAST, HOLD_RW | HOLD_LT | PINCHECK_HOLD_WHITELIST)

const struct hold_kind hold_uring = {
	.name = "uring", .ops = &hold_ops_uring, .needs = NEEDS_URING,
	.traits = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM | HOLD_DRIVER,
	.keeps_sync = ACROSS_PROTECTION | ACROSS_FORK, .charges = CHARGE_VM_PIN,
};

int hold_take(struct hold *hold, const struct hold_kind *kind, const struct memory *memory,
	      size_t first, size_t pages)
{
	int error;

	memset(hold, 0, sizeof(*hold));
	hold->kind = kind;
	hold->memory = memory;
	hold->first = first;
	hold->pages = pages;
	error = kind->ops->take(hold);
	if (!error && !kind->ops->pages)
		hold_remember_pages(hold);
	hold->taken = !error && !(kind->traits & HOLD_NONE);
	return error;
}

int hold_release(struct hold *hold)
{
	if (!hold->taken)
		return 0;
	hold->taken = false;
	return hold->kind->ops->release(hold);
}

bool hold_includes(const struct hold *hold, size_t page)
{
	return page >= hold->first && page - hold->first < hold->pages;
}

bool hold_covers(const struct hold *hold, size_t page)
{
	return hold->taken && hold_includes(hold, page);
}

int hold_fill_sample(struct hold *hold, size_t sample, enum generation generation)
{
	const struct memory *memory = hold->memory;
	uint64_t words[AREA_WORDS];

	if (!hold_covers(hold, memory->sample[sample]))
		return nothing_held();
	pattern_make(memory, DEVICE_AREA, sample, generation, words);
	return hold->kind->ops->device_write(hold, area_offset(memory, DEVICE_AREA, sample) -
					     hold->first * PAGE_BYTES, words, AREA_BYTES);
}

int hold_fill(struct hold *hold, enum generation generation)
{
	const struct memory *memory = hold->memory;
	int error = 0;
	size_t i;

	for (i = 0; i < memory->samples && !error; i++) {
		if (hold_covers(hold, memory->sample[i]))
			error = hold_fill_sample(hold, i, generation);
	}
	return error;
}

int hold_look(struct hold *hold, struct view *view)
{
	const struct memory *memory = hold->memory;
	uint64_t words[AREAS_BYTES / sizeof(uint64_t)];
	enum area area;
	size_t i, start;
	int error;

	memset(view, 0, sizeof(*view));
	for (i = 0; i < memory->samples; i++) {
		if (!hold_covers(hold, memory->sample[i]))
			continue;
		start = area_offset(memory, CPU_AREA, i);
		error = hold->kind->ops->device_read(hold, start - hold->first * PAGE_BYTES, words,
						     sizeof(words));
		if (error)
			return error;
		for (area = CPU_AREA; area < AREAS; area++)
			view->seen[area][i] = pattern_generation(memory, area, i, words +
				(area_offset(memory, area, i) - start) / sizeof(*words));
	}
	return 0;
}

static int read_pages(struct hold *hold, size_t page, size_t count, uint64_t *pfn, uint32_t *path)
{
	const struct hold_ops *ops = hold->kind->ops;

	if (ops->pages)
		return ops->pages(hold, page, count, pfn, path);
	return hold_remembered_pages(hold, page, count, pfn, path);
}

/* One question for samples that are neighbours: the number of questions is what costs. */
int hold_pages_of_samples(struct hold *hold, uint64_t *pfn, uint32_t *path)
{
	const struct memory *memory = hold->memory;
	size_t i, count;
	int error = 0;

	for (i = 0; hold->taken && i < memory->samples && !error; i += count) {
		count = memory_adjacent(memory, i);
		while (count > 1 && !hold_covers(hold, memory->sample[i + count - 1]))
			count--;
		if (hold_covers(hold, memory->sample[i]))
			error = read_pages(hold, memory->sample[i] - hold->first, count, pfn + i,
					   path + i);
		else
			count = 1;
	}
	return error;
}

int hold_moved(ssize_t done, size_t bytes)
{
	if (done < 0)
		return -errno;
	if ((size_t)done != bytes)
		return cause_say(-EIO, "the driver moved %zd of %zu bytes", done, bytes);
	return 0;
}

int hold_hide_memory(const struct hold *hold, bool hide)
{
	const struct memory *memory = hold->memory;

	return madvise(memory->start, memory->bytes, hide ? MADV_DONTFORK : MADV_DOFORK) ? -errno : 0;
}

void hold_remember_pages(struct hold *hold)
{
	memory_pfns(hold->memory, hold->memory->pagemap, hold->pfn);
}

int hold_remembered_pages(struct hold *hold, size_t page, size_t count, uint64_t *pfn,
			  uint32_t *path)
{
	const struct memory *memory = hold->memory;
	size_t i, j, known = 0;

	for (i = 0; i < count; i++) {
		path[i] = PINCHECK_PATH_UNKNOWN;
		for (j = 0; j < memory->samples; j++) {
			if (memory->sample[j] != page + i + hold->first)
				continue;
			pfn[i] = hold->pfn[j];
			known++;
		}
	}
	if (known == count)
		return 0;
	return cause_say(-ENOENT, "page %zu of the hold is no sample: its PFN is unknown", page);
}

uint32_t hold_expected_path(const struct hold_kind *kind, enum page_state state)
{
	if (kind->traits & (HOLD_DRIVER | HOLD_NONE | HOLD_MIRROR))
		return PINCHECK_PATH_UNKNOWN;
	if (!(kind->traits & HOLD_FAST))
		return PINCHECK_PATH_SLOW;
	if (state == STATE_WRITABLE)
		return PINCHECK_PATH_FAST;
	if (kind->traits & HOLD_WRITE)
		return PINCHECK_PATH_SLOW;
	if (state == STATE_SHARED && (kind->traits & HOLD_PIN) && kernel_has_rule(RULE_EXCLUSIVE))
		return PINCHECK_PATH_SLOW;
	return PINCHECK_PATH_FAST;
}

bool hold_folds(const struct hold_kind *kind)
{
	return (kind->traits & HOLD_FOLDS) ||
	       (kind == &hold_uring && kernel_has_rule(RULE_URING_FOLDS));
}

int hold_pins_of_page(const struct hold_kind *kind)
{
	return kind->pins ? kind->pins : 1;
}

int hold_expected_units(const struct hold *hold, size_t sample, bool large)
{
	int units = hold_pins_of_page(hold->kind);

	if (!hold->taken)
		return 0;
	if (large && !hold_folds(hold->kind))
		units *= (int)hold->pages;
	for (size_t i = 0; i < hold->memory->samples; i++) {
		if (large || i == sample)
			units += hold->more[i];
	}
	return units;
}

int hold_expected_pins(const struct hold *hold, size_t sample, bool large)
{
	if (!hold->taken || !(hold->kind->traits & HOLD_PIN))
		return 0;
	return hold_expected_units(hold, sample, large);
}
