// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb_forced_write: a debugger writes to a private hugetlb page that the process has read-only. From then on
 * the process itself may write there. Documentation/reports/hugetlb_forced_write.md
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };
enum result { KILLED, WRITES, NO_MAPPING, OTHER };

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

/* The debugged process. It does not survive its write if the memory is read-only. */
static int write_after_debugger(char *at, size_t bytes)
{
	memset(at, 'A', bytes);
	if (mprotect(at, bytes, PROT_READ) || ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		return OTHER;
	raise(SIGSTOP);
	*(volatile char *)at = 'P';
	return WRITES;
}

/* @forced: did the kernel take the write of the debugger? */
static enum result try_memory(int flags, size_t bytes, bool *forced)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
	pid_t child;
	int status;

	*forced = false;
	if (at == MAP_FAILED)
		return NO_MAPPING;
	child = fork();
	if (!child)
		_exit(write_after_debugger(at, bytes));
	waitpid(child, &status, 0);
	if (!WIFSTOPPED(status))
		return OTHER;
	*forced = !ptrace(PTRACE_POKEDATA, child, at, 0x46);
	ptrace(PTRACE_DETACH, child, NULL, NULL);
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSEGV ? KILLED : OTHER;
	return WEXITSTATUS(status);
}

int main(void)
{
	size_t huge = read_number("/proc/meminfo", "Hugepagesize: %zu") << 10;
	static const char *const results[] = {
		[KILLED] = "dies of SIGSEGV", [WRITES] = "writes", [NO_MAPPING] = "has no memory",
		[OTHER] = "does something else",
	};
	bool base_forced, huge_forced;
	enum result base = try_memory(0, sysconf(_SC_PAGESIZE), &base_forced);
	enum result hugetlb = try_memory(MAP_HUGETLB, huge, &huge_forced);
	int code = base != KILLED || !base_forced || hugetlb > WRITES ? CANNOT_TELL :
		   hugetlb == WRITES ? BROKEN : FINE;

	printf("hugetlb_forced_write: %s: base page: the write by force is %s, then the process %s; hugetlb: it is %s, then the process %s\n",
	       code == BROKEN ? "broken" : code == FINE ? "fine" : "cannot tell",
	       base_forced ? "done" : "refused", results[base], huge_forced ? "done" : "refused",
	       results[hugetlb]);
	return code;
}
