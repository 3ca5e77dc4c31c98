// SPDX-License-Identifier: GPL-2.0-only
/*
 * uffd_move_hangs: UFFDIO_MOVE of one page of a large folio does not return while somebody holds another page
 * of that folio. Documentation/reports/uffd_move_hangs.md
 *
 * The holder is a pipe that took a byte by vmsplice(), then io_uring, which pins a fixed buffer. The call runs
 * in a child, which is killed after a deadline.
 */
#include <errno.h>
#include <liburing.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef UFFDIO_MOVE
struct uffdio_move {
	__u64 dst, src, len, mode;
	__s64 move;
};

#define UFFDIO_MOVE		_IOWR(UFFDIO, 0x05, struct uffdio_move)
#define UFFD_FEATURE_MOVE	(1 << 16)
#endif

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };
enum holder { NOBODY, PIPE, PIN };
enum result { MOVED, BUSY, REFUSED, NO_RETURN, NO_MOVE, NO_HUGE_PAGE, NO_HOLD };

static const char *const results[] = {
	[MOVED] = "moved", [BUSY] = "EBUSY", [REFUSED] = "another error", [NO_RETURN] = "no return",
	[NO_MOVE] = "no UFFDIO_MOVE (Linux 6.8)", [NO_HUGE_PAGE] = "no transparent huge page",
	[NO_HOLD] = "cannot hold the page",
};

#define DEADLINE	10		/* seconds; a move takes microseconds */

/* The number behind @format in @path, or 0 */
static unsigned long read_number(const char *path, const char *format)
{
	unsigned long number = 0;
	FILE *file = fopen(path, "r");
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &number) == 1)
			break;
	if (file)
		fclose(file);
	return number;
}

static int hold_page(enum holder holder, char *at, size_t page)
{
	static struct io_uring ring;
	struct iovec range = { at, page };
	int pipes[2];

	if (holder == PIPE)
		return pipe(pipes) || vmsplice(pipes[1], &range, 1, 0) != (ssize_t)page;
	if (holder == PIN)
		return io_uring_queue_init(2, &ring, 0) || io_uring_register_buffers(&ring, &range, 1);
	return 0;
}

/* The child. The page at the middle is held, the last one is moved. */
static enum result move_beside_hold(enum holder holder, size_t huge)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *room = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *from = (char *)(((uintptr_t)room + huge - 1) & ~(huge - 1));
	char *to = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_MOVE };
	struct uffdio_register area = {
		.range = { (uintptr_t)to, page }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_move move = {
		.dst = (uintptr_t)to, .src = (uintptr_t)from + huge - page, .len = page,
	};

	madvise(from, huge, MADV_HUGEPAGE);
	memset(from, 1, huge);
	if (!read_number("/proc/self/smaps_rollup", "AnonHugePages: %lu"))
		return NO_HUGE_PAGE;
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &area))
		return NO_MOVE;
	if (hold_page(holder, from + huge / 2, page))
		return NO_HOLD;
	if (!ioctl(uffd, UFFDIO_MOVE, &move))
		return MOVED;
	return errno == EBUSY ? BUSY : REFUSED;
}

/* Seconds of processor time that @pid has spent in the kernel, by /proc/PID/stat */
static double kernel_seconds(pid_t pid)
{
	unsigned long ticks = 0;
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file && fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %lu",
			   &ticks) != 1)
		ticks = 0;
	if (file)
		fclose(file);
	return (double)ticks / sysconf(_SC_CLK_TCK);
}

static enum result move_in_child(enum holder holder, size_t huge, double *busy)
{
	struct pollfd child = { .events = POLLIN };
	pid_t pid = fork();
	int status, ended;

	if (!pid)
		_exit(move_beside_hold(holder, huge));
	child.fd = syscall(SYS_pidfd_open, pid, 0);
	ended = poll(&child, 1, DEADLINE * 1000);
	*busy += ended ? 0 : kernel_seconds(pid);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(child.fd);
	return ended && WIFEXITED(status) ? (enum result)WEXITSTATUS(status) : NO_RETURN;
}

int main(void)
{
	size_t huge = read_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "%lu");
	enum result free, piped, pinned;
	double busy = 0;
	int code;

	free = huge ? move_in_child(NOBODY, huge, &busy) : NO_HUGE_PAGE;
	if (free != MOVED) {
		printf("uffd_move_hangs: cannot tell: %s\n", results[free]);
		return CANNOT_TELL;
	}
	piped = move_in_child(PIPE, huge, &busy);
	pinned = move_in_child(PIN, huge, &busy);
	code = piped == NO_RETURN || pinned == NO_RETURN ? BROKEN :
	       piped == BUSY || pinned == BUSY ? FINE : CANNOT_TELL;
	printf("uffd_move_hangs: %s: nobody holds the folio: %s; a pipe holds another page of it: %s; io_uring pins one: %s; seconds in the kernel before each kill after %d s: %.1f in sum\n",
	       code == BROKEN ? "broken" : code == FINE ? "fine" : "cannot tell", results[free],
	       results[piped], results[pinned], DEADLINE, busy);
	return code;
}
