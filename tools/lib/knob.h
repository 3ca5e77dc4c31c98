/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of /proc and /sys that hold one value. */
#ifndef PINCHECK_LIB_KNOB_H
#define PINCHECK_LIB_KNOB_H

#include <stddef.h>

#define KNOB_VALUE	40	/* bytes for a value */

/* Switches: 1 and 0. */
#define KNOB_KPROBES	"/sys/kernel/debug/kprobes/enabled"
#define KNOB_FTRACE	"/proc/sys/kernel/ftrace_enabled"

/** knob_set() - write @value to it. Return: 0 or -errno */
int knob_set(const char *path, const char *value);

/** knob_set_number() - the same for a number */
int knob_set_number(const char *path, long number);

/**
 * knob_value() - the value in it; where it lists all that there are, the one between [ and ]
 *
 * Return: 0 or -errno; -ENODATA: the file is empty
 */
int knob_value(const char *path, char *value, size_t size);

/** knob_number() - Return: the number in it, or -1 */
long knob_number(const char *path);

#endif
