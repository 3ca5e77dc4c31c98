// SPDX-License-Identifier: GPL-2.0-only
/* Memory under test that is not anonymous: files of each kind, and the zero page. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_reports.h"
#include "file.h"
#include "memory.h"
#include "require.h"

/* A private mapping shows what is in the file until it is written to. */
static int populate_private(struct memory *memory)
{
	uint64_t words[AREA_WORDS];
	enum area area;
	size_t i;

	for (area = CPU_AREA; area < AREAS; area++) {
		for (i = 0; i < memory->samples; i++) {
			pattern_make(memory, area, i, BEFORE, words);
			if (pwrite(memory->file, words, AREA_BYTES,
				   area_offset(memory, area, i)) != AREA_BYTES)
				return cause_say(-EIO, "the file does not take the pattern: is the "
						 "file system full?");
		}
	}
	memory_read_samples(memory);
	return 0;
}

static int populate_zero(struct memory *memory)
{
	memory_read_samples(memory);
	return 0;
}

/* All of @must and nothing of @must_not is true of each page. */
static const char *check_flags(struct memory *memory, __u64 must, __u64 must_not,
			       const char *wrong)
{
	struct pincheck_report report;
	size_t i;

	for (i = 0; i < memory->samples; i++) {
		__u64 pfn = memory_pfn(memory, memory->sample[i]);

		if (!pfn || page_reports(memory->session, &pfn, 1, &report))
			return "is not present";
		if ((report.flags & must) != must || (report.flags & must_not) || report.order)
			return wrong;
	}
	return NULL;
}

static const char *check_ext4(struct memory *memory)
{
	return check_flags(memory, PINCHECK_PAGE_FILE, PINCHECK_PAGE_ANON | PINCHECK_PAGE_SHMEM,
			   "is not a base page of a file");
}

static const char *check_shmem(struct memory *memory)
{
	return check_flags(memory, PINCHECK_PAGE_SHMEM, PINCHECK_PAGE_ANON,
			   "is not a base page of shmem");
}

/* Secret memory is in no direct map: the report must not touch the page, and says little of it. */
static const char *check_secret(struct memory *memory)
{
	return check_flags(memory, 0, PINCHECK_PAGE_ANON | PINCHECK_PAGE_SHMEM,
			   "is not a base page of secret memory");
}

static const char *check_packet_ring(struct memory *memory)
{
	return check_flags(memory, 0, PINCHECK_PAGE_ANON | PINCHECK_PAGE_FILE | PINCHECK_PAGE_SHMEM,
			   "is not a base page of the kernel's");
}

static const char *check_zero(struct memory *memory)
{
	return check_flags(memory, PINCHECK_PAGE_ZERO, PINCHECK_PAGE_ANON, "is not the zero page");
}

const struct memory_kind memory_ext4_shared = {
	.name = "ext4_shared", .traits = MEMORY_TRACKED, .flags = MAP_SHARED,
	.needs = NEEDS_EXT4, .file = &file_ext4,
	.populate = memory_populate, .check = check_ext4,
};

const struct memory_kind memory_ext4_private = {
	.name = "ext4_private", .traits = MEMORY_ORIGINAL,
	.flags = MAP_PRIVATE, .needs = NEEDS_EXT4, .file = &file_ext4,
	.populate = populate_private, .check = check_ext4,
};

const struct memory_kind memory_shmem_shared = {
	.name = "shmem_shared", .traits = MEMORY_SHMEM,
	.flags = MAP_SHARED, .needs = NEEDS_SHMEM, .file = &file_memfd,
	.populate = memory_populate, .check = check_shmem,
};

const struct memory_kind memory_shmem_private = {
	.name = "shmem_private", .traits = MEMORY_ORIGINAL,
	.flags = MAP_PRIVATE, .needs = NEEDS_SHMEM, .file = &file_memfd,
	.populate = populate_private, .check = check_shmem,
};

const struct memory_kind memory_secret = {
	.name = "secret", .traits = MEMORY_SECRET, .flags = MAP_SHARED,
	.needs = NEEDS_SECRETMEM, .file = &file_secretmem,
	.populate = memory_populate, .check = check_secret,
};

const struct memory_kind memory_packet_ring = {
	.name = "packet_ring", .traits = MEMORY_DRIVER, .flags = MAP_SHARED, .needs = NEEDS_PACKET_RING,
	.file = &file_packet_ring, .populate = memory_populate, .check = check_packet_ring,
};

const struct memory_kind memory_zero = {
	.name = "zero", .traits = MEMORY_ORIGINAL | MEMORY_ZERO,
	.flags = MAP_PRIVATE | MAP_ANONYMOUS, .populate = populate_zero, .check = check_zero,
};
