// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb_sigbus: while the hugetlb pool is empty, a write of the parent takes a page away from its
 * child, and the child dies of SIGBUS when it reads. Documentation/reports/hugetlb_sigbus.md
 *
 * Run as root: the program changes /proc/sys/vm/nr_hugepages, and restores the old number.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define POOL	"/proc/sys/vm/nr_hugepages"

static long read_number(const char *path, const char *format)
{
	FILE *file = fopen(path, "r");
	char line[128];
	long number = -1;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &number) == 1)
			break;
	if (file)
		fclose(file);
	return number;
}

static void set_pool(long pages)
{
	FILE *file = fopen(POOL, "w");

	if (!file)
		return;
	fprintf(file, "%ld\n", pages);
	fclose(file);
}

/* Let the pool have @spare free pages beside those that are in use. Return: was that possible? */
static int keep_spare_pages(long spare)
{
	long used = read_number(POOL, "%ld") - read_number("/proc/meminfo", "HugePages_Free: %ld");

	set_pool(used + spare);
	return read_number("/proc/meminfo", "HugePages_Free: %ld") == spare;
}

/* The child waits until the parent has written, and then leaves with the byte that it reads. */
static void read_in_child(const volatile char *at, int go)
{
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(0);
	_exit(*at);
}

/* Return: wait status of the child, or -1 */
static int write_beside_child(long spare)
{
	size_t bytes = read_number("/proc/meminfo", "Hugepagesize: %ld") << 10;
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	int go[2], status = -1;
	pid_t child;

	if (at == MAP_FAILED || pipe(go))
		return -1;
	at[0] = '1';
	if (keep_spare_pages(spare)) {
		child = fork();
		if (!child)
			read_in_child(at, go[0]);
		at[0] = '2';
		if (write(go[1], "g", 1) == 1)
			waitpid(child, &status, 0);
	}
	munmap(at, bytes);
	close(go[0]);
	close(go[1]);
	return status;
}

int main(void)
{
	long pool = read_number(POOL, "%ld");
	int spare, none;

	set_pool(pool > 2 ? pool : 2);
	spare = write_beside_child(1);
	set_pool(pool > 2 ? pool : 2);
	none = write_beside_child(0);
	set_pool(pool);
	if (spare < 0 || none < 0 || !WIFEXITED(spare) || WEXITSTATUS(spare) != '1') {
		printf("hugetlb_sigbus: cannot tell: wait status of the child: %#x with a free page in the pool, %#x without\n",
		       spare, none);
		return CANNOT_TELL;
	}
	if (WIFSIGNALED(none)) {
		printf("hugetlb_sigbus: broken: a free page in the pool: the child reads '1'; none: the child dies of signal %d (%s)\n",
		       WTERMSIG(none), strsignal(WTERMSIG(none)));
		return BROKEN;
	}
	printf("hugetlb_sigbus: %s: a free page in the pool: the child reads '1'; none: it reads '%c'\n",
	       WEXITSTATUS(none) == '1' ? "fine" : "broken", WEXITSTATUS(none));
	return WEXITSTATUS(none) == '1' ? FINE : BROKEN;
}
