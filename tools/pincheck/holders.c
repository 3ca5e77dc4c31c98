// SPDX-License-Identifier: GPL-2.0-only
/* Which driver holds a folio. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "tools/lib/page_size.h"
#include "tools/pincheck/holders.h"
#include "tools/pincheck/holdings.h"

/** struct open_case - a folio that is judged: @pins and @gets are those that nothing explains yet */
struct open_case {
	struct judgement *judgement;
	long pins;
	long gets;
};

static void __attribute__((format(printf, 4, 5)))
append_text(char *text, size_t size, const char *between, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	if (used)
		used += snprintf(text + used, size - used, "%s", between);
	if (used >= size)
		return;
	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

#define APPEND(field, between, ...)	append_text(field, sizeof(field), between, __VA_ARGS__)

/* Is @name one of the words of @list, which commas separate? */
static bool has_word(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += length) {
		if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ','))
			return true;
	}
	return false;
}

static void add_holder(struct judgement *judgement, const char *name)
{
	if (!has_word(judgement->holder, name))
		APPEND(judgement->holder, ", ", "%s", name);
}

/* The ledger of the module knows each of its holds. */
static void judge_ledger(struct open_case *open, const struct pincheck_report *report)
{
	if (!(report->present & PINCHECK_REPORT_LEDGER) || !(report->folio_pins + report->folio_gets))
		return;
	add_holder(open->judgement, "pincheck");
	APPEND(open->judgement->evidence, "; ", "ledger: %u pins, %u references", report->folio_pins,
	       report->folio_gets);
	open->pins -= report->folio_pins;
}

/* A pin for each page that the range covers, or one for all pages of a folio: drivers differ, and kernels. */
static void add_range_of(struct open_case *open, const struct owner *owner, const struct range *range)
{
	__u64 end = owner->address + owner->pages * PAGE_BYTES;
	__u64 first = range->start > owner->address ? range->start : owner->address;
	__u64 last = (range->end < end ? range->end : end) - 1;
	long pages = last / PAGE_BYTES - first / PAGE_BYTES + 1;

	add_holder(open->judgement, range->driver->name);
	APPEND(open->judgement->evidence, "; ", "%d %s", (int)owner->area->process->pid, range->text);
	if (open->pins > 0)
		open->pins -= pages;
	else
		open->gets -= pages;
}

static const struct holdings *holdings_of(struct process *process)
{
	if (!process->holdings)
		process->holdings = holdings_read(process->pid);
	return process->holdings;
}

void holdings_free(struct process *process)
{
	holdings_release(process->holdings);
	process->holdings = NULL;
}

/* Addresses that the kernel shows as held. */
static void judge_ranges(struct open_case *open, const struct owner *owner)
{
	const struct holdings *holdings = holdings_of(owner->area->process);
	__u64 end = owner->address + owner->pages * PAGE_BYTES;
	const struct range *range = NULL;

	while ((range = holdings_next(holdings, owner->address, end, range)))
		add_range_of(open, owner, range);
}

/* A mapping of a DMA buffer shows which pages the buffer has. */
static void judge_dmabuf(struct open_case *open, const struct owner *owner)
{
	const struct area *area = owner->area;
	char name[32];

	if (strncmp(area->path, "/dmabuf:", strlen("/dmabuf:")))
		return;
	dmabuf_exporter(area->vma.inode, name, sizeof(name));
	if (has_word(open->judgement->holder, name))
		return;
	add_holder(open->judgement, name);
	APPEND(open->judgement->evidence, "; ", "%d maps the buffer at %#llx",
	       (int)area->process->pid, (unsigned long long)owner->address);
	open->pins--;
	open->gets--;
}

static void add_guess(struct open_case *open, char *guess, size_t size, const struct owner *owner,
		      const struct hint *hint)
{
	if (strstr(guess, hint->driver->name))
		return;
	append_text(guess, size, " or ", "%s", hint->driver->name);
	APPEND(open->judgement->evidence, "; ", "%d %s", (int)owner->area->process->pid, hint->text);
}

/*
 * What is left, the processes that map the folio may hold by what they have open. A process that maps nothing
 * of the folio is never suspected.
 */
static void judge_hints(struct open_case *open, const struct owner *owners, size_t count,
			unsigned int taking)
{
	char guess[64] = "";

	for (size_t i = 0; i < count; i++) {
		const struct holdings *holdings = holdings_of(owners[i].area->process);

		if (i && owners[i - 1].area->process == owners[i].area->process)
			continue;
		for (size_t j = 0; j < holdings->hint_count; j++) {
			if (holdings->hints[j].driver->takes & taking)
				add_guess(open, guess, sizeof(guess), &owners[i], &holdings->hints[j]);
		}
	}
	if (*guess)
		open->judgement->guessed = true;
	else
		open->judgement->unknown = true;
	add_holder(open->judgement, *guess ? guess : "unknown");
}

void holder_judge(const struct pincheck_report *report, const struct owner *owners, size_t count,
		  struct judgement *judgement)
{
	bool explained = report->present & PINCHECK_REPORT_EXPLAINED;
	struct open_case open = {
		.judgement = judgement, .pins = report->pins,
		.gets = explained && report->unexplained > 0 ? report->unexplained : 0,
	};

	*judgement = (struct judgement) { .holder = "" };
	judge_ledger(&open, report);
	for (size_t i = 0; i < count; i++) {
		judge_ranges(&open, &owners[i]);
		judge_dmabuf(&open, &owners[i]);
	}
	if (open.pins > 0)
		judge_hints(&open, owners, count, TAKES_PINS);
	else if (!report->pins && open.gets > 0)
		judge_hints(&open, owners, count, TAKES_GETS);
}
