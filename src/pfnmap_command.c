// SPDX-License-Identifier: GPL-2.0-only
/*
 * FOLLOW and REVOKE: what is mapped at an address of device memory, once, or kept by a hold of kind
 * pfnmap; and the end of all mappings of the device memory of a session.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include "command.h"
#include "compat/follow.h"
#include "hold/explain.h"
#include "hold/follow.h"
#include "hold/hold.h"
#include "hold/pfnmap.h"
#include "hold/pfnmap_hold.h"
#include "hold/session.h"

static void fill_request(struct pincheck_follow *request, const struct mapping_seen *seen)
{
	request->pfn = seen->pfn;
	request->leaf = seen->leaf;
	request->value = seen->value;
	request->told |= (seen->writable ? PINCHECK_FOLLOWED_WRITABLE : 0) |
			 (seen->special ? PINCHECK_FOLLOWED_SPECIAL : 0) |
			 (seen->readable ? PINCHECK_FOLLOWED_VALUE : 0) |
			 (seen->ours ? PINCHECK_FOLLOWED_OURS : 0);
}

static int follow_once(struct pincheck_follow *request)
{
	bool write = request->flags & PINCHECK_FOLLOW_WRITE;
	struct mapping_seen seen;
	int err;

	if (mmap_read_lock_killable(current->mm))
		return refuse(&request->reason, PINCHECK_REASON_SIGNAL, -EINTR);
	err = follow(current->mm, request->addr, write, &seen, &request->reason);
	mmap_read_unlock(current->mm);
	if (seen.given)
		fill_request(request, &seen);
	if (seen.given && err)
		request->told |= PINCHECK_FOLLOWED_GIVEN;
	return err;
}

/*
 * Takes a hold of kind pfnmap as HOLD does, and reports what the hold has seen at its first page.
 */
static int follow_and_keep(struct session *session, struct pincheck_follow *request)
{
	union argument argument = { .hold = {
		.size = sizeof(argument.hold),
		.flags = request->flags & PINCHECK_FOLLOW_WRITE ? PINCHECK_HOLD_WRITE : 0,
		.kind = PINCHECK_KIND_PFNMAP,
		.addr = request->addr,
		.len = request->len,
	} };
	int err = hold_command(session, &argument);
	struct hold *hold;

	request->reason = argument.hold.reason;
	if (err)
		return err;
	hold = session_enter_hold(session, argument.hold.hold);
	if (IS_ERR(hold))	/* another thread has released the hold, or a fatal signal came */
		return PTR_ERR(hold);
	request->hold = argument.hold.hold;
	request->told = PINCHECK_FOLLOWED_KEPT;
	fill_request(request, pfnmap_hold_seen(hold));
	hold_leave(hold);
	return 0;
}

static void clear_outputs(struct pincheck_follow *request)
{
	request->hold = 0;
	request->reason = PINCHECK_REASON_NONE;
	request->pfn = 0;
	request->leaf = 0;
	request->value = 0;
	request->told = 0;
}

/**
 * follow_refused() - the argument broke a rule of the table: set its outputs
 * @argument: of FOLLOW
 */
void follow_refused(union argument *argument)
{
	clear_outputs(&argument->follow);
	argument->follow.reason = PINCHECK_REASON_ARGUMENT;
}

static int check_follow(const struct pincheck_follow *request)
{
	if (request->flags & PINCHECK_FOLLOW_KEEP)
		return 0;	/* hold_command() checks the hold */
	if (request->len || request->addr % sizeof(request->value))
		return -EINVAL;
	return request->addr < TASK_SIZE ? 0 : -EINVAL;
}

/**
 * follow_command() - what is mapped at an address of device memory
 * @session: that takes the hold, with PINCHECK_FOLLOW_KEEP
 * @argument: of FOLLOW
 *
 * Context: process context, sleeps, takes mmap_lock.
 *
 * Return: 0, or what struct pincheck_follow promises; its outputs are set in any case.
 */
int follow_command(struct session *session, union argument *argument)
{
	struct pincheck_follow *request = &argument->follow;

	clear_outputs(request);
	if (check_follow(request))
		return refuse(&request->reason, PINCHECK_REASON_ARGUMENT, -EINVAL);
	if (!compat_follow)
		return refuse(&request->reason, PINCHECK_REASON_ABSENT, -EOPNOTSUPP);
	if (!(request->flags & PINCHECK_FOLLOW_KEEP))
		return follow_once(request);
	if (IS_ENABLED(CONFIG_MMU_NOTIFIER))
		return follow_and_keep(session, request);
	return refuse(&request->reason, PINCHECK_REASON_ABSENT, -EOPNOTSUPP);
}

/**
 * follow_undo() - release a hold whose id cannot be written to the caller
 * @session: that took the hold
 * @argument: of FOLLOW
 */
void follow_undo(struct session *session, union argument *argument)
{
	struct pincheck_release release = { .hold = argument->follow.hold };

	if (release.hold)
		session_release_hold(session, &release);
}

/**
 * revoke_command() - take the device memory away from its mappings, or allow them again
 * @session: that has the memory
 * @argument: of REVOKE
 *
 * Context: process context, sleeps, takes mmap_lock for reading.
 *
 * Return: 0, or what struct pincheck_revoke promises.
 */
int revoke_command(struct session *session, union argument *argument)
{
	return pfnmap_revoke(session->pfnmap, &argument->revoke);
}
