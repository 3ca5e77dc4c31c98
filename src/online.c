// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that goes offline waits for those who look at its pages. They look in RCU read-side
 * sections, after pfn_to_online_page() said that the pages are there; who asks later is told that
 * they are not. See online.h.
 */
#include <linux/memory.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include "online.h"

static int memory_changes(struct notifier_block *block, unsigned long action, void *data)
{
	if (action == MEM_OFFLINE)
		synchronize_rcu();
	return NOTIFY_OK;
}

static struct notifier_block notifier = {
	.notifier_call = memory_changes,
};

/**
 * online_init() - from now on memory that goes offline waits for its lookers
 *
 * Return: 0 or -errno.
 */
int online_init(void)
{
	return register_memory_notifier(&notifier);
}

/** online_exit() - nobody looks any more */
void online_exit(void)
{
	unregister_memory_notifier(&notifier);
}
