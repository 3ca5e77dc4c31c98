/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of /proc and /sys that hold one value. */
#ifndef PINCHECK_LIB_KNOB_H
#define PINCHECK_LIB_KNOB_H

#include <stddef.h>

#define KNOB_VALUE	40	/* bytes that a value of knob_chosen() needs */

/* Switches: 1 and 0. */
#define KNOB_KPROBES	"/sys/kernel/debug/kprobes/enabled"
#define KNOB_FTRACE	"/proc/sys/kernel/ftrace_enabled"

/** knob_set() - write @value to it. Return: 0 or -errno */
int knob_set(const char *path, const char *value);

/** knob_set_number() - the same for a number */
int knob_set_number(const char *path, long number);

/**
 * knob_chosen() - of a file that lists all values, the one between [ and ]
 *
 * Return: 0 or -errno; -ENODATA: none of the values is marked
 */
int knob_chosen(const char *path, char *value, size_t size);

/** knob_number() - Return: the number in it, or -1 */
long knob_number(const char *path);

#endif
