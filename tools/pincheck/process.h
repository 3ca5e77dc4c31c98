/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes of the machine and their mappings, from /proc. */
#ifndef PINCHECK_PROCESS_H
#define PINCHECK_PROCESS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct process - a process that has memory, as it was when the list was made
 * @resident: base pages that it maps
 * @sparse: most of its addresses have no page
 * @holdings: of holders.h, once somebody asked for them
 */
struct process {
	pid_t pid;
	unsigned long resident;
	bool sparse;
	struct holdings *holdings;
	char name[32];
};

/**
 * struct vma - a line of /proc/PID/maps
 * @end: address behind its last byte
 * @offset: of @start in the file
 * @inode: of the file; 0: there is none
 * @path: of the file, or a name in brackets, or ""
 */
struct vma {
	__u64 start;
	__u64 end;
	__u64 offset;
	unsigned long inode;
	char permissions[5];
	const char *path;
};

/**
 * process_list() - all processes that have memory: kernel threads and zombies have none
 * @only: the number of the only process that is wanted; 0: all
 * @count: gets their number
 *
 * Return: an array to be freed, or NULL without memory.
 */
struct process *process_list(pid_t only, size_t *count);

/** process_name() - the name of the program that @pid runs, "?" if it has ended */
void process_name(pid_t pid, char *name, size_t size);

/**
 * process_refusal() - print why @pid is no process whose memory can be looked at
 *
 * Return: true if it is none.
 */
bool process_refusal(pid_t pid);

/**
 * vmas_visit() - call @visit for each mapping of @pid, until it returns non-zero
 *
 * Return: what @visit returned last, or -errno: -ESRCH if there is no such process
 */
int vmas_visit(pid_t pid, int (*visit)(void *context, const struct vma *vma), void *context);

/** process_file() - open /proc/@pid/@name to be read by lines. Return: NULL with errno */
void *process_file(pid_t pid, const char *name);

/** process_status_kib() - the number of @field ("VmPin:") in /proc/PID/status, or -1 */
long process_status_kib(pid_t pid, const char *field);

#endif
