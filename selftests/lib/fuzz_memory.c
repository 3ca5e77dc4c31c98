// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of every shape, and what happens to it while it is held. A shape has an address range of
 * its own, the same in every process, with nothing mapped between it and the next.
 *
 * Nothing here reads or writes that memory by the CPU, which would end in a signal as often as
 * not: the kernel does it on its behalf and answers EFAULT.
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
#define STRIDE		(4UL << 20)
#define SMALL		(16 * FUZZ_PAGE)
#define HUGE		(2UL << 20)
#define RW		(PROT_READ | PROT_WRITE)
#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS)

enum source { NO_FILE, SHMEM, HUGETLB, EXT4, SECRET, DEVICE, NOTHING };

/**
 * struct shape - one kind of memory
 * @bytes: of it
 * @prot: it ends up with
 * @flags: of mmap()
 * @source: what is mapped
 * @advice: for madvise(), or 0
 * @filled: written by the kernel before it gets its protection
 */
struct shape {
	size_t bytes;
	int prot;
	int flags;
	enum source source;
	int advice;
	bool filled;
};

static const struct shape shapes[] = {
	{ SMALL, RW, ANON, NO_FILE, MADV_NOHUGEPAGE, true },
	{ SMALL, RW, ANON, NO_FILE, 0, false },				/* not there yet */
	{ SMALL, PROT_READ, ANON, NO_FILE, 0, false },			/* zero page */
	{ SMALL, PROT_READ, ANON, NO_FILE, 0, true },
	{ SMALL, PROT_NONE, ANON, NO_FILE, 0, true },
	{ SMALL, RW, ANON, NO_FILE, MADV_MERGEABLE, true },
	{ SMALL, RW, MAP_SHARED | MAP_ANONYMOUS, NO_FILE, 0, true },
	{ HUGE, RW, ANON, NO_FILE, MADV_HUGEPAGE, true },
	{ HUGE, RW, ANON | MAP_HUGETLB | MAP_NORESERVE, NO_FILE, 0, true },
	{ FUZZ_SHMEM_BYTES, RW, MAP_SHARED, SHMEM, 0, true },
	{ FUZZ_SHMEM_BYTES, RW, MAP_PRIVATE, SHMEM, 0, false },
	{ FUZZ_HUGE_BYTES, RW, MAP_SHARED, HUGETLB, 0, false },
	/* Read-only: marked dirty on release, a file system may not be ready for it. */
	{ SMALL, PROT_READ, MAP_SHARED, EXT4, 0, false },
	{ SMALL, RW, MAP_PRIVATE, EXT4, 0, false },
	{ SMALL, RW, MAP_SHARED, SECRET, 0, true },
	{ HUGE, RW, MAP_SHARED, DEVICE, 0, false },
	{ SMALL, 0, 0, NOTHING, 0, false },
};

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
		return worker->board->shmem;
	case HUGETLB:
		return worker->board->huge;
	case EXT4:
		return worker->board->file;
	case SECRET:
		return open_secret(shape->bytes);
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
	size_t fill = shape->bytes == HUGE ? FUZZ_PAGE : shape->bytes;
	bool mapped;

	/* Whatever was moved here from elsewhere goes, too. */
	munmap(at, STRIDE);
	if (shape->source == NOTHING || (shape->source != NO_FILE && file < 0))
		return;
	mapped = mmap(at, shape->bytes, shape->filled ? RW : shape->prot, shape->flags | MAP_FIXED,
		      file, 0) != MAP_FAILED;
	if (shape->source == SECRET)
		close(file);
	if (!mapped)
		return;
	if (shape->advice)
		madvise(at, shape->bytes, shape->advice);
	/* Refused with EFAULT where no memory is to be had. */
	if (shape->filled && read(worker->board->zero, at, fill) > 0 && shape->prot != RW)
		mprotect(at, shape->bytes, shape->prot);
}

void fuzz_memory_map(struct fuzz_worker *worker)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		map_shape(worker, i);
}

/* Some memory has nothing to do with the shapes: the kernel's [vvar], which has no pages. */
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
	size_t index = dice_below(&worker->dice, ARRAY_SIZE(shapes));
	size_t bytes = shapes[index].bytes;
	uint64_t at = dice_below(&worker->dice, bytes);

	if (dice_chance(&worker->dice, 64)) {
		*room = FUZZ_PAGE;
		return kernel_mapping();
	}
	*room = bytes - at;
	/* Whole pages mostly; and sometimes the range ends beyond what is mapped. */
	if (!dice_chance(&worker->dice, 32)) {
		at &= ~(FUZZ_PAGE - 1);
		*room = bytes - at;
	}
	if (dice_chance(&worker->dice, 32))
		*room += FUZZ_PAGE;
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
	size_t first = dice_below(&worker->dice, 16);

	*room = (16 - first) * FUZZ_PAGE;
	return (uintptr_t)shape_address(device_shape()) + first * FUZZ_PAGE;
}

static void protect(struct fuzz_worker *worker, void *at, size_t bytes)
{
	static const int protections[] = { PROT_NONE, PROT_READ, RW, RW, RW };

	mprotect(at, bytes, protections[dice_below(&worker->dice, ARRAY_SIZE(protections))]);
}

static void advise(struct fuzz_worker *worker, void *at, size_t bytes)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_PAGEOUT, MADV_COLD,
		MADV_WILLNEED, MADV_REMOVE, MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_DONTFORK,
		MADV_DOFORK, MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_POPULATE_READ,
		MADV_POPULATE_WRITE, MADV_COLLAPSE, MADV_SEQUENTIAL, MADV_DONTDUMP,
	};

	madvise(at, bytes, advices[dice_below(&worker->dice, ARRAY_SIZE(advices))]);
}

