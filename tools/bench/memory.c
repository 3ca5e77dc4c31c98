// SPDX-License-Identifier: GPL-2.0-only
/* Memory to measure on, a clock and a median. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include "tools/bench/bench.h"
#include "tools/lib/cause.h"

/* A prime that is no factor of a power of two reaches every page of such memory once. */
#define STRIDE		1021

/* Memory in pieces: AGED_TIMES what is wanted is taken, and every other piece given back. */
#define AGED_TIMES	3
#define PIECE_PAGES	8

const char *bench_memory_name(const struct bench_memory *memory)
{
	static const char *const orders[] = {
		[ORDER_AGED] = "aged", [ORDER_SCATTERED] = "scattered",
	};

	return memory->order ? orders[memory->order] : memory->user.kind->name;
}

uint64_t bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double bench_median(double *numbers, size_t count)
{
	qsort(numbers, count, sizeof(*numbers), ascending);
	return count % 2 ? numbers[count / 2] :
	       (numbers[count / 2 - 1] + numbers[count / 2]) / 2;
}

/* The same pieces each time: of 1 to PIECE_PAGES pages, in turns kept and given back. */
static int age_free_memory(struct bench_memory *memory, size_t bytes)
{
	size_t at, piece;
	unsigned int seed = 1;

	memory->others_bytes = AGED_TIMES * bytes;
	memory->others = mmap(NULL, memory->others_bytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->others == MAP_FAILED) {
		memory->others = NULL;
		return -ENOMEM;
	}
	madvise(memory->others, memory->others_bytes, MADV_NOHUGEPAGE);
	for (at = 0; at < memory->others_bytes; at += PAGE_BYTES)
		((volatile char *)memory->others)[at] = 1;
	for (at = 0; at < memory->others_bytes; at += piece) {
		piece = (1 + rand_r(&seed) % PIECE_PAGES) * PAGE_BYTES;
		piece = piece < memory->others_bytes - at ? piece : memory->others_bytes - at;
		if (rand_r(&seed) % 2)
			madvise(memory->others + at, piece, MADV_DONTNEED);
	}
	return 0;
}

int bench_memory_open(struct bench_memory *memory, enum usermem_row row, size_t bytes)
{
	const struct usermem_kind *kind = &usermem_kinds[row];
	int error = memory->order == ORDER_AGED ? age_free_memory(memory, bytes) : 0;

	if (error)
		return error;
	memory->user.stride = memory->order == ORDER_SCATTERED ? STRIDE : 1;
	error = usermem_open(&memory->user, kind, bytes);
	if (!error)
		return 0;
	bench_memory_close(memory);
	return cause_say(error, "memory of kind %s %s. Mend it: %s", kind->name, memory->user.wrong,
			 usermem_mend(kind));
}

void bench_memory_close(struct bench_memory *memory)
{
	usermem_close(&memory->user);
	if (memory->others)
		munmap(memory->others, memory->others_bytes);
	memory->others = NULL;
}

int bench_hold(int session, const void *at, size_t length, __u32 *id)
{
	struct pincheck_hold hold = {
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST,
		.flags = PINCHECK_HOLD_WRITE, .addr = (uintptr_t)at, .len = length,
	};
	int error = pincheck_hold(session, &hold);

	*id = hold.hold;
	return error;
}
