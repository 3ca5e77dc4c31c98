// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of every shape, and what happens to the memory while it is held. Each shape has an address
 * range of its own, the same in every process, and unmapped addresses follow it.
 *
 * No function here reads or writes this memory by the CPU: many of these accesses would end in a
 * signal. The kernel reads and writes it in a system call, and answers EFAULT.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/pincheck.h>
#include "../../tools/lib/array.h"
#include "fuzz.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif
#ifndef SYS_memfd_secret
#define SYS_memfd_secret	447
#endif

#define ARENA		0x100000000000UL
#define STRIDE		(2 * PMD_BYTES)
#define RW		(PROT_READ | PROT_WRITE)
#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS)

enum size { SMALL, SHMEM_FILE, HUGE, DEVICE_MEMORY };

enum source { NO_FILE, SHMEM, HUGETLB, EXT4, SECRET, DEVICE, NOTHING };

/**
 * struct shape - one kind of memory
 * @size: see shape_bytes()
 * @prot: protection of the finished shape
 * @flags: of mmap()
 * @source: what is mapped
 * @advice: for madvise(), or 0
 * @filled: the kernel writes the memory before it gets its protection
 */
struct shape {
	enum size size;
	int prot;
	int flags;
	enum source source;
	int advice;
	bool filled;
};

static const struct shape shapes[] = {
	{ SMALL, RW, ANON, NO_FILE, MADV_NOHUGEPAGE, true },
	{ SMALL, RW, ANON, NO_FILE, 0, false },				/* no page yet */
	{ SMALL, PROT_READ, ANON, NO_FILE, 0, false },			/* zero page */
	{ SMALL, PROT_READ, ANON, NO_FILE, 0, true },
	{ SMALL, PROT_NONE, ANON, NO_FILE, 0, true },
	{ SMALL, RW, ANON, NO_FILE, MADV_MERGEABLE, true },
	{ SMALL, RW, MAP_SHARED | MAP_ANONYMOUS, NO_FILE, 0, true },
	{ HUGE, RW, ANON, NO_FILE, MADV_HUGEPAGE, true },
	{ HUGE, RW, ANON | MAP_HUGETLB | MAP_NORESERVE, NO_FILE, 0, true },
	{ SHMEM_FILE, RW, MAP_SHARED, SHMEM, 0, true },
	{ SHMEM_FILE, RW, MAP_PRIVATE, SHMEM, 0, false },
	{ HUGE, RW, MAP_SHARED, HUGETLB, 0, false },
	/* Read-only: a release that marks pages dirty may hit a file system unprepared. */
	{ SMALL, PROT_READ, MAP_SHARED, EXT4, 0, false },
	{ SMALL, RW, MAP_PRIVATE, EXT4, 0, false },
	{ SMALL, RW, MAP_SHARED, SECRET, 0, true },
	{ DEVICE_MEMORY, RW, MAP_SHARED, DEVICE, 0, false },
	{ SMALL, 0, 0, NOTHING, 0, false },
};

static size_t shape_bytes(const struct shape *shape)
{
	switch (shape->size) {
	case SHMEM_FILE:
		return FUZZ_SHMEM_BYTES;
	case HUGE:
		return PMD_BYTES;
	case DEVICE_MEMORY:
		return PINCHECK_DEVICE_BYTES;
	default:
		return 16 * PAGE_BYTES;
	}
}

static unsigned char *shape_address(size_t index)
{
	return (unsigned char *)ARENA + index * STRIDE;
}

static int open_secret(size_t bytes)
{
	int secret = syscall(SYS_memfd_secret, O_CLOEXEC);

	if (secret >= 0 && ftruncate(secret, bytes)) {
		close(secret);
		return -1;
	}
	return secret;
}

static int source_file(struct fuzz_worker *worker, const struct shape *shape)
{
	switch (shape->source) {
	case SHMEM:
		return worker->shared->shmem;
	case HUGETLB:
		return worker->shared->huge;
	case EXT4:
		return worker->shared->file;
	case SECRET:
		return open_secret(shape_bytes(shape));
	case DEVICE:
		return fuzz_session(worker)->fd;
	default:
		return -1;
	}
}

static void map_shape(struct fuzz_worker *worker, size_t index)
{
	const struct shape *shape = &shapes[index];
	unsigned char *at = shape_address(index);
	int file = source_file(worker, shape);
	size_t bytes = shape_bytes(shape), fill = shape->size == HUGE ? PAGE_BYTES : bytes;
	int huge = shape->flags & MAP_HUGETLB ? hugetlb_size_flag() : 0;
	bool mapped;

	/* All of the range: mremap() may have put pages of other shapes here. */
	munmap(at, STRIDE);
	if (shape->source == NOTHING || (shape->source != NO_FILE && file < 0))
		return;
	mapped = mmap(at, bytes, shape->filled ? RW : shape->prot, shape->flags | huge | MAP_FIXED,
		      file, 0) != MAP_FAILED;
	if (shape->source == SECRET)
		close(file);
	if (!mapped)
		return;
	if (shape->advice)
		madvise(at, bytes, shape->advice);
	/* Without free memory, read() answers EFAULT. */
	if (shape->filled && read(worker->shared->zero, at, fill) > 0 && shape->prot != RW)
		mprotect(at, bytes, shape->prot);
}

