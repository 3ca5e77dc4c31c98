// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork_tears_pinned: the memory of a forked child is no snapshot of one moment if the parent has pinned
 * pages and another thread that writes to them. Documentation/reports/fork_tears_pinned.md
 *
 * A thread stores one counter to two pages, again and again, in order. At each moment the first page has
 * the value of the second, or the next one. The child compares its copies.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define PAGES	2
#define FORKS	400
#define SECONDS	15

static _Atomic uint64_t *counters[PAGES];
static atomic_bool stop;

static void *write_counters(void *unused)
{
	for (uint64_t value = 1; !atomic_load_explicit(&stop, memory_order_relaxed); value++)
		for (int i = 0; i < PAGES; i++)
			atomic_store_explicit(counters[i], value, memory_order_release);
	return unused;
}

/* A fixed buffer of io_uring is a long-term pin for writing. */
static int pin_page(int ring, void *at, size_t page)
{
	struct iovec range = { at, page };

	return syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &range, 1);
}

/**
 * struct result - of a series of forks
 * @forks: how many there were
 * @met: the thread wrote during these
 * @torn: after these the child's pages were of different moments
 * @worst: the greatest difference, in rounds of the thread
 */
struct result {
	unsigned int forks, met, torn;
	uint64_t worst;
};

/* The child. Return: by how much the copy of the first page is ahead of that of the last */
static uint64_t tear_of_copy(void)
{
	uint64_t last = atomic_load(counters[PAGES - 1]), first = atomic_load(counters[0]);

	return first - last;
}

static void fork_once(struct result *result, uint64_t *tear)
{
	uint64_t before = atomic_load(counters[0]), after;
	pid_t child = fork();

	if (!child) {
		*tear = tear_of_copy();
		_exit(0);
	}
	after = atomic_load(counters[0]);
	waitpid(child, NULL, 0);
	result->forks++;
	result->met += after > before + 1;
	/* 0 and 1 are what one moment can have. Behind is torn, too: it is a great number here. */
	if (*tear > 1) {
		uint64_t size = (int64_t)*tear < 0 ? -*tear : *tear;

		result->torn++;
		result->worst = size > result->worst ? size : result->worst;
	}
}

static int fork_series(size_t page, bool pin, struct result *result)
{
	uint64_t *tear = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *at = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct io_uring_params params = { 0 };
	int ring = syscall(SYS_io_uring_setup, 1, &params), error = 0;
	time_t end = time(NULL) + SECONDS;
	pthread_t thread;

	madvise(at, PAGES * page, MADV_NOHUGEPAGE);
	memset(at, 0, PAGES * page);
	for (int i = 0; i < PAGES; i++)
		counters[i] = (_Atomic uint64_t *)(at + i * page);
	/* Fork protects the last page, which is not pinned, and copies the first one at once. */
	if (pin && (ring < 0 || pin_page(ring, at, page)))
		return errno;
	atomic_store(&stop, false);
	error = pthread_create(&thread, NULL, write_counters, NULL);
	while (!error && result->forks < FORKS && time(NULL) < end)
		fork_once(result, tear);
	atomic_store(&stop, true);
	if (!error)
		pthread_join(thread, NULL);
	munmap(at, PAGES * page);
	munmap(tear, page);
	close(ring);
	return error;
}

int main(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct result plain = { 0 }, pinned = { 0 };
	int error = fork_series(page, false, &plain) ?: fork_series(page, true, &pinned);
	const char *verdict = pinned.torn && !plain.torn ? "broken" :
			      pinned.met && !pinned.torn && !plain.torn ? "fine" : "cannot tell";

	if (error) {
		printf("fork_tears_pinned: cannot tell: %s\n", strerror(error));
		return CANNOT_TELL;
	}
	printf("fork_tears_pinned: %s: torn copies, of forks beside a writer: pinned %u of %u (worst by %llu), not pinned %u of %u\n",
	       verdict, pinned.torn, pinned.met, (unsigned long long)pinned.worst, plain.torn,
	       plain.met);
	return *verdict == 'b' ? BROKEN : *verdict == 'f' ? FINE : CANNOT_TELL;
}
