// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb_uffd_wp: copies of hugetlb pages that userfaultfd write-protects: fork copies a pinned page early, and
 * a pin for reading copies a shared one. The copies are not protected, and the next write is not reported.
 * Documentation/reports/hugetlb_uffd_wp.md
 *
 * Run as root: UFFD_FEATURE_EVENT_FORK needs a privilege. The pool must have a few hugetlb pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PM_UFFD_WP	(1ULL << 57)

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

static size_t huge;

static int cannot_tell(const char *what)
{
	printf("hugetlb_uffd_wp: cannot tell: %s: %s\n", what, strerror(errno));
	return CANNOT_TELL;
}

/* The number behind @format in @path, or 0 */
static size_t read_number(const char *path, const char *format)
{
	size_t number = 0;
	FILE *file = fopen(path, "r");
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &number) == 1)
			break;
	if (file)
		fclose(file);
	return number;
}

static bool is_protected(pid_t pid, const void *at)
{
	uint64_t entry = 0;
	char path[32];
	int pagemap;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	pread(pagemap, &entry, sizeof(entry), (uintptr_t)at / sysconf(_SC_PAGESIZE) * sizeof(entry));
	close(pagemap);
	return entry & PM_UFFD_WP;
}

static char *map_page(void)
{
	char *at = mmap(NULL, huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
			-1, 0);

	return at == MAP_FAILED ? NULL : memset(at, 1, huge);
}

/* Return: a userfaultfd that protects the page, or -1 */
static int protect_page(char *at, __u64 features)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | features,
	};
	struct uffdio_register area = {
		.range = { (uintptr_t)at, huge }, .mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect protect = {
		.range = area.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &area) ||
	    ioctl(uffd, UFFDIO_WRITEPROTECT, &protect) || !is_protected(getpid(), at))
		return -1;
	return uffd;
}

static pid_t fork_sleeper(void)
{
	pid_t child = fork();

	if (child)
		return child;
	pause();
	_exit(0);
}

/* Fork waits until somebody has read its event, which brings the userfaultfd of the child. */
static void *read_fork_event(void *argument)
{
	struct pollfd ready = { .fd = *(int *)argument, .events = POLLIN };
	struct uffd_msg message;

	while (poll(&ready, 1, -1) == 1)
		if (read(ready.fd, &message, sizeof(message)) == sizeof(message) &&
		    message.event == UFFD_EVENT_FORK)
			break;
	return NULL;
}

/* @pinned: io_uring pins the page. Return: is the page protected in the child, too? -1: cannot tell */
static int fork_keeps_protection(bool pinned)
{
	char *at = map_page();
	struct iovec range = { at, huge };
	struct io_uring ring;
	pthread_t thread;
	int uffd, kept;
	pid_t child;

	if (!at || io_uring_queue_init(2, &ring, 0) ||
	    (pinned && io_uring_register_buffers(&ring, &range, 1)))
		return -1;
	uffd = protect_page(at, UFFD_FEATURE_EVENT_FORK);
	if (uffd < 0)
		return -1;
	pthread_create(&thread, NULL, read_fork_event, &uffd);
	child = fork_sleeper();
	pthread_join(thread, NULL);
	kept = is_protected(child, at);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	io_uring_queue_exit(&ring);
	close(uffd);
	munmap(at, huge);
	return kept;
}

static void *write_byte(void *at)
{
	*(volatile char *)at = 2;
	return NULL;
}

/* Another thread writes to @at. Return: did userfaultfd report the write before it took place? */
static bool write_is_reported(int uffd, char *at)
{
	struct uffdio_writeprotect unprotect = { .range = { (uintptr_t)at, huge } };
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

/*
 * A child shares the page. @read: process_vm_readv() pins it for reading, which copies it for the parent. Return:
 * is the parent's next write reported? -1: cannot tell
 */
static int shared_write_is_reported(bool read)
{
	char *at = map_page(), byte;
	struct iovec local = { &byte, 1 }, remote = { at, 1 };
	int uffd = at ? protect_page(at, 0) : -1, reported = -1;
	pid_t child;

	if (uffd < 0)
		return -1;
	child = fork_sleeper();
	if (!read || process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1)
		reported = write_is_reported(uffd, at);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(uffd);
	munmap(at, huge);
	return reported;
}

int main(void)
{
	int shared, copied, control, pinned;
	bool broken;

	huge = read_number("/proc/meminfo", "Hugepagesize: %zu") << 10;
	if (!huge || read_number("/proc/meminfo", "HugePages_Free: %zu") < 2) {
		puts("hugetlb_uffd_wp: cannot tell: the hugetlb pool has less than two free pages");
		return CANNOT_TELL;
	}
	shared = fork_keeps_protection(false);
	control = shared_write_is_reported(false);
	if (shared != 1 || control != 1)
		return cannot_tell("no write protection of hugetlb by userfaultfd (Linux 5.19)");
	copied = fork_keeps_protection(true);
	pinned = shared_write_is_reported(true);
	broken = copied == 0 || pinned == 0;
	printf("hugetlb_uffd_wp: %s: protected in the child with a userfaultfd: page that fork shares %d, that fork copies %d; write to a shared page is reported: %d, after a pin for reading copied it: %d\n",
	       broken ? "broken" : copied < 0 || pinned < 0 ? "cannot tell" : "fine", shared, copied,
	       control, pinned);
	return broken ? BROKEN : copied < 0 || pinned < 0 ? CANNOT_TELL : FINE;
}
