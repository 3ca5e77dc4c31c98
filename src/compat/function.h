/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does the running kernel have a function that it does not export? A kprobe that is never armed
 * shows it. This is for a rule that came with a new function and that no header shows. Stays while
 * there are such rules.
 *
 * Assumes: register_kprobe() of a disabled probe fails only if the function does not exist or is
 * inlined everywhere. Topic whitelist compares the answer with what GUP does.
 */
#ifndef PINCHECK_COMPAT_FUNCTION_H
#define PINCHECK_COMPAT_FUNCTION_H

#include <linux/kprobes.h>

/* Return: false also on a kernel without kprobes. */
static inline bool compat_has_function(const char *name)
{
	struct kprobe probe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };

	if (register_kprobe(&probe))
		return false;
	unregister_kprobe(&probe);
	return true;
}

#endif
