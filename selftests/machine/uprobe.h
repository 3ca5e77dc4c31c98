/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Breakpoints by uprobe: a tracer asks for an event at an instruction of a file, and the kernel writes
 * the breakpoint into the page of each process that maps the file, private and executable.
 */
#ifndef PINCHECK_SELFTESTS_UPROBE_H
#define PINCHECK_SELFTESTS_UPROBE_H

#include <stdbool.h>

/**
 * struct uprobe - a breakpoint in a mapping of the caller
 * @event: of perf_event_open(), or -1
 */
struct uprobe {
	int event;
};

/** uprobe_offered() - for NEEDS_UPROBE */
bool uprobe_offered(void);

/** uprobe_prepare() - write an instruction to the place in @file. Return: 0 or a negative errno */
int uprobe_prepare(int file);

/**
 * uprobe_set() - set a breakpoint at the instruction of @file
 * @mapped: where the caller maps the file, readable and executable
 *
 * Return: 0; -ENODATA: the kernel wrote no breakpoint; or another negative errno.
 */
int uprobe_set(struct uprobe *uprobe, int file, const void *mapped);

/** uprobe_remove() - remove the breakpoint. Return: 0 or a negative errno */
int uprobe_remove(struct uprobe *uprobe);

#endif
