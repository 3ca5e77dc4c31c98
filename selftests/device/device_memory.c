// SPDX-License-Identifier: GPL-2.0-only
/* Device memory of /dev/pincheck: its flavours, and accesses that may end in a signal. */
#include <errno.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/pincheck.h>
#include "../../tools/lib/cause.h"
#include "device_memory.h"

#define WORD_STEP	4096UL	/* bytes from word to word: no page is smaller */

const struct flavour flavour_fault = {
	.name = "fault", .offset = PINCHECK_MMAP_FAULT, .bytes = DEVICE_SMALL_BYTES,
	.map = MAP_SHARED, .comes_back = true,
};

const struct flavour flavour_huge = {
	.name = "huge", .offset = PINCHECK_MMAP_HUGE, .bytes = PINCHECK_DEVICE_BYTES,
	.map = MAP_SHARED, .huge = true, .comes_back = true,
};

const struct flavour flavour_remap = {
	.name = "remap", .offset = PINCHECK_MMAP_REMAP, .bytes = DEVICE_SMALL_BYTES,
	.map = MAP_SHARED,
};

const struct flavour flavour_private = {
	.name = "private", .offset = PINCHECK_MMAP_REMAP, .bytes = DEVICE_SMALL_BYTES,
	.map = MAP_PRIVATE,
};

/* Return: an aligned address where nothing was mapped a moment ago, or MAP_FAILED */
static void *find_device_place(void)
{
	size_t area_bytes = 2 * PINCHECK_DEVICE_BYTES;
	void *area = mmap(NULL, area_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		return MAP_FAILED;
	munmap(area, area_bytes);
	return (void *)(((uintptr_t)area + PINCHECK_DEVICE_BYTES - 1) &
			~(PINCHECK_DEVICE_BYTES - 1));
}

/*
 * MAP_FIXED would leave a hole behind if the device refuses, and another thread may map memory there:
 * to clean up would unmap its memory.
 */
unsigned char *device_map(int session, const struct flavour *flavour, int prot)
{
	void *start, *memory;

	do {
		start = find_device_place();
		if (start == MAP_FAILED)
			return MAP_FAILED;
		memory = mmap(start, flavour->bytes, prot, flavour->map | MAP_FIXED_NOREPLACE,
			      session, flavour->offset);
	} while (memory == MAP_FAILED && errno == EEXIST);
	return memory;
}

int device_fill_by(int session, size_t bytes, uint64_t seed)
{
	struct flavour flavour = flavour_fault;
	unsigned char *memory;

	flavour.bytes = bytes;
	memory = device_map(session, &flavour, PROT_READ | PROT_WRITE);
	if (memory == MAP_FAILED)
		return -errno;
	device_fill(memory, bytes, seed);
	munmap(memory, bytes);
	return 0;
}

uint64_t device_word(uint64_t seed, size_t offset)
{
	return seed << 32 | offset / WORD_STEP;
}

void device_fill(unsigned char *memory, size_t bytes, uint64_t seed)
{
	for (size_t i = 0; i < bytes; i += WORD_STEP) {
		uint64_t word = device_word(seed, i);

		memcpy(memory + i, &word, sizeof(word));
	}
}

size_t device_differs(const unsigned char *memory, size_t bytes, uint64_t seed)
{
	size_t count = 0;

	for (size_t i = 0; i < bytes; i += WORD_STEP) {
		uint64_t word;

		memcpy(&word, memory + i, sizeof(word));
		count += word != device_word(seed, i);
	}
	return count;
}

/* Each thread may touch memory that raises a signal: the handler returns to the thread that did. */
static __thread sigjmp_buf *volatile caught_by;

static void on_fault_signal(int number)
{
	if (caught_by)
		siglongjmp(*caught_by, number);
	signal(number, SIG_DFL);
	raise(number);
}

static void catch_fault_signals(void)
{
	struct sigaction action = { .sa_handler = on_fault_signal };

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

static int touch_word(volatile uint64_t *at, uint64_t *word, bool write)
{
	sigjmp_buf here;
	int number;

	catch_fault_signals();
	number = sigsetjmp(here, 1);
	caught_by = number ? NULL : &here;
	if (!number && write)
		*at = *word;
	else if (!number)
		*word = *at;
	caught_by = NULL;
	return number;
}

int touch_read(const void *address, uint64_t *word)
{
	return touch_word((volatile uint64_t *)address, word, false);
}

int touch_write(void *address, uint64_t word)
{
	return touch_word(address, &word, true);
}

struct answer {
	int number;
	uint64_t word;
};

static void __attribute__((noreturn)) touch_on_demand(int ask, int answer_to, const void *address)
{
	struct answer answer;
	char demand;

	while (read(ask, &demand, 1) == 1) {
		answer = (struct answer) { 0 };
		answer.number = touch_read(address, &answer.word);
		if (write(answer_to, &answer, sizeof(answer)) != sizeof(answer))
			_exit(1);
	}
	_exit(0);
}

int toucher_start(struct toucher *toucher, const void *address)
{
	int ask[2], answer[2];

	if (pipe(ask))
		return -errno;
	if (pipe(answer)) {
		close(ask[0]);
		close(ask[1]);
		return -errno;
	}
	toucher->pid = fork();
	if (!toucher->pid) {
		close(ask[1]);
		close(answer[0]);
		touch_on_demand(ask[0], answer[1], address);
	}
	close(ask[0]);
	close(answer[1]);
	toucher->ask = ask[1];
	toucher->answer = answer[0];
	return toucher->pid < 0 ? -errno : 0;
}

/* A pipe delivers a message of at most PIPE_BUF bytes whole. */
int toucher_reads(struct toucher *toucher, uint64_t *word)
{
	struct answer answer;

	if (write(toucher->ask, "?", 1) != 1 ||
	    read(toucher->answer, &answer, sizeof(answer)) != sizeof(answer))
		return cause_say(-EPIPE, "the process that touches device memory has ended");
	*word = answer.word;
	return answer.number;
}

int toucher_end(struct toucher *toucher)
{
	int status;

	close(toucher->ask);
	close(toucher->answer);
	if (waitpid(toucher->pid, &status, 0) != toucher->pid || status)
		return -ECHILD;
	return 0;
}