static void unmap(struct fuzz_worker *worker, void *at, size_t bytes)
{
	(void)worker;
	munmap(at, bytes);
}

static void lock(struct fuzz_worker *worker, void *at, size_t bytes)
{
	if (dice_chance(&worker->dice, 2))
		mlock(at, bytes);
	else
		munlock(at, bytes);
}

/* Shorter, longer, or to the place of the same page of another shape. */
static void move(struct fuzz_worker *worker, void *at, size_t bytes)
{
	size_t room;
	void *to = (void *)(fuzz_address(worker, &room) & ~(FUZZ_PAGE - 1));

	if ((uintptr_t)to < ARENA || (uintptr_t)to >= ARENA + ARRAY_SIZE(shapes) * STRIDE)
		return;
	if (dice_chance(&worker->dice, 2))
		mremap(at, bytes, FUZZ_PAGE, 0);
	else
		mremap(at, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);
}

static void write_by_kernel(struct fuzz_worker *worker, void *at, size_t bytes)
{
	if (read(worker->board->zero, at, bytes) < 0)
		errno = 0;	/* EFAULT is as good an answer */
}

static void read_by_kernel(struct fuzz_worker *worker, void *at, size_t bytes)
{
	/* The last page of the file that nobody's arguments lie in. */
	if (pwrite(worker->board->shmem, at, bytes < FUZZ_PAGE ? bytes : FUZZ_PAGE,
		   FUZZ_SHMEM_BYTES - FUZZ_PAGE) < 0)
		errno = 0;
}

/* The files shrink and grow, and get holes, under mappings and holds of everybody. */
static void change_file(struct fuzz_worker *worker, void *at, size_t bytes)
{
	bool huge = worker->board->huge >= 0 && dice_chance(&worker->dice, 4);
	int file = huge ? worker->board->huge : worker->board->shmem;
	off_t size = huge ? FUZZ_HUGE_BYTES : FUZZ_SHMEM_BYTES;
	off_t offset = (uintptr_t)at & (FUZZ_SHMEM_BYTES - 1);

	if (dice_chance(&worker->dice, 4)) {
		if (ftruncate(file, huge ? 0 : offset) || ftruncate(file, size))
			errno = 0;
	} else {
		fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, huge ? 0 : offset,
			  huge ? (size_t)size : bytes);
	}
}

/* The device's own memory: any part of it, in any way; also ways and parts that there are not. */
static void map_device(struct fuzz_worker *worker, void *at, size_t bytes)
{
	static const int flags[] = { MAP_SHARED, MAP_PRIVATE, MAP_SHARED | MAP_POPULATE };
	off_t flavour = dice_below(&worker->dice, 4) * PINCHECK_MMAP_HUGE;

	(void)at;
	if (dice_chance(&worker->dice, 2))
		bytes = HUGE;
	mmap(shape_address(device_shape()), bytes, dice_below(&worker->dice, 4),
	     flags[dice_below(&worker->dice, ARRAY_SIZE(flags))] | MAP_FIXED,
	     fuzz_session(worker)->fd,
	     flavour + (dice_chance(&worker->dice, 2) ? dice_below(&worker->dice, 8) : 0) *
	     FUZZ_PAGE);
}

/* By the way of a debugger, which neither a protection nor the lack of pages stops. */
static void debug(struct fuzz_worker *worker, void *at, size_t bytes)
{
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	bytes = bytes < FUZZ_TRAY_BYTES ? bytes : FUZZ_TRAY_BYTES;
	if (dice_chance(&worker->dice, 2))
		bytes = pread(memory, worker->tray, bytes, (uintptr_t)at);
	else
		bytes = pwrite(memory, worker->tray, bytes, (uintptr_t)at);
	if (memory >= 0)
		close(memory);
}

/* A session is a file, and there are calls for files. */
static void use_as_file(struct fuzz_worker *worker, void *at, size_t bytes)
{
	int session = fuzz_session(worker)->fd;
	ssize_t got = 0;

	(void)at;
	switch (dice_below(&worker->dice, 8)) {
	case 0:
		got = pread(session, worker->tray, FUZZ_PAGE, 0);
		break;
	case 1:
		got = pwrite(session, worker->tray, FUZZ_PAGE, 0);
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
		got = posix_fadvise(session, 0, bytes, dice_below(&worker->dice, 6));
	}
	if (got)
		errno = 0;	/* refused */
}

/* Unmapping and protecting undo themselves: a shape is made anew twice as often. */
static void map_anew(struct fuzz_worker *worker, void *at, size_t bytes)
{
	(void)bytes;
	map_shape(worker, ((uintptr_t)at - ARENA) / STRIDE);
}

void fuzz_memory_event(struct fuzz_worker *worker)
{
	static void (*const events[])(struct fuzz_worker *worker, void *at, size_t bytes) = {
		map_anew, map_anew, map_anew, map_anew, map_anew, map_anew, protect, protect,
		advise, advise, advise, advise, unmap, lock, move, write_by_kernel,
		write_by_kernel, write_by_kernel, read_by_kernel, change_file, map_device,
		map_device, map_device, debug, use_as_file,
	};
	size_t index = dice_below(&worker->dice, ARRAY_SIZE(shapes));
	size_t pages = shapes[index].bytes / FUZZ_PAGE, first = dice_below(&worker->dice, pages);
	size_t count = 1 + dice_below(&worker->dice, pages - first);

	if (dice_chance(&worker->dice, 4)) {
		first = 0;
		count = pages;
	}
	events[dice_below(&worker->dice, ARRAY_SIZE(events))]
		(worker, shape_address(index) + first * FUZZ_PAGE, count * FUZZ_PAGE);
	fuzz_did(worker, FUZZ_MEMORY);
}
