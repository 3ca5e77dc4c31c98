// SPDX-License-Identifier: GPL-2.0-only
/* The incremental dump. */
#include <inttypes.h>
#include <string.h>
#include "dump.h"

#define PASSES		4
#define STRIDE		4

static const size_t word_places[WRITERS] = { [BY_CPU_WORD] = 3072, [BY_DEVICE_WORD] = 3584 };

static volatile uint64_t *writer_word(const struct memory *memory, enum writer writer, size_t page)
{
	return (uint64_t *)(memory_address(memory, page) + word_places[writer]);
}

/* Copies the pages that were written, or all if @whole. */
static int dump_pass(struct subject *subject, const struct tracking *tracking, struct dump *dump,
		     bool whole)
{
	const struct memory *memory = &subject->memory;
	static bool written[PMD_PAGES_MAX];
	size_t page, pages = memory_pages(memory);
	int error = whole ? 0 : tracking_read(tracking, memory->start, pages, written);

	dump->copied = 0;
	for (page = 0; page < pages && !error; page++) {
		if (!whole && !written[page])
			continue;
		dump->word[BY_CPU_WORD][page] = *writer_word(memory, BY_CPU_WORD, page);
		dump->word[BY_DEVICE_WORD][page] = *writer_word(memory, BY_DEVICE_WORD, page);
		dump->copied++;
	}
	return error;
}

/*
 * CPU and device write to different pages, and to others in each pass. In the last pass only the
 * device writes, so no CPU's write marks a page for it. The kernel cannot know of writes through a
 * plain reference.
 */
static int writers_pass(struct subject *subject, size_t pass)
{
	const struct memory *memory = &subject->memory;
	bool device_writes = subject_holds(subject, HOLD_WRITE) && !subject_holds(subject, HOLD_GET);
	struct hold *hold = &subject->hold;
	size_t page, pages = memory_pages(memory);
	uint64_t word;
	int error = 0;

	for (page = 0; page < pages && !error; page++) {
		word = memory->nonce + pass * PMD_PAGES_MAX + page;
		if (page % STRIDE == pass % STRIDE && pass + 1 < PASSES)
			*writer_word(memory, BY_CPU_WORD, page) = word;
		if (page % STRIDE == (pass + 2) % STRIDE && device_writes)
			error = hold->kind->ops->device_write(hold, page * PAGE_BYTES +
							      word_places[BY_DEVICE_WORD], &word,
							      sizeof(word));
	}
	return error;
}

int dump_in_passes(struct subject *subject, const struct tracking *tracking, struct dump *dump)
{
	int error = dump_pass(subject, tracking, dump, true);

	for (size_t pass = 0; pass < PASSES && !error; pass++) {
		error = tracking_forget(tracking);
		if (!error)
			error = writers_pass(subject, pass);
		if (!error)
			error = dump_pass(subject, tracking, dump, false);
	}
	return error;
}

void verdict_dump(struct subject *subject, const struct dump *dump, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	size_t page, lost[WRITERS] = { 0 };
	enum writer writer;

	verdict_start(verdict, "TRACKING");
	for (page = 0; page < memory_pages(memory); page++) {
		for (writer = BY_CPU_WORD; writer < WRITERS; writer++) {
			if (dump->word[writer][page] == *writer_word(memory, writer, page))
				continue;
			lost[writer]++;
			verdict_broken(verdict, writer == BY_CPU_WORD ?
				       "a CPU's write is not in the copy" :
				       "the device's write is not in the copy", page);
		}
	}
	verdict_note(verdict,
		     "pages=%zu last_pass=%zu lost_by_cpu=%zu lost_by_device=%zu pfn=%" PRIx64,
		     memory_pages(memory), dump->copied, lost[BY_CPU_WORD], lost[BY_DEVICE_WORD],
		     memory_pfn(memory, 0));
}
