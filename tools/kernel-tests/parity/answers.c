// SPDX-License-Identifier: GPL-2.0-only
/*
 * answers: what the commands of the file gup_test answer. Prints a line for each call, which is the same for
 * the kernel's own file and for gup_test.ko: errno, pins that were taken, bytes that came, numbers of printed pages.
 *
 * Left out is what is known to differ, see gup_test(4): "size" where the last call of GUP does not bring all that it
 * was asked for; and what the kernel does not bear, GUP-fast of a range that ends inside a page.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/gup_test.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../lib/array.h"
#include "../../lib/knob.h"
#include "../../lib/vmstat.h"

#define GUP_TEST_FILE	"/sys/kernel/debug/gup_test"
#define FOLL_WRITE	1U	/* of every kernel */
#define PAGES		8	/* of each memory; nothing is mapped behind them */
#define KERNEL_ADDRESS	0xffff888000000000
#define START_FLAGS	8	/* all combinations of three bits, one of which no kernel knows */

enum place { WRITABLE, READ_ONLY, UNTOUCHED, NOWHERE, OF_KERNEL, PLACES };

static const char *const places[] = { "writable", "read_only", "untouched", "nowhere", "of_kernel" };

/* Of a range, in halves of a page. FAST: GUP-fast bears it. WHOLE: and all of it comes, if any. */
static const struct {
	const char *name;
	unsigned int begin, length;
	bool fast, whole;
} ranges[] = {
	{ "all", 0, 2 * PAGES, true, true },
	{ "one", 2, 2, true, true },
	{ "empty", 0, 0, true, true },
	{ "beyond", 0, 2 * PAGES + 6, true, false },
	{ "unaligned", 1, 6, true, true },
	{ "half_more", 0, 11, false, false },
	{ "half", 0, 1, false, false },
};

static const struct {
	const char *name;
	unsigned long command;
	bool fast;
	__u32 test_flags;
} commands[] = {
	{ "gup_fast", GUP_FAST_BENCHMARK, true, 0 },
	{ "pin_fast", PIN_FAST_BENCHMARK, true, 0 },
	{ "pin_longterm", PIN_LONGTERM_BENCHMARK, false, 0 },
	{ "gup", GUP_BASIC_TEST, false, 0 },
	{ "pin", PIN_BASIC_TEST, false, 0 },
	{ "dump_gup", DUMP_USER_PAGES_TEST, false, 0 },
	{ "dump_pin", DUMP_USER_PAGES_TEST, false, GUP_TEST_FLAG_DUMP_PAGES_USE_PIN },
};

static const __u32 pages_per_call[] = { 1, 3, 100, UINT32_MAX };

static size_t page;
static uintptr_t address[PLACES];

/* PAGES pages that are writable, and nothing behind them */
static char *map_pages(void)
{
	const size_t area_pages = 4 * PAGES;
	char *area = mmap(NULL, area_pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED) {
		perror("mmap");
		exit(EXIT_FAILURE);
	}
	madvise(area, area_pages * page, MADV_NOHUGEPAGE);
	mprotect(area + PAGES * page, (area_pages - PAGES) * page, PROT_NONE);
	return area;
}

/* Anew for each call, so that no page is there because of an earlier one. */
static void make_memory(void)
{
	static char *memory[OF_KERNEL];

	for (size_t i = 0; i < ARRAY_SIZE(memory); i++) {
		if (memory[i])
			munmap(memory[i], 4 * PAGES * page);
		memory[i] = map_pages();
		address[i] = (uintptr_t)memory[i];
	}
	memset(memory[WRITABLE], 1, PAGES * page);
	memset(memory[READ_ONLY], 1, PAGES * page);
	mprotect(memory[READ_ONLY], PAGES * page, PROT_READ);
	mprotect(memory[NOWHERE], PAGES * page, PROT_NONE);
	address[OF_KERNEL] = KERNEL_ADDRESS;
}

static uint64_t pins_taken(void)
{
	uint64_t acquired, released;

	knob_set("/proc/sys/vm/stat_refresh", "1");
	if (vmstat_pins(&acquired, &released))
		return 0;
	return acquired;
}

static int call(int file, unsigned long command, void *argument)
{
	return ioctl(file, command, argument) ? errno : 0;
}

