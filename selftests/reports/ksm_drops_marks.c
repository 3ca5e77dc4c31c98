// SPDX-License-Identifier: GPL-2.0-only
/*
 * ksm_drops_marks: where KSM maps another page of the same bytes, the entry loses its soft-dirty mark, and
 * its write protection by userfaultfd. Documentation/reports/ksm_drops_marks.md
 *
 * Run as root: the program starts KSM, and reads physical addresses in pagemap.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PM_PFN		((1ULL << 55) - 1)
#define PM_SOFT_DIRTY	(1ULL << 55)


enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };
enum { FIRST, SECOND, UNIQUE, PAGES };	/* the first two have the same bytes */

#define PATIENCE	60		/* seconds; KSM looks at 100 pages in 20 ms */

static size_t page;

static int cannot_tell(const char *what)
{
	printf("ksm_drops_marks: cannot tell: %s: %s\n", what, strerror(errno));
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

static bool write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	bool written = write(file, text, strlen(text)) == (ssize_t)strlen(text);

	close(file);
	return written;
}

static void fill_pages(char *at)
{
	memset(at + FIRST * page, 'M', page);
	memset(at + SECOND * page, 'M', page);
	memset(at + UNIQUE * page, 'U', page);
	at[UNIQUE * page] = (char)getpid();
}

/* Return: do both pages of the same bytes have one page frame, and the unique one another? */
static bool ksm_merges(char *at)
{
	uint64_t first = 0, second = 1;

	if (madvise(at, PAGES * page, MADV_MERGEABLE) || !write_file("/sys/kernel/mm/ksm/run", "1"))
		return false;
	for (time_t end = time(NULL) + PATIENCE; first != second && time(NULL) < end;) {
		sched_yield();
		first = pagemap_entry(at + FIRST * page) & PM_PFN;
		second = pagemap_entry(at + SECOND * page) & PM_PFN;
	}
	write_file("/sys/kernel/mm/ksm/run", "0");
	errno = first ? EBUSY : EPERM;
	return first && first == second;
}

static void *write_byte(void *at)
{
	*(volatile char *)at = 2;
	return NULL;
}

/* Another thread writes to @at. Return: did userfaultfd report the write before it took place? */
static bool write_is_reported(int uffd, char *at)
{
	struct uffdio_writeprotect unprotect = { .range = { (uintptr_t)at, page } };
	struct pollfd ready = { .fd = uffd, .events = POLLIN };
	struct uffd_msg message;
	bool reported = false;
	pthread_t thread;

	pthread_create(&thread, NULL, write_byte, at);
	if (poll(&ready, 1, 2000) == 1 && read(uffd, &message, sizeof(message)) == sizeof(message))
		reported = message.event == UFFD_EVENT_PAGEFAULT &&
			   message.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP;
	if (reported)
		ioctl(uffd, UFFDIO_WRITEPROTECT, &unprotect);
	pthread_join(thread, NULL);
	return reported;
}

static char *map_pages(void)
{
	char *at = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at != MAP_FAILED)
		madvise(at, PAGES * page, MADV_NOHUGEPAGE);
	return at;
}

/* All pages are written after clear_refs, so all must stay soft-dirty. */
static int watch_soft_dirty(bool *stays)
{
	char *at = map_pages();

	fill_pages(at);
	if (!write_file("/proc/self/clear_refs", "4") || is_soft_dirty(at))
		return cannot_tell("no soft-dirty");
	fill_pages(at);
	for (int i = 0; i < PAGES; i++)
		if (!is_soft_dirty(at + i * page))
			return cannot_tell("a write is not soft-dirty");
	if (!ksm_merges(at))
		return cannot_tell("KSM did not merge the pages");
	for (int i = 0; i < PAGES; i++)
		stays[i] = is_soft_dirty(at + i * page);
	munmap(at, PAGES * page);
	return FINE;
}

/* All pages are protected, so the next write to each must be reported. */
static int watch_protection(bool *reported)
{
	char *at = map_pages();
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	struct uffdio_register area = {
		.range = { (uintptr_t)at, PAGES * page }, .mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect protect = {
		.range = { (uintptr_t)at, PAGES * page }, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	fill_pages(at);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &area) ||
	    ioctl(uffd, UFFDIO_WRITEPROTECT, &protect))
		return cannot_tell("write-protect by userfaultfd");
	if (!ksm_merges(at))
		return cannot_tell("KSM did not merge the protected pages");
	for (int i = 0; i < PAGES; i++)
		reported[i] = write_is_reported(uffd, at + i * page);
	return FINE;
}

int main(void)
{
	bool dirty[PAGES], reported[PAGES], fine;
	int code;

	page = sysconf(_SC_PAGESIZE);
	code = watch_soft_dirty(dirty) ?: watch_protection(reported);
	if (code)
		return code;
	if (!dirty[UNIQUE] || !reported[UNIQUE]) {
		printf("ksm_drops_marks: cannot tell: the page that is not merged: soft-dirty %d, write reported %d\n",
		       dirty[UNIQUE], reported[UNIQUE]);
		return CANNOT_TELL;
	}
	fine = dirty[FIRST] && dirty[SECOND] && reported[FIRST] && reported[SECOND];
	printf("ksm_drops_marks: %s: written pages that stay soft-dirty: not merged %d, merged %d of 2; protected pages whose next write is reported: not merged %d, merged %d of 2\n",
	       fine ? "fine" : "broken", dirty[UNIQUE], dirty[FIRST] + dirty[SECOND],
	       reported[UNIQUE], reported[FIRST] + reported[SECOND]);
	return fine ? FINE : BROKEN;
}
