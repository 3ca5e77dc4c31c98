// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb_fork_write: if a hugetlb page is pinned and its mapping is read-only, then a forked child may
 * write to its copy in spite of PROT_READ. Documentation/reports/hugetlb_fork_write.md
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

static size_t hugetlb_bytes(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	unsigned long kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Hugepagesize: %lu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

/* A fixed buffer of io_uring is a long-term pin for writing. */
static int pin_pages(int ring, void *at, size_t bytes)
{
	struct iovec range = { at, bytes };

	return syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &range, 1) ? -errno : 0;
}

/* Return: wait status of a child that writes to read-only memory, or -errno */
static int write_in_child(size_t bytes, bool pin)
{
	volatile char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	struct io_uring_params params = { 0 };
	int ring = syscall(SYS_io_uring_setup, 1, &params), error = 0, status;
	pid_t child;

	if (at == MAP_FAILED || ring < 0)
		return -errno;
	*at = 1;
	if (pin)
		error = pin_pages(ring, (void *)at, bytes);
	if (!error && mprotect((void *)at, bytes, PROT_READ))
		error = -errno;
	if (error)
		return error;
	child = fork();
	if (!child) {
		*at = 2;
		_exit(*at);
	}
	waitpid(child, &status, 0);
	munmap((void *)at, bytes);
	close(ring);
	return status;
}

int main(void)
{
	size_t bytes = hugetlb_bytes();
	int plain = write_in_child(bytes, false), pinned = write_in_child(bytes, true);

	if (plain < 0 || pinned < 0 || !WIFSIGNALED(plain) || WTERMSIG(plain) != SIGSEGV) {
		printf("hugetlb_fork_write: cannot tell: wait status of the child: %d without a pin, %d with a pin\n",
		       plain, pinned);
		return CANNOT_TELL;
	}
	if (WIFEXITED(pinned)) {
		printf("hugetlb_fork_write: broken: without a pin the child dies of SIGSEGV; with a pin it writes, and reads %d\n",
		       WEXITSTATUS(pinned));
		return BROKEN;
	}
	printf("hugetlb_fork_write: fine: the child dies of signal %d without a pin, of %d with a pin\n",
	       WTERMSIG(plain), WTERMSIG(pinned));
	return FINE;
}
