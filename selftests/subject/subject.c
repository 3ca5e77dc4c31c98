// SPDX-License-Identifier: GPL-2.0-only
/* The subject of a test, and its state at one moment. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "../../tools/lib/pagemap.h"
#include "rules.h"
#include "subject.h"

int subject_begin(struct subject *subject, const struct product *product)
{
	struct memory *memory = &subject->memory;

	subject->product = product;
	memory->pagemap = -1;
	memory->session = memory_session();
	if (memory->session < 0 && memory->session != PAGES_BY_PROC)
		return memory->session;
	memory->pagemap = pagemap_open(0);
	if (memory->pagemap < 0)
		return memory->pagemap;
	return memory_map(memory, product->memory);
}

void subject_end(struct subject *subject)
{
	struct memory *memory = &subject->memory;

	child_end(&subject->child);
	hold_release(&subject->hold);
	memory_unmap(memory);
	if (memory->pagemap >= 0)
		close(memory->pagemap);
	if (memory->session >= 0)
		close(memory->session);
}

int subject_hold_part(struct subject *subject, size_t first, size_t pages)
{
	return hold_take(&subject->hold, subject->product->hold, &subject->memory, first, pages);
}

int subject_hold(struct subject *subject)
{
	return subject_hold_part(subject, 0, memory_pages(&subject->memory));
}

int subject_release(struct subject *subject)
{
	return hold_release(&subject->hold);
}

int subject_fork(struct subject *subject, int depth)
{
	return child_start(&subject->child, &subject->memory, depth);
}

enum page_state subject_mapped(const struct subject *subject)
{
	if (subject_is(subject, MEMORY_SWAPPED) && !kernel_has_rule(RULE_SWAPIN_WRITABLE))
		return STATE_PROTECTED;
	return STATE_WRITABLE;
}

/* The pages that are mapped and held. @pfn: of the page to report for each sample */
static int witness_pages(struct subject *subject, struct witness *witness, __u64 *pfn)
{
	const struct memory *memory = &subject->memory;
	size_t i;
	int error;

	memset(witness, 0, sizeof(*witness));
	memory_pfns(memory, memory->pagemap, witness->mapped);
	error = hold_pages_of_samples(&subject->hold, witness->held, witness->path);
	for (i = 0; i < memory->samples; i++)
		pfn[i] = witness->held[i] ? witness->held[i] : witness->mapped[i];
	return error;
}

int witness_take(struct subject *subject, struct witness *witness)
{
	const struct memory *memory = &subject->memory;
	__u64 pfn[SAMPLES];
	int error = witness_pages(subject, witness, pfn);

	return error ? error : page_reports(memory->session, pfn, memory->samples, witness->report);
}

int witness_by_module(struct subject *subject, struct witness *witness)
{
	const struct memory *memory = &subject->memory;
	__u64 pfn[SAMPLES];
	int error = witness_pages(subject, witness, pfn);

	return error ? error : pincheck_report(memory->session, pfn, memory->samples, witness->report);
}
