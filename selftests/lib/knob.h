/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of /proc and /sys that hold one value. */
#ifndef SELFTESTS_LIB_KNOB_H
#define SELFTESTS_LIB_KNOB_H

/** knob_set() - write @value to it. Return: 0 or -errno */
int knob_set(const char *path, const char *value);

/** knob_set_number() - the same for a number */
int knob_set_number(const char *path, long number);

/** knob_number() - Return: the number in it, or -1 */
long knob_number(const char *path);

#endif