void fuzz_memory_map(struct fuzz_worker *worker)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		map_shape(worker, i);
}

/* Memory beside the shapes: the kernel's [vvar], which has no pages. */
static uint64_t kernel_mapping(void)
{
	static uint64_t found;
	unsigned long start;
	char line[256];
	FILE *maps = found ? NULL : fopen("/proc/self/maps", "re");

	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "[vvar") && sscanf(line, "%lx-", &start) == 1)
			found = start;
	if (maps)
		fclose(maps);
	return found;
}

uint64_t fuzz_address(struct fuzz_worker *worker, size_t *room)
{
	size_t index = prng_below(&worker->prng, ARRAY_SIZE(shapes));
	size_t bytes = shape_bytes(&shapes[index]);
	uint64_t at = prng_below(&worker->prng, bytes);

	if (prng_one_in(&worker->prng, 64)) {
		*room = PAGE_BYTES;
		return kernel_mapping();
	}
	*room = bytes - at;
	/* Mostly whole pages; sometimes the range ends beyond the shape. */
	if (!prng_one_in(&worker->prng, 32)) {
		at &= ~(PAGE_BYTES - 1);
		*room = bytes - at;
	}
	if (prng_one_in(&worker->prng, 32))
		*room += PAGE_BYTES;
	return (uintptr_t)shape_address(index) + at;
}

static size_t device_shape(void)
{
	size_t i;

	for (i = 0; shapes[i].source != DEVICE; i++)
		;
	return i;
}

uint64_t fuzz_device_address(struct fuzz_worker *worker, size_t *room)
{
	size_t first = prng_below(&worker->prng, 16);

	*room = (16 - first) * PAGE_BYTES;
	return (uintptr_t)shape_address(device_shape()) + first * PAGE_BYTES;
}

static void protect_pages(struct fuzz_worker *worker, void *at, size_t bytes)
{
	static const int protections[] = { PROT_NONE, PROT_READ, RW, RW, RW };

	mprotect(at, bytes, protections[prng_below(&worker->prng, ARRAY_SIZE(protections))]);
}

static void advise_pages(struct fuzz_worker *worker, void *at, size_t bytes)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_PAGEOUT, MADV_COLD,
		MADV_WILLNEED, MADV_REMOVE, MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_DONTFORK,
		MADV_DOFORK, MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_POPULATE_READ,
		MADV_POPULATE_WRITE, MADV_COLLAPSE, MADV_SEQUENTIAL, MADV_DONTDUMP,
	};

	madvise(at, bytes, advices[prng_below(&worker->prng, ARRAY_SIZE(advices))]);
}

static void unmap_pages(struct fuzz_worker *worker, void *at, size_t bytes)
{
	(void)worker;
	munmap(at, bytes);
}

static void lock_pages(struct fuzz_worker *worker, void *at, size_t bytes)
{
	if (prng_one_in(&worker->prng, 2))
		mlock(at, bytes);
	else
		munlock(at, bytes);
}

/* Makes the mapping one page long, or moves it to an address in another shape. */
static void move_pages(struct fuzz_worker *worker, void *at, size_t bytes)
{
	size_t room;
	void *to = (void *)(fuzz_address(worker, &room) & ~(PAGE_BYTES - 1));

	if ((uintptr_t)to < ARENA || (uintptr_t)to >= ARENA + ARRAY_SIZE(shapes) * STRIDE)
		return;
	if (prng_one_in(&worker->prng, 2))
		mremap(at, bytes, PAGE_BYTES, 0);
	else
		mremap(at, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);
}

static void write_by_kernel(struct fuzz_worker *worker, void *at, size_t bytes)
{
	if (read(worker->shared->zero, at, bytes) < 0)
		errno = 0;	/* EFAULT is no failure of this test */
}

static void read_by_kernel(struct fuzz_worker *worker, void *at, size_t bytes)
{
	/* The last page of the file: no argument lies there. */
	if (pwrite(worker->shared->shmem, at, bytes < PAGE_BYTES ? bytes : PAGE_BYTES,
		   FUZZ_SHMEM_BYTES - PAGE_BYTES) < 0)
		errno = 0;
}

