// SPDX-License-Identifier: GPL-2.0-only
/* What the disk has of a file that is mapped. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "file.h"
#include "subject.h"

static enum generation area_on_disk(const struct memory *memory, enum area area, const char *page)
{
	uint64_t words[AREA_WORDS];

	memcpy(words, page + area_offset(memory, area, 0), sizeof(words));
	return pattern_generation(memory, area, 0, words);
}

/* Before an O_DIRECT read the kernel writes out the dirty pages of the range. */
void verdict_on_disk(struct subject *subject, enum generation last, struct verdict *verdict)
{
	static char page[PAGE_BYTES_MAX] __attribute__((aligned(PAGE_BYTES_MAX)));
	const struct memory *memory = &subject->memory;
	enum generation seen;
	int file;

	verdict_start(verdict, "FILE");
	file = file_open_direct(memory->file, O_RDONLY);
	if (file < 0)
		return verdict_failed(verdict, "the file cannot be opened", file);
	if (pread(file, page, PAGE_BYTES, 0) != (ssize_t)PAGE_BYTES)
		return verdict_failed(verdict, "the file cannot be read", -errno);
	close(file);
	seen = area_on_disk(memory, DEVICE_AREA, page);
	if (seen != last || area_on_disk(memory, CPU_AREA, page) != BEFORE)
		verdict_broken(verdict, "what the device wrote is lost", 0);
	verdict_note(verdict, "on_disk=%s written_last=%s", generation_name(seen),
		     generation_name(last));
}
