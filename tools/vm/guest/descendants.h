/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes below this one: of a topic, all that it started. The harness of the kernel puts every test
 * into a process group of its own, so killing the group of the topic is not enough.
 */
#ifndef PINCHECK_VM_DESCENDANTS_H
#define PINCHECK_VM_DESCENDANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * process_stat() - read /proc/PID/stat into @text
 *
 * Return: its words from the name on, "(sh) S 1 ...", or NULL once the process is gone
 */
const char *process_stat(pid_t pid, char *text, size_t size);

/** visit_descendants() - call @visit for each; kernel threads and other processes are none */
void visit_descendants(void (*visit)(pid_t pid));

/**
 * reap_descendants() - kill and reap all
 *
 * The caller blocks SIGCHLD, and is init or a subreaper. Return: false if a process survives SIGKILL
 */
bool reap_descendants(void);

#endif
