// SPDX-License-Identifier: GPL-2.0-only
/*
 * dax_truncation_sleeps: ftruncate() of a DAX file waits for a page that a pipe holds. A process
 * touches its mapping meanwhile. The pipe gives the page back, and ftruncate() sleeps on.
 * Documentation/reports/dax_truncation_sleeps.md
 *
 * Run as: dax_truncation_sleeps DIRECTORY, on a file system that is mounted with -o dax; or the
 * directory is in PINCHECK_DAX.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define PATIENCE_MS	3000

/* Waits until the child has ended, or @asleep: until it sleeps. Return: did it? */
static int child_comes_to(pid_t child, int asleep)
{
	struct pollfd end = { .fd = syscall(SYS_pidfd_open, child, 0), .events = POLLIN };
	int came = 0;

	for (int i = 0; i < PATIENCE_MS && !came; i++) {
		char path[64], text[256] = "", *state;
		int file;

		if (poll(&end, 1, 1) == 1) {
			came = !asleep;
			break;
		}
		snprintf(path, sizeof(path), "/proc/%d/stat", child);
		file = open(path, O_RDONLY);
		if (read(file, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		close(file);
		state = strrchr(text, ')');
		came = asleep && state && state[2] == 'S';
	}
	close(end.fd);
	return came;
}

/* Return: 1 if ftruncate() returned after the pipe let go, 0 if not, -1 if nothing could be tried */
static int truncate_beside_pipe(int directory, int touch)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int file = openat(directory, "dax_truncation_sleeps", O_RDWR | O_CREAT, 0600);
	int into[2], waits, ended;
	static char buffer[65536];
	volatile char *memory;
	struct iovec vector;
	pid_t child;

	unlinkat(directory, "dax_truncation_sleeps", 0);
	if (file < 0 || ftruncate(file, page) || pipe(into))
		return -1;
	memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (memory == MAP_FAILED)
		return -1;
	memory[0] = 1;
	vector.iov_base = (void *)memory;
	vector.iov_len = page;
	if (vmsplice(into[1], &vector, 1, 0) != (ssize_t)page)
		return -1;
	child = fork();
	if (!child)
		_exit(ftruncate(file, 0) ? 1 : 0);
	waits = child_comes_to(child, 1);
	if (waits && touch)
		memory[0] = 2;
	if (read(into[0], buffer, page) != (ssize_t)page)
		return -1;
	ended = child_comes_to(child, 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	munmap((void *)memory, page);
	close(file);
	close(into[0]);
	close(into[1]);
	return waits ? ended : -1;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : getenv("PINCHECK_DAX");
	int directory = open(path ? path : ".", O_RDONLY | O_DIRECTORY);
	int alone = truncate_beside_pipe(directory, 0), touched = truncate_beside_pipe(directory, 1);

	if (alone != 1 || touched < 0) {
		printf("dax_truncation_sleeps: cannot tell: %s is no DAX file system: ftruncate() does not wait for the pipe\n",
		       path ? path : "this directory");
		return CANNOT_TELL;
	}
	printf("dax_truncation_sleeps: %s: when the pipe lets go of the page, ftruncate() returns; after a touch of the mapping %s\n",
	       touched ? "fine" : "broken", touched ? "it does so, too" : "it sleeps on");
	return touched ? FINE : BROKEN;
}
