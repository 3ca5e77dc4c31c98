// SPDX-License-Identifier: GPL-2.0-only
/* Kernel memory for each page held. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tools/bench/bench.h"

#define HOLDS		128
#define SMALL_PAGES	8192UL
#define LARGE_PAGES	16384UL

/* What the kernel has in vmalloc() and in slabs, of which large kmalloc() is part, in KiB. */
static long kernel_kib(void)
{
	FILE *meminfo = fopen("/proc/meminfo", "re");
	long sum = 0, kib;
	char name[64];

	if (!meminfo)
		return -errno;
	while (fscanf(meminfo, "%63s %ld%*[^\n]", name, &kib) == 2) {
		if (!strcmp(name, "VmallocUsed:") || !strcmp(name, "Slab:"))
			sum += kib;
	}
	fclose(meminfo);
	return sum;
}

/* Bytes that HOLDS holds of @pages base pages each take. */
static int weigh_holds(const struct bench_memory *memory, size_t pages, double *bytes)
{
	int session = pincheck_open(), error = session < 0 ? session : 0;
	long before = kernel_kib(), after;
	__u32 id;

	for (unsigned int i = 0; i < HOLDS && !error; i++)
		error = bench_hold(session, memory->user.start, pages * PAGE_BYTES, &id);
	after = kernel_kib();
	if (session >= 0)
		close(session);
	*bytes = (double)(after - before) * 1024;
	if (!error)
		error = before < 0 ? (int)before : after < 0 ? (int)after : 0;
	return error;
}

int bench_memory(const struct bench *bench)
{
	struct bench_memory memory = { .user.session = bench->session };
	double small, large, page;
	int error = bench_memory_open(&memory, USERMEM_BASE, LARGE_PAGES * PAGE_BYTES);

	if (error)
		return error;
	error = weigh_holds(&memory, SMALL_PAGES, &small);
	if (!error)
		error = weigh_holds(&memory, LARGE_PAGES, &large);
	bench_memory_close(&memory);
	if (error)
		return error;
	page = (large - small) / HOLDS / (LARGE_PAGES - SMALL_PAGES);
	bench->tell("bytes_per_page", page);
	bench->tell("bytes_per_hold", small / HOLDS - page * SMALL_PAGES);
	return 0;
}
