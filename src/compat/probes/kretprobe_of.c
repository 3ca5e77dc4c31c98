// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: get_kretprobe(): the kretprobe of an instance
 * since: 5.11 (d741bf41d7c7); before, a field of the instance
 * else: absent
 * shim: compat/kretprobe.h; can go when the oldest supported kernel is 5.11
 */
#include "probe.h"
#include <linux/kprobes.h>

PROBE(struct kretprobe *, struct kretprobe_instance *instance)
{
	return get_kretprobe(instance);
}
