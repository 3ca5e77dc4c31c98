// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pins that were taken and not given back. A page can have pins of several takers: a release ends one
 * of the process that releases, if it has one, and else any. A call of which a process is unknown (an
 * interrupt, a kernel thread) ends the oldest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include "tools/pincheck/leak_pins.h"

/** struct pin - one pin */
struct pin {
	struct pin *next;
	struct taker *taker;
	__u64 pfn;
};

static struct pin **bucket_of(struct leak_pins *pins, __u64 pfn)
{
	return &pins->buckets[pfn % PIN_BUCKETS];
}

static bool is_same_place(const struct pincheck_traced *a, const struct pincheck_traced *b)
{
	return a->tid == b->tid && a->pid == b->pid && a->function == b->function &&
	       a->stack == b->stack && !strcmp(a->comm, b->comm);
}

static struct taker *find_taker(struct leak_pins *pins, const struct pincheck_traced *call)
{
	struct taker *taker;

	for (taker = pins->takers; taker; taker = taker->next)
		if (is_same_place(&taker->call, call))
			return taker;
	taker = calloc(1, sizeof(*taker));
	if (!taker)
		return NULL;
	taker->call = *call;
	taker->next = pins->takers;
	pins->takers = taker;
	return taker;
}

static int take_pin(struct leak_pins *pins, struct taker *taker, __u64 pfn)
{
	struct pin **bucket = bucket_of(pins, pfn), *pin = malloc(sizeof(*pin));

	if (!pin)
		return -ENOMEM;
	*pin = (struct pin){ .next = *bucket, .taker = taker, .pfn = pfn };
	*bucket = pin;
	taker->left++;
	return 0;
}

/* Process @pid gives back. Return: false if no call of this trace has pinned the page. */
static bool give_pin_back(struct leak_pins *pins, pid_t pid, __u64 pfn)
{
	struct pin **at, **found = NULL, *pin;

	for (at = bucket_of(pins, pfn); *at; at = &(*at)->next) {
		if ((*at)->pfn != pfn)
			continue;
		found = at;
		if (pid && (*at)->taker->call.pid == pid)
			break;
	}
	if (!found)
		return false;
	pin = *found;
	*found = pin->next;
	pin->taker->left--;
	free(pin);
	return true;
}

/* A folio of @pages pages from @pfn on: as many of its pins go as @call says, whichever page they are on. */
static void give_folio_back(struct leak_pins *pins, const struct pincheck_traced *call, __u64 pfn,
			    __u64 pages)
{
	__u64 count = call->result;

	for (__u64 page = 0; page < pages && count; page++)
		while (count && give_pin_back(pins, call->pid, pfn + page))
			count--;
	pins->unknown += count;
}

static int add_run(struct leak_pins *pins, const struct open_call *open, __u64 pfn, __u64 pages)
{
	const struct pincheck_traced *call = &open->call;
	bool folio = call->flags & PINCHECK_TRACED_FOLIO;
	int error = 0;

	if (call->flags & PINCHECK_TRACED_RELEASE) {
		if (folio)
			give_folio_back(pins, call, pfn, pages);
		for (__u64 i = 0; !folio && i < pages; i++)
			pins->unknown += !give_pin_back(pins, call->pid, pfn + i);
		return 0;
	}
	for (__u64 i = 0; !error && i < (folio ? (__u64)call->result : pages); i++)
		error = take_pin(pins, open->taker, folio ? pfn : pfn + i);
	return error;
}

static int add_runs(struct leak_pins *pins, const struct open_call *open, const __u64 *runs,
		    size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		if (PINCHECK_RUN_PAGES(runs[i]))
			error = add_run(pins, open, PINCHECK_RUN_PFN(runs[i]),
					PINCHECK_RUN_PAGES(runs[i]));
	return error;
}

static struct open_call *open_call_of(struct leak_pins *pins, const struct pincheck_traced *record)
{
	return &pins->open[record->call % OPEN_CALLS];
}

static int add_call(struct leak_pins *pins, const struct pincheck_traced *call)
{
	struct open_call *open = open_call_of(pins, call);

	*open = (struct open_call){ .call = *call };
	if (call->result <= 0)
		return 0;
	pins->cut += !!(call->flags & PINCHECK_TRACED_CUT);
	if (call->flags & PINCHECK_TRACED_RELEASE) {
		pins->released += call->result;
	} else {
		open->taker = find_taker(pins, call);
		if (!open->taker)
			return -ENOMEM;
		pins->acquired += call->result;
		open->taker->calls++;
		open->taker->taken += call->result;
	}
	return add_runs(pins, open, call->call_runs, PINCHECK_TRACED_CALL_RUNS);
}

int leak_pins_add(struct leak_pins *pins, const struct pincheck_traced *record)
{
	struct open_call *open = open_call_of(pins, record);

	if (record->type == PINCHECK_TRACED_CALL)
		return add_call(pins, record);
	if (record->type != PINCHECK_TRACED_PAGES)
		return 0;
	if (open->call.call == record->call)
		return add_runs(pins, open, record->runs, PINCHECK_TRACED_RUNS);
	pins->cut++;
	return 0;
}

__u64 leak_pins_left(const struct leak_pins *pins, bool inside)
{
	__u64 left = 0;

	for (const struct taker *taker = pins->takers; taker; taker = taker->next)
		if (inside == !!(taker->call.flags & PINCHECK_TRACED_INSIDE))
			left += taker->left;
	return left;
}

int leak_pins_visit(struct leak_pins *pins,
		    int (*visit)(struct taker *taker, __u64 pfn, void *data), void *data)
{
	int error = 0;

	for (size_t i = 0; i < PIN_BUCKETS && !error; i++)
		for (struct pin *pin = pins->buckets[i]; pin && !error; pin = pin->next)
			error = visit(pin->taker, pin->pfn, data);
	return error;
}

void leak_pins_free(struct leak_pins *pins)
{
	struct taker *taker;

	for (size_t i = 0; i < PIN_BUCKETS; i++) {
		while (pins->buckets[i]) {
			struct pin *pin = pins->buckets[i];

			pins->buckets[i] = pin->next;
			free(pin);
		}
	}
	while ((taker = pins->takers)) {
		pins->takers = taker->next;
		free(taker);
	}
}
