// SPDX-License-Identifier: GPL-2.0-only
/* EVENTS: the invalidations that the notifier of a hold without references has recorded. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "command.h"
#include "hold/hold.h"
#include "hold/interval.h"
#include "hold/session.h"

static int check_events(const struct pincheck_events *request)
{
	if (request->event_size < PINCHECK_EVENT_SIZE_ABI1 || request->event_size > PAGE_SIZE)
		return -EINVAL;
	return request->room ? 0 : -EINVAL;
}

static int copy_events(struct interval *interval, struct pincheck_events *request)
{
	unsigned int capacity = min_t(u64, request->room, INTERVAL_EVENTS);
	struct pincheck_event *events;
	int err;

	events = kmalloc_array(capacity, sizeof(*events), GFP_KERNEL_ACCOUNT);
	if (!events)
		return -ENOMEM;
	request->count = interval_take_events(interval, events, capacity, &request->lost);
	err = command_copy_out(u64_to_user_ptr(request->events), events, sizeof(*events),
			       request->event_size, request->count);
	kfree(events);
	return err;
}

/**
 * events_command() - report the invalidations of a hold, and forget them
 * @session: that has the hold
 * @argument: of EVENTS
 *
 * Context: process context, sleeps, writes to user memory.
 *
 * Return: 0, or what struct pincheck_events promises.
 */
int events_command(struct session *session, union argument *argument)
{
	struct pincheck_events *request = &argument->events;
	struct hold *hold;
	int err = check_events(request);

	if (err)
		return err;
	hold = session_enter_hold(session, request->hold);
	if (IS_ERR(hold))
		return PTR_ERR(hold);
	err = -EINVAL;
	if (hold->ops->interval)
		err = copy_events(hold->ops->interval(hold), request);
	hold_leave(hold);
	return err;
}
