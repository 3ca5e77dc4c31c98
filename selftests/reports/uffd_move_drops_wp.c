// SPDX-License-Identifier: GPL-2.0-only
/*
 * uffd_move_drops_wp: UFFDIO_MOVE maps a write-protected page writable, and nobody notices the next
 * write. Documentation/reports/uffd_move_drops_wp.md
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef UFFDIO_MOVE
struct uffdio_move {
	__u64 dst, src, len, mode;
	__s64 move;
};

#define UFFDIO_MOVE		_IOWR(UFFDIO, 0x05, struct uffdio_move)
#define UFFD_FEATURE_MOVE	(1 << 16)
#endif

#define PM_UFFD_WP	(1ULL << 57)

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

static int cannot_tell(const char *what)
{
	printf("uffd_move_drops_wp: cannot tell: %s: %s\n", what, strerror(errno));
	return CANNOT_TELL;
}

static bool is_protected(const void *at)
{
	uint64_t entry = 0;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	pread(pagemap, &entry, sizeof(entry), (uintptr_t)at / sysconf(_SC_PAGESIZE) * sizeof(entry));
	close(pagemap);
	return entry & PM_UFFD_WP;
}

static void *write_byte(void *at)
{
	*(volatile char *)at = 2;
	return NULL;
}

/* Another thread writes to @at. Return: did userfaultfd report the write before it took place? */
static bool write_is_reported(int uffd, char *at, size_t page)
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

int main(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_MOVE | UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};
	char *at = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *stays = at, *from = at + page, *to = at + 2 * page;
	struct uffdio_register area = {
		.range = { (uintptr_t)at, 3 * page },
		.mode = UFFDIO_REGISTER_MODE_WP | UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_writeprotect protect = {
		.range = { (uintptr_t)at, 2 * page }, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	struct uffdio_move move = { .dst = (uintptr_t)to, .src = (uintptr_t)from, .len = page };
	bool control, before, after, reported;

	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		return cannot_tell("no UFFDIO_MOVE (Linux 6.8)");
	madvise(at, 3 * page, MADV_NOHUGEPAGE);
	memset(at, 1, 2 * page);
	if (ioctl(uffd, UFFDIO_REGISTER, &area) || ioctl(uffd, UFFDIO_WRITEPROTECT, &protect))
		return cannot_tell("write-protect by userfaultfd");
	control = write_is_reported(uffd, stays, page);
	before = is_protected(from);
	if (ioctl(uffd, UFFDIO_MOVE, &move))
		return cannot_tell("UFFDIO_MOVE");
	after = is_protected(to);
	reported = write_is_reported(uffd, to, page);
	printf("uffd_move_drops_wp: %s: not moved: write %s; moved: write %s, pagemap bit 57 was %d, is %d\n",
	       !control || !before ? "cannot tell" : reported ? "fine" : "broken",
	       control ? "reported" : "not reported", reported ? "reported" : "not reported",
	       before, after);
	return !control || !before ? CANNOT_TELL : reported ? FINE : BROKEN;
}
