// SPDX-License-Identifier: GPL-2.0-only
/* EVENTS: the invalidations that a hold without references was told of. */
#include <linux/err.h>
#include <linux/mm.h>
#include "command.h"
#include "hold.h"
#include "interval.h"
#include "session.h"

static int events_check(const struct pincheck_events *request)
{
	if (request->event_size < PINCHECK_EVENT_SIZE_ABI1 || request->event_size > PAGE_SIZE)
		return -EINVAL;
	return request->room ? 0 : -EINVAL;
}

/**
 * events_command() - tell the invalidations of a hold
 * @session: whose hold
 * @argument: of EVENTS
 *
 * Context: process context, sleeps.
 *
 * Return: 0, or what struct pincheck_events promises.
 */
int events_command(struct session *session, union argument *argument)
{
	struct pincheck_events *request = &argument->events;
	struct hold *hold;
	int err = events_check(request);

	if (err)
		return err;
	hold = session_enter_hold(session, request->hold);
	if (IS_ERR(hold))
		return PTR_ERR(hold);
	err = -EINVAL;
	if (hold->ops->interval)
		err = interval_tell(hold->ops->interval(hold), request);
	hold_leave(hold);
	return err;
}
