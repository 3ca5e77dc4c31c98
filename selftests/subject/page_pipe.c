// SPDX-License-Identifier: GPL-2.0-only
/* A pipe that holds the memory under test by vmsplice(). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "page_pipe.h"

int page_pipe_open(struct page_pipe *pipe)
{
	return pipe2(pipe->end, O_CLOEXEC) ? -errno : 0;
}

int page_pipe_fill(const struct page_pipe *pipe, const struct memory *memory)
{
	struct iovec pages[SAMPLES];
	ssize_t spliced;
	size_t i;

	for (i = 0; i < memory->samples; i++) {
		pages[i].iov_base = memory->start + memory->sample[i] * PAGE_BYTES;
		pages[i].iov_len = PAGE_BYTES;
	}
	spliced = vmsplice(pipe->end[1], pages, memory->samples, 0);
	if (spliced < 0)
		return -errno;
	if ((size_t)spliced != memory->samples * PAGE_BYTES)
		return cause_say(-EIO, "vmsplice() took %zd bytes of %zu pages", spliced, memory->samples);
	return 0;
}

static int look_at_pipe(const struct page_pipe *pipe, const struct memory *memory, struct view *view)
{
	static char page[PAGE_BYTES_MAX];
	enum area area;
	size_t i;

	for (i = 0; i < memory->samples; i++) {
		size_t start = memory->sample[i] * PAGE_BYTES, got = 0;

		while (got < PAGE_BYTES) {
			ssize_t more = read(pipe->end[0], page + got, PAGE_BYTES - got);

			if (more <= 0)
				return more ? -errno :
				       cause_say(-ENODATA, "the pipe ends before sample %zu", i);
			got += more;
		}
		for (area = CPU_AREA; area < AREAS; area++) {
			uint64_t words[AREA_WORDS];

			memcpy(words, page + area_offset(memory, area, i) - start, AREA_BYTES);
			view->seen[area][i] = pattern_generation(memory, area, i, words);
		}
	}
	return 0;
}

void verdict_pipe_shows(struct subject *subject, const struct page_pipe *pipe,
			enum generation generation, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct view view;
	int error = look_at_pipe(pipe, memory, &view);
	size_t i, telling = 0;

	verdict_start(verdict, "ISOLATION");
	if (error)
		return verdict_failed(verdict, "cannot read the pipe", error);
	for (i = 0; i < memory->samples && verdict->kept; i++) {
		if (view.seen[CPU_AREA][i] != generation)
			verdict_broken(verdict, "the pipe shows other bytes", memory->sample[i]);
		telling = i;
	}
	verdict_note(verdict, "page=%zu pfn=%" PRIx64 " pipe_shows=%s expected=%s",
		     memory->sample[telling],
		     memory->start ? memory_pfn(memory, memory->sample[telling]) : 0,
		     generation_name(view.seen[CPU_AREA][telling]), generation_name(generation));
}
