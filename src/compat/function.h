/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does the running kernel have a function that it does not export? A kprobe that is never armed
 * finds out. For rules that came with a function of their own and that no header shows. Stays for
 * as long as there are such rules.
 *
 * Assumes: register_kprobe() of a disabled probe fails where the function does not exist or is
 * inlined everywhere, and only there. Topic whitelist compares the answer with what GUP does.
 */
#ifndef PINCHECK_COMPAT_FUNCTION_H
#define PINCHECK_COMPAT_FUNCTION_H

#include <linux/kprobes.h>

/* Return: false also where there are no kprobes to ask with. */
static inline bool compat_has_function(const char *name)
{
	struct kprobe probe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };

	if (register_kprobe(&probe))
		return false;
	unregister_kprobe(&probe);
	return true;
}

#endif
