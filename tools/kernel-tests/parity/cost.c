// SPDX-License-Identifier: GPL-2.0-only
/*
 * cost: what the commands of the file gup_test cost, as the file itself measures them. The program gup_test
 * of the kernel prints that for some commands only. Prints "cost COMMAND PAGES SIZE GET PUT": the options of that
 * program, and microseconds, the least of ROUNDS calls. tools/gup-test-parity runs it where clocks count instructions.
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

#define GUP_TEST_FILE	"/sys/kernel/debug/gup_test"
#define FOLL_WRITE	1U	/* of every kernel */
#define BYTES		(256UL << 20)
#define ROUNDS		5

static const struct {
	const char *option;
	unsigned long command;
} commands[] = {
	{ "-u", GUP_FAST_BENCHMARK },
	{ "-U", GUP_BASIC_TEST },
	{ "-a", PIN_FAST_BENCHMARK },
	{ "-b", PIN_BASIC_TEST },
	{ "-L", PIN_LONGTERM_BENCHMARK },
};

/* -1: all */
static const int pages_per_call[] = { 1, 32, 512, -1 };

static const struct {
	const char *option;
	int advice;
} sizes[] = {
	{ "-T", MADV_NOHUGEPAGE },
	{ "-t", MADV_HUGEPAGE },
};

static int fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

static void *map_memory(int advice)
{
	char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	madvise(memory, BYTES, advice);
	memset(memory, 1, BYTES);
	return memory;
}

/* Return: false if a call fails, or not all pages come. */
static bool measure(int file, unsigned long command, int pages, const void *memory, uint64_t *get, uint64_t *put)
{
	*get = *put = UINT64_MAX;
	for (int i = 0; i < ROUNDS; i++) {
		struct gup_test test = {
			.addr = (uintptr_t)memory, .size = BYTES, .gup_flags = FOLL_WRITE,
			.nr_pages_per_call = (__u32)pages,
		};

		if (ioctl(file, command, &test) || test.size != BYTES)
			return false;
		/* Threads of the kernel run sometimes during a call. */
		*get = test.get_delta_usec < *get ? test.get_delta_usec : *get;
		*put = test.put_delta_usec < *put ? test.put_delta_usec : *put;
	}
	return true;
}

static int print_costs(int file, size_t size)
{
	void *memory = map_memory(sizes[size].advice);
	uint64_t get, put;

	if (!memory)
		return fail("mmap");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(pages_per_call); j++) {
			if (!measure(file, commands[i].command, pages_per_call[j], memory, &get, &put))
				return fail(commands[i].option);
			printf("cost %s %d %s %lu %lu\n", commands[i].option, pages_per_call[j],
			       sizes[size].option, get, put);
		}
	}
	munmap(memory, BYTES);
	return EXIT_SUCCESS;
}

int main(void)
{
	int file = open(GUP_TEST_FILE, O_RDWR | O_CLOEXEC), code = EXIT_SUCCESS;

	if (file < 0)
		return fail(GUP_TEST_FILE);
	for (size_t i = 0; i < ARRAY_SIZE(sizes) && code == EXIT_SUCCESS; i++)
		code = print_costs(file, i);
	return code;
}