/* The files shrink, grow and get holes while workers map and hold them. */
static void change_file(struct fuzz_worker *worker, void *at, size_t bytes)
{
	bool huge = worker->shared->huge >= 0 && prng_one_in(&worker->prng, 4);
	int file = huge ? worker->shared->huge : worker->shared->shmem;
	off_t size = huge ? PMD_BYTES : FUZZ_SHMEM_BYTES;
	off_t offset = (uintptr_t)at & (FUZZ_SHMEM_BYTES - 1);

	if (prng_one_in(&worker->prng, 4)) {
		if (ftruncate(file, huge ? 0 : offset) || ftruncate(file, size))
			errno = 0;
	} else {
		fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, huge ? 0 : offset,
			  huge ? (size_t)size : bytes);
	}
}

/* Maps any part of the device memory with any flags, also parts and flags that do not exist. */
static void map_device(struct fuzz_worker *worker, void *at, size_t bytes)
{
	static const int flags[] = { MAP_SHARED, MAP_PRIVATE, MAP_SHARED | MAP_POPULATE };
	off_t flavour = prng_below(&worker->prng, 4) * PINCHECK_MMAP_HUGE;

	(void)at;
	if (prng_one_in(&worker->prng, 2))
		bytes = PINCHECK_DEVICE_BYTES;
	if (worker->shared->no_remap && flavour == PINCHECK_MMAP_REMAP)
		return;
	mmap(shape_address(device_shape()), bytes, prng_below(&worker->prng, 4),
	     flags[prng_below(&worker->prng, ARRAY_SIZE(flags))] | MAP_FIXED,
	     fuzz_session(worker)->fd,
	     flavour + (prng_one_in(&worker->prng, 2) ? prng_below(&worker->prng, 8) : 0) *
	     PAGE_BYTES);
}

/* A debugger's access: neither a protection nor a missing page stops it. */
static void access_as_debugger(struct fuzz_worker *worker, void *at, size_t bytes)
{
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	bytes = bytes < FUZZ_OUT_BYTES ? bytes : FUZZ_OUT_BYTES;
	if (prng_one_in(&worker->prng, 2))
		bytes = pread(memory, worker->out_buffer, bytes, (uintptr_t)at);
	else
		bytes = pwrite(memory, worker->out_buffer, bytes, (uintptr_t)at);
	if (memory >= 0)
		close(memory);
}

/* A session is a file: makes system calls for files on it. */
static void use_as_file(struct fuzz_worker *worker, void *at, size_t bytes)
{
	int session = fuzz_session(worker)->fd;
	ssize_t got = 0;

	(void)at;
	switch (prng_below(&worker->prng, 8)) {
	case 0:
		got = pread(session, worker->out_buffer, PAGE_BYTES, 0);
		break;
	case 1:
		got = pwrite(session, worker->out_buffer, PAGE_BYTES, 0);
		break;
	case 2:
		got = ftruncate(session, bytes);
		break;
	case 3:
		got = fallocate(session, 0, 0, bytes);
		break;
	case 4:
		got = fsync(session);
		break;
	case 5:
		got = sync_file_range(session, 0, bytes, 7);
		break;
	default:
		got = posix_fadvise(session, 0, bytes, prng_below(&worker->prng, 6));
	}
	if (got)
		errno = 0;	/* refused */
}

/* Restores a shape; chosen twice as often as the events that unmap and protect. */
static void map_anew(struct fuzz_worker *worker, void *at, size_t bytes)
{
	(void)bytes;
	map_shape(worker, ((uintptr_t)at - ARENA) / STRIDE);
}

void fuzz_memory_event(struct fuzz_worker *worker)
{
	static void (*const events[])(struct fuzz_worker *worker, void *at, size_t bytes) = {
		map_anew, map_anew, map_anew, map_anew, map_anew, map_anew, protect_pages,
		protect_pages, advise_pages, advise_pages, advise_pages, advise_pages,
		unmap_pages, lock_pages, move_pages, write_by_kernel, write_by_kernel,
		write_by_kernel, read_by_kernel, change_file, map_device, map_device, map_device,
		access_as_debugger, use_as_file,
	};
	size_t index = prng_below(&worker->prng, ARRAY_SIZE(shapes));
	size_t pages = shape_bytes(&shapes[index]) / PAGE_BYTES, first = prng_below(&worker->prng, pages);
	size_t count = 1 + prng_below(&worker->prng, pages - first);

	if (prng_one_in(&worker->prng, 4)) {
		first = 0;
		count = pages;
	}
	events[prng_below(&worker->prng, ARRAY_SIZE(events))]
		(worker, shape_address(index) + first * PAGE_BYTES, count * PAGE_BYTES);
	fuzz_count_action(worker, FUZZ_MEMORY);
}