static void print_bench(int file, size_t i, size_t where, size_t range, __u32 per_call, __u32 flags)
{
	struct gup_test test = {
		.nr_pages_per_call = per_call, .gup_flags = flags, .test_flags = commands[i].test_flags,
		.size = ranges[range].length * page / 2, .which_pages = { PAGES, PAGES + 1, UINT32_MAX },
	};
	uint64_t pins;
	int error;

	make_memory();
	test.addr = address[where] + ranges[range].begin * page / 2;
	pins = pins_taken();
	error = call(file, commands[i].command, &test);
	printf("answers %s %s %s per_call=%u flags=%u: errno=%d pins=%lu which=%u,%u,%u size=", commands[i].name,
	       places[where], ranges[range].name, per_call, flags, error, pins_taken() - pins, test.which_pages[0],
	       test.which_pages[1], test.which_pages[2]);
	if (!ranges[range].whole || (where != WRITABLE && where != UNTOUCHED))
		puts("-");
	else
		printf("%llu\n", (unsigned long long)(test.size * 2 / page));
}

static void print_benches(int file, size_t i)
{
	for (size_t where = 0; where < PLACES; where++) {
		for (size_t range = 0; range < ARRAY_SIZE(ranges); range++) {
			if (commands[i].fast && !ranges[range].fast)
				continue;
			for (size_t j = 0; j < ARRAY_SIZE(pages_per_call); j++) {
				/* The kernel warns of its zero page, which untouched memory is for a reader. */
				if (where != UNTOUCHED)
					print_bench(file, i, where, range, pages_per_call[j], 0);
				print_bench(file, i, where, range, pages_per_call[j], FOLL_WRITE);
			}
		}
	}
}

static void print_call(int file, const char *name, unsigned long command, void *argument)
{
	printf(" %s=%d", name, call(file, command, argument));
}

/* START, READ into memory and into nothing, START again, STOP */
static void print_longterm(int file, size_t where, size_t range, __u32 flags)
{
	struct pin_longterm_test test = { .size = ranges[range].length * page / 2, .flags = flags };
	__u64 to, nothing = 0;
	uint64_t pins;

	make_memory();
	test.addr = address[where] + ranges[range].begin * page / 2;
	to = (uintptr_t)map_pages();
	pins = pins_taken();
	printf("answers %s %s flags=%u:", places[where], ranges[range].name, flags);
	print_call(file, "start", PIN_LONGTERM_TEST_START, &test);
	printf(" pins=%lu", pins_taken() - pins);
	print_call(file, "read", PIN_LONGTERM_TEST_READ, &to);
	print_call(file, "read_to_nothing", PIN_LONGTERM_TEST_READ, &nothing);
	print_call(file, "start_again", PIN_LONGTERM_TEST_START, &test);
	print_call(file, "stop", PIN_LONGTERM_TEST_STOP, NULL);
	print_call(file, "read_then", PIN_LONGTERM_TEST_READ, &to);
	printf(" byte=%d\n", *(char *)(uintptr_t)to);
	munmap((void *)(uintptr_t)to, 4 * PAGES * page);
}

/* What is no command, or has no argument */
static void print_others(int file)
{
	char byte = 0;

	for (unsigned int i = 0; i < 12; i++) {
		printf("answers number %u without argument:", i);
		print_call(file, "io", _IO('g', i), NULL);
		print_call(file, "iowr", _IOWR('g', i, struct gup_test), NULL);
		print_call(file, "iow", _IOW('g', i, struct pin_longterm_test), NULL);
		puts("");
	}
	printf("answers read %d", read(file, &byte, 1) < 0 ? errno : 0);
	printf(" write %d", write(file, &byte, 1) < 0 ? errno : 0);
	printf(" seek %d", lseek(file, 0, SEEK_SET) < 0 ? errno : 0);
	printf(" mmap %d\n", mmap(NULL, page, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED ? errno : 0);
}

int main(void)
{
	int file = open(GUP_TEST_FILE, O_RDWR | O_CLOEXEC);

	page = sysconf(_SC_PAGESIZE);
	if (file < 0) {
		perror(GUP_TEST_FILE);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		print_benches(file, i);
	for (size_t where = 0; where < PLACES; where++) {
		for (size_t range = 0; range < ARRAY_SIZE(ranges); range++)
			for (__u32 flags = 0; flags < START_FLAGS; flags++)
				print_longterm(file, where, range, flags);
	}
	print_others(file);
	return EXIT_SUCCESS;
}
