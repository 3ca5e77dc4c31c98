/* SPDX-License-Identifier: GPL-2.0-only */
/* Which kernel messages tell of a bug. Used by the guest on kmsg and by the host on the console. */
#ifndef PINCHECK_VM_SPLAT_H
#define PINCHECK_VM_SPLAT_H

#include <stdbool.h>

/**
 * splat_allow_from() - read substrings of messages known to be harmless, one a line, '#' comments
 * Return: 0, or -errno
 */
int splat_allow_from(const char *path);

/** splat_starts() - does @message, without time stamp, begin a splat that is not allowed? */
bool splat_starts(const char *message);

/** splat_skip_stamp() - @line of a console without its "[   12.345678][    T1] " */
const char *splat_skip_stamp(const char *line);

#endif
