/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kretprobe of an instance: get_kretprobe() came with 5.11 (d741bf41d7c7). Probe:
 * probes/kretprobe_of.c. Can go when the oldest supported kernel is 5.11.
 *
 * Assumes: a handler of an older kernel runs under the lock that unregister_kretprobe() takes to
 * clear the field. Topic trace ends traces while calls sleep.
 */
#ifndef PINCHECK_COMPAT_KRETPROBE_H
#define PINCHECK_COMPAT_KRETPROBE_H

#include <linux/kprobes.h>
#include <generated/pincheck-found.h>

/* Return: NULL if the kretprobe is being removed. */
static inline struct kretprobe *compat_kretprobe_of(struct kretprobe_instance *instance)
{
#ifdef HAVE_KRETPROBE_OF
	return get_kretprobe(instance);
#else
	return instance->rp;
#endif
}

#endif
