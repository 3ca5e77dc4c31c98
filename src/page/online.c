// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that goes offline waits for readers of its struct pages. Readers are in RCU read-side sections
 * and have got their page from pfn_to_online_page(), which finds no page any more after MEM_OFFLINE.
 * See online.h.
 */
#include <linux/memory.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include "online.h"

static int wait_for_readers(struct notifier_block *block, unsigned long action, void *data)
{
	if (action == MEM_OFFLINE)
		synchronize_rcu();
	return NOTIFY_OK;
}

static struct notifier_block notifier = {
	.notifier_call = wait_for_readers,
};

/**
 * online_init() - add a notifier that makes memory wait for readers before it goes offline
 *
 * Return: 0 or -errno.
 */
int online_init(void)
{
	return register_memory_notifier(&notifier);
}

/** online_exit() - remove the notifier; no reader may be left */
void online_exit(void)
{
	unregister_memory_notifier(&notifier);
}
