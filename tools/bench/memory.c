// SPDX-License-Identifier: GPL-2.0-only
/* Memory to measure on, a clock and a median. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "tools/bench/bench.h"

#define PMD_BYTES	(2 * MIB)

/* A prime that is no factor of a power of two reaches every page of such memory once. */
#define STRIDE		1021

/* Memory in pieces: so many times what is wanted is taken, and every other piece given back. */
#define AGED_TIMES	3
#define PIECE_PAGES	8

const char *memory_name(const struct memory *memory)
{
	static const char *const kinds[] = {
		[MEMORY_BASE] = "base", [MEMORY_THP] = "thp", [MEMORY_HUGETLB] = "hugetlb",
	};
	static const char *const orders[] = {
		[ORDER_AGED] = "aged", [ORDER_SCATTERED] = "scattered",
	};

	return memory->order ? orders[memory->order] : kinds[memory->kind];
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

static void touch(const struct memory *memory)
{
	size_t pages = memory->length / PAGE, step = memory->order == ORDER_SCATTERED ? STRIDE : 1;

	for (size_t i = 0; i < pages; i++)
		((volatile char *)memory->at)[i * step % pages * PAGE] = 1;
}

/* The same pieces each time: of 1 to PIECE_PAGES pages, in turns kept and given back. */
static int age(struct memory *memory)
{
	size_t length = AGED_TIMES * memory->length, at = 0, piece;
	unsigned int seed = 1;

	memory->others = mmap(NULL, length, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->others == MAP_FAILED)
		return -ENOMEM;
	madvise(memory->others, length, MADV_NOHUGEPAGE);
	for (at = 0; at < length; at += PAGE)
		((volatile char *)memory->others)[at] = 1;
	for (at = 0, piece = 0; at < length; at += piece) {
		piece = (1 + rand_r(&seed) % PIECE_PAGES) * PAGE;
		piece = piece < length - at ? piece : length - at;
		if (rand_r(&seed) % 2)
			madvise(memory->others + at, piece, MADV_DONTNEED);
	}
	return 0;
}

/* Is it one page table entry a PMD? The report of its second page says so. */
static int check_thp(const struct memory *memory)
{
	struct pincheck_report report;
	struct pincheck_page page;
	int session = pincheck_open();
	__u32 id;
	int error = session < 0 ? session : bench_hold(session, memory->at, PMD_BYTES, &id);

	if (!error)
		error = pincheck_pages(session, id, 1, 1, &page);
	if (!error)
		error = pincheck_report(session, &page.pfn, 1, &report);
	if (!error && 1UL << report.order != PMD_BYTES / PAGE)
		error = -ENOMEM;
	if (session >= 0)
		close(session);
	return error;
}

int memory_map(struct memory *memory)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	bool huge = memory->kind == MEMORY_THP;
	char *at;

	memory->others = NULL;
	if (memory->order == ORDER_AGED && age(memory))
		return -ENOMEM;
	if (memory->kind == MEMORY_HUGETLB)
		flags |= MAP_HUGETLB;
	at = mmap(NULL, memory->length + PMD_BYTES, PROT_NONE, flags & ~MAP_HUGETLB, -1, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	at = (char *)(((uintptr_t)at + PMD_BYTES - 1) & ~(PMD_BYTES - 1));
	memory->at = mmap(at, memory->length, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0);
	if (memory->at == MAP_FAILED)
		return -ENOMEM;
	if (memory->kind != MEMORY_HUGETLB)
		madvise(memory->at, memory->length, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	touch(memory);
	return huge ? check_thp(memory) : 0;
}

void memory_unmap(struct memory *memory)
{
	munmap(memory->at, memory->length);
	if (memory->others)
		munmap(memory->others, AGED_TIMES * memory->length);
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
