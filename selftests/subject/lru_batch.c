// SPDX-License-Identifier: GPL-2.0-only
/* Pages that wait in an LRU batch, and must leave ZONE_MOVABLE or CMA nevertheless. */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/array.h"
#include "../../tools/lib/cause.h"
#include "lru_batch.h"
#include "placement.h"

static int drop_pages(const struct memory *memory)
{
	return madvise(memory->start, memory->bytes, MADV_DONTNEED) ? -errno : 0;
}

/* A new page waits until its CPU has a full batch of them. */
static int touch_pages(struct memory *memory)
{
	int error = drop_pages(memory);

	return error ? error : memory_populate(memory);
}

/* A new page of locked memory waits in another batch (mlock_new_folio(), Linux 5.18). */
static int touch_locked(struct memory *memory)
{
	int error = drop_pages(memory);

	if (!error && mlock2(memory->start, memory->bytes, MLOCK_ONFAULT))
		error = -errno;
	return error ? error : memory_populate(memory);
}

/*
 * The pages are on the LRU list, and wait to be moved on it. Linux 6.10 to 6.12.48 took such a page
 * off the list at once (33dfe9204f29).
 */
static int free_lazily(struct memory *memory)
{
	return madvise(memory->start, memory->bytes, MADV_FREE) ? -errno : 0;
}

/* A CPU drains its own batches for nothing, and those of another only by work that the other does. */
static int free_elsewhere(struct memory *memory)
{
	cpu_set_t here, there;
	int cpu = sched_getcpu() ? 0 : 1, error;

	CPU_ZERO(&there);
	CPU_SET(cpu, &there);
	if (sched_getaffinity(0, sizeof(here), &here) ||
	    sched_setaffinity(0, sizeof(there), &there))
		return -errno;
	error = free_lazily(memory);
	return sched_setaffinity(0, sizeof(here), &here) ? -errno : error;
}

static const struct {
	const char *name;
	int (*enter)(struct memory *memory);
} ways[] = {
	{ "new", touch_pages },
	{ "other_cpu", free_elsewhere },
	{ "locked", touch_locked },
	{ "lazyfree", free_lazily },
};

/* Pages of @place that a batch refers to, beside the one page table. */
static size_t count_waiting(const struct witness *now, size_t samples, uint64_t place)
{
	size_t count = 0;

	for (size_t i = 0; i < samples; i++) {
		const struct pincheck_report *report = &now->report[i];

		count += (report->flags & place) && report->refcount > report->page_mapcount;
	}
	return count;
}

static int take_waiting(struct subject *subject, struct verdict *verdict)
{
	int error = subject_hold(subject);

	if (error) {
		verdict_broken(verdict, "the pin of a page in an LRU batch was refused",
			       subject->hold.first);
		verdict_note(verdict, "error=\"%s\"", strerror(-error));
		return 0;
	}
	verdict_zone_allowed(subject, NULL, verdict);
	if (!verdict->kept)
		return 0;
	memory_fill(&subject->memory, AFTER);
	verdict_sync(subject, AFTER, verdict);
	return subject_release(subject);
}

/* Return: pages that waited when they were pinned, or a negative errno. */
static int judge_way(struct subject *subject, size_t way, uint64_t place, struct verdict *verdict)
{
	struct memory *memory = &subject->memory;
	struct witness before;
	int error = starts_in(subject, place, &before), waiting = 0;

	if (!error)
		error = ways[way].enter(memory);
	if (!error)
		error = witness_take(subject, &before);
	if (!error) {
		waiting = count_waiting(&before, memory->samples, place);
		error = take_waiting(subject, verdict);
	}
	if (error || !verdict->kept)
		return error;
	memory_unmap(memory);
	error = memory_map(memory, subject->product->memory);
	return error ? error : waiting;
}

void verdict_waiting_leaves(struct subject *subject, uint64_t place, struct verdict *verdict)
{
	const bool one_cpu = sysconf(_SC_NPROCESSORS_ONLN) == 1;
	struct verdict last;
	int waited[ARRAY_SIZE(ways)] = { 0 };

	verdict_start(verdict, "PLACEMENT");
	for (size_t way = 0; way < ARRAY_SIZE(ways); way++) {
		if (ways[way].enter == free_elsewhere && one_cpu)
			continue;
		verdict_start(&last, "PLACEMENT");
		waited[way] = judge_way(subject, way, place, &last);
		if (waited[way] < 0)
			return verdict_failed(verdict, ways[way].name, waited[way]);
		if (!last.kept) {
			*verdict = last;
			return verdict_note(verdict, "batch=%s", ways[way].name);
		}
	}
	for (size_t way = 0; way < ARRAY_SIZE(ways); way++)
		verdict_note(verdict, "waited_%s=%d", ways[way].name, waited[way]);
	if (!waited[0])
		verdict_failed(verdict, "no page waits in an LRU batch: this shows nothing", -EAGAIN);
}
