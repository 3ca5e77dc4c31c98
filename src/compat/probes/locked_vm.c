// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: struct user_struct has locked_vm
 * since: ever, with CONFIG_NET, CONFIG_IO_URING or another of its users
 * else: absent
 * shim: compat/locked_vm.h; stays for as long as the member is conditional
 */
#include "probe.h"
#include <linux/atomic.h>
#include <linux/sched/user.h>

PROBE(long, struct user_struct *user)
{
	return atomic_long_read(&user->locked_vm);
}
