// SPDX-License-Identifier: GPL-2.0-only
/* The processes of the machine and their mappings, from /proc. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/process.h"

void *process_file(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fopen(path, "re");
}

long process_status_kib(pid_t pid, const char *field)
{
	FILE *status = process_file(pid, "status");
	size_t length = strlen(field);
	char line[256];
	long kib = -1;

	while (status && kib < 0 && fgets(line, sizeof(line), status)) {
		if (!strncmp(line, field, length))
			kib = strtol(line + length, NULL, 10);
	}
	if (status)
		fclose(status);
	return kib;
}

/* Where a page has as many addresses, it costs less to ask first which have one: see pagemap_present() */
#define SPARSE	4

/* Return: does @process have memory? Then its numbers of pages are filled in. */
static bool read_sizes(struct process *process)
{
	FILE *statm = process_file(process->pid, "statm");
	unsigned long size = 0, resident = 0;

	if (statm && fscanf(statm, "%lu %lu", &size, &resident) != 2)
		size = 0;
	if (statm)
		fclose(statm);
	process->resident = resident;
	process->sparse = size / SPARSE > resident;
	return size;
}

void process_name(pid_t pid, char *name, size_t size)
{
	FILE *comm = process_file(pid, "comm");

	if (!comm || !fgets(name, size, comm))
		snprintf(name, size, "?");
	name[strcspn(name, "\n")] = '\0';
	if (comm)
		fclose(comm);
}

static bool add_process(struct process **list, size_t *count, pid_t pid)
{
	struct process process = { .pid = pid }, *longer;

	if (!read_sizes(&process))
		return true;
	process_name(pid, process.name, sizeof(process.name));
	longer = reallocarray(*list, *count + 1, sizeof(**list));
	if (!longer)
		return false;
	*list = longer;
	longer[(*count)++] = process;
	return true;
}

struct process *process_list(pid_t only, size_t *count)
{
	struct process *list = malloc(sizeof(*list));
	DIR *all = only ? NULL : opendir("/proc");
	const struct dirent *entry;
	bool room = list;

	*count = 0;
	if (only)
		room = room && add_process(&list, count, only);
	while (all && room && (entry = readdir(all))) {
		if (isdigit(entry->d_name[0]))
			room = add_process(&list, count, atoi(entry->d_name));
	}
	if (all)
		closedir(all);
	if (room)
		return list;
	free(list);
	return NULL;
}

bool process_refusal(pid_t pid)
{
	struct process process = { .pid = pid };
	FILE *maps = process_file(pid, "maps");
	int error = errno;
	bool refused = true;

	/* ESRCH: the process ended while the kernel opened the file. */
	if (!maps && (error == ENOENT || error == ESRCH))
		fprintf(stderr, "pincheck: there is no process %d. Look for it with ps -p %d\n", pid,
			pid);
	else if (!maps)
		fprintf(stderr, "pincheck: cannot read /proc/%d/maps: %s. The memory of another process "
			"needs CAP_SYS_PTRACE: use sudo\n", pid, strerror(error));
	else if (!read_sizes(&process))
		fprintf(stderr, "pincheck: process %d has no memory: it has ended, or is a thread of the "
			"kernel. Look at its state with ps -p %d\n", pid, pid);
	else
		refused = false;
	if (maps)
		fclose(maps);
	return refused;
}

/* Return: does @line, which has no newline, describe a mapping? */
static bool parse_vma(char *line, struct vma *vma)
{
	int at = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %*s %lu %n", &vma->start, &vma->end, vma->permissions,
		   &vma->offset, &vma->inode, &at) != 5)
		return false;
	vma->path = line + at;
	return true;
}

int vmas_visit(pid_t pid, int (*visit)(void *context, const struct vma *vma), void *context)
{
	FILE *maps = process_file(pid, "maps");
	int result = maps ? 0 : errno == ENOENT || errno == ESRCH ? -ESRCH : -errno;
	size_t room = 0;
	char *line = NULL;

	while (maps && !result && getline(&line, &room, maps) > 0) {
		struct vma vma;

		line[strcspn(line, "\n")] = '\0';
		/* No page of the process's own: GUP refuses it, and pagemap has no entry. */
		if (parse_vma(line, &vma) && strcmp(vma.path, "[vsyscall]"))
			result = visit(context, &vma);
	}
	free(line);
	if (maps)
		fclose(maps);
	return result;
}
