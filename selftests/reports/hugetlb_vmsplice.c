// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb_vmsplice: a child that spliced a hugetlb page into a pipe, and unmapped it, reads from the pipe
 * what its parent writes later (CVE-2020-29374). Documentation/reports/hugetlb_vmsplice.md
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define SECRET	"new secret"
#define OLD	"old bytes!"

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

/* The child. It puts the page into @data, unmaps the page, and says so by @ready. */
static void splice_in_child(char *at, size_t bytes, int data, int ready)
{
	struct iovec range = { at, sizeof(SECRET) };

	if (vmsplice(data, &range, 1, 0) != sizeof(SECRET) || munmap(at, bytes) ||
	    write(ready, "r", 1) != 1)
		_exit(1);
	_exit(0);
}

/* Put what comes out of the pipe into @seen. Return: 0, or -errno */
static int write_after_splice(size_t bytes, int flags, char *seen)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
	int data[2], ready[2];
	char byte;
	pid_t child;

	if (at == MAP_FAILED || pipe(data) || pipe(ready))
		return -errno;
	strcpy(at, OLD);
	child = fork();
	if (!child)
		splice_in_child(at, bytes, data[1], ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return -EPIPE;
	strcpy(at, SECRET);
	/* Whoever has the pipe can read: the child could have passed it on, or read it itself. */
	if (read(data[0], seen, sizeof(SECRET)) != sizeof(SECRET))
		return -EIO;
	waitpid(child, NULL, 0);
	munmap(at, bytes);
	return 0;
}

int main(void)
{
	char base[sizeof(SECRET)] = "", huge[sizeof(SECRET)] = "";
	int error = write_after_splice(sysconf(_SC_PAGESIZE), 0, base) ?:
		    write_after_splice(hugetlb_bytes(), MAP_HUGETLB, huge);

	if (error || strcmp(base, OLD)) {
		printf("hugetlb_vmsplice: cannot tell: %s\n",
		       error ? strerror(-error) : "even base pages leak");
		return CANNOT_TELL;
	}
	printf("hugetlb_vmsplice: %s: the pipe has \"%s\" of a base page, \"%s\" of a hugetlb page\n",
	       strcmp(huge, OLD) ? "broken" : "fine", base, huge);
	return strcmp(huge, OLD) ? BROKEN : FINE;
}
