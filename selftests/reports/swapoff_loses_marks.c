// SPDX-License-Identifier: GPL-2.0-only
/*
 * swapoff_loses_marks: a page that was written is swapped out. Where swapoff() brings the page back, it is not
 * soft-dirty any more. Documentation/reports/swapoff_loses_marks.md
 *
 * Run as root, in a directory on a file system that can have a swap file (ext4, xfs).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#define PM_SOFT_DIRTY	(1ULL << 55)
#define PM_SWAP		(1ULL << 62)

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21	/* Linux 5.4 */
#endif

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define FILE_NAME	"swapoff_loses_marks.tmp"
#define SWAP_PAGES	1024
#define PAGES		512	/* some of them may go to another swap device: CPUs cache free slots */

static size_t page;

static int cannot_tell(const char *what)
{
	printf("swapoff_loses_marks: cannot tell: %s: %s\n", what, strerror(errno));
	return CANNOT_TELL;
}

static uint64_t pagemap_entry(const void *at)
{
	uint64_t entry = 0;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	pread(pagemap, &entry, sizeof(entry), (uintptr_t)at / page * sizeof(entry));
	close(pagemap);
	return entry;
}

static bool is_soft_dirty(const void *at)
{
	return pagemap_entry(at) & PM_SOFT_DIRTY;
}

static bool clear_soft_dirty(void)
{
	int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	bool cleared = write(file, "4", 1) == 1;

	close(file);
	return cleared;
}

/* A file without holes. Its first page is the header: version, last page, and a magic word at the end. */
static bool make_swap_file(void)
{
	int file = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *bytes = calloc(SWAP_PAGES, page);
	uint32_t header[] = { 1, SWAP_PAGES - 1 };
	bool made;

	memcpy(bytes + 1024, header, sizeof(header));
	memcpy(bytes + page - 10, "SWAPSPACE2", 10);
	made = write(file, bytes, SWAP_PAGES * page) == (ssize_t)(SWAP_PAGES * page) && !fsync(file);
	free(bytes);
	close(file);
	return made;
}

static bool is_swapped(const char *at)
{
	return pagemap_entry(at) & PM_SWAP;
}

/* A page that waits in an LRU batch of a CPU is passed over: reclaim is asked again. */
static bool swap_out(char *at)
{
	size_t left = PAGES;

	for (int i = 0; i < 1000 && left; i++) {
		sched_yield();
		madvise(at, PAGES * page, MADV_PAGEOUT);
		left = 0;
		for (size_t k = 0; k < PAGES; k++)
			left += !is_swapped(at + k * page);
	}
	errno = EBUSY;
	return !left;
}

/** struct count - of written pages that came back from swap, and of those that are soft-dirty */
struct count {
	int back, dirty;
};

static void count_page(struct count *count, const char *at)
{
	if (is_swapped(at))
		return;
	count->back++;
	count->dirty += is_soft_dirty(at);
}

int main(void)
{
	struct count read = { 0 }, off = { 0 };
	char *at;

	page = sysconf(_SC_PAGESIZE);
	if (!make_swap_file() || swapon(FILE_NAME, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK)) {
		unlink(FILE_NAME);
		return cannot_tell("no swap file");
	}
	at = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(at, PAGES * page, MADV_NOHUGEPAGE);
	memset(at, 1, PAGES * page);
	if (!clear_soft_dirty() || is_soft_dirty(at))
		return cannot_tell("no soft-dirty");
	memset(at, 2, PAGES * page);
	if (!swap_out(at))
		return cannot_tell("pages are not swapped out");
	/* The control: every second page comes back by a read of the process, and the others by swapoff(). */
	for (size_t k = 0; k < PAGES; k += 2) {
		(void)*(volatile char *)(at + k * page);
		count_page(&read, at + k * page);
	}
	if (swapoff(FILE_NAME))
		return cannot_tell("swapoff");
	unlink(FILE_NAME);
	for (size_t k = 1; k < PAGES; k += 2)
		count_page(&off, at + k * page);
	if (!read.back || read.dirty < read.back || !off.back) {
		printf("swapoff_loses_marks: cannot tell: back by a read: %d, soft-dirty: %d; back by swapoff: %d\n",
		       read.back, read.dirty, off.back);
		return CANNOT_TELL;
	}
	printf("swapoff_loses_marks: %s: written pages that are soft-dirty after they came back: by a read %d of %d, by swapoff %d of %d\n",
	       off.dirty < off.back ? "broken" : "fine", read.dirty, read.back, off.dirty, off.back);
	return off.dirty < off.back ? BROKEN : FINE;
}
