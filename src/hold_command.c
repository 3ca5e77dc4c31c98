// SPDX-License-Identifier: GPL-2.0-only
/* INFO, HOLD and RELEASE. */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include "command.h"
#include "compat/features.h"
#include "hold/explain.h"
#include "hold/hold.h"
#include "hold/session.h"
#include "page/path.h"
#include "page/whitelist.h"

/**
 * info_command() - report what the module can do on the running kernel, and the counters
 * @session: of the caller
 * @argument: of INFO
 *
 * Return: 0.
 */
int info_command(struct session *session, union argument *argument)
{
	struct pincheck_info *info = &argument->info;

	path_control();
	*info = (struct pincheck_info) {
		.size = sizeof(*info),
		.abi = PINCHECK_ABI,
		.page_size = PAGE_SIZE,
		.pmd_size = PMD_SIZE,
		.pin_bias = GUP_PIN_COUNTING_BIAS,
		.features = compat_features() | (path_available() ? PINCHECK_FEAT_PATH : 0) |
			    (whitelist_by_kernel() ? PINCHECK_FEAT_FILE_WHITELIST : 0),
		.max_hold_pages = HOLD_PAGES_MAX,
		.max_session_holds = SESSION_HOLDS_MAX,
	};
	session_info(session, info);
	return 0;
}

/* Checks all that does not depend on memory: on some wrong arguments GUP would print a warning. */
static int check_hold(struct pincheck_hold *request)
{
	const struct hold_ops *ops = hold_kind(request->kind);

	if (ops == ERR_PTR(-EOPNOTSUPP))
		return refuse(&request->reason, PINCHECK_REASON_ABSENT, -EOPNOTSUPP);
	if (IS_ERR(ops) || (request->flags & ~ops->flags) || ops->check(request))
		return refuse(&request->reason, PINCHECK_REASON_ARGUMENT, -EINVAL);
	if ((request->flags & (PINCHECK_HOLD_FORCE | PINCHECK_HOLD_DIRTY_LATE)) &&
	    !capable(CAP_SYS_ADMIN))
		return refuse(&request->reason, PINCHECK_REASON_CAPABILITY, -EPERM);
	if (request->pid && !capable(CAP_SYS_PTRACE))
		return refuse(&request->reason, PINCHECK_REASON_CAPABILITY, -EPERM);
	if (request->len >> PAGE_SHIFT > HOLD_PAGES_MAX)
		return refuse(&request->reason, PINCHECK_REASON_LIMIT, -E2BIG);
	return 0;
}

static void clear_outputs(struct pincheck_hold *request)
{
	request->hold = 0;
	request->reason = PINCHECK_REASON_NONE;
	request->pages = 0;
	request->fast_pages = 0;
	request->slow_pages = 0;
	request->fail_addr = 0;
}

static void count_paths(const struct hold *hold, struct pincheck_hold *request)
{
	unsigned long done, nr;
	u32 split;

	for (done = 0; done < hold->nr; done += nr) {
		nr = min(hold->nr - done, HOLD_CHUNK_PAGES);
		split = hold->fast[done / HOLD_CHUNK_PAGES];
		if (split == SPLIT_UNKNOWN)
			continue;
		request->fast_pages += split;
		request->slow_pages += nr - split;
	}
}

static int fail_hold(struct pincheck_hold *request, int err)
{
	/* Either @addr or @offset is 0: see struct pincheck_hold. */
	request->fail_addr = request->addr + request->offset + (request->pages << PAGE_SHIFT);
	return err;
}

/**
 * hold_command() - take a hold
 * @session: that takes the hold
 * @argument: of HOLD
 *
 * Return: 0, or what struct pincheck_hold promises; its outputs are set in any case.
 */
int hold_command(struct session *session, union argument *argument)
{
	struct pincheck_hold *request = &argument->hold;
	struct hold *hold;
	u32 id;
	int err;

	clear_outputs(request);
	err = check_hold(request);
	if (err)
		return fail_hold(request, err);
	err = session_reserve(session, &id, &request->reason);
	if (err)
		return fail_hold(request, err);
	request->reason = PINCHECK_REASON_NONE;
	hold = hold_take(&session->account, hold_kind(request->kind), id, request);
	if (IS_ERR(hold)) {
		session_unreserve(session, id);
		return fail_hold(request, PTR_ERR(hold));
	}
	count_paths(hold, request);
	session_publish(session, hold);
	request->hold = id;
	return 0;
}

/**
 * hold_refused() - the argument broke a rule of the table: set its outputs
 * @argument: of HOLD
 */
void hold_refused(union argument *argument)
{
	struct pincheck_hold *request = &argument->hold;

	clear_outputs(request);
	request->reason = PINCHECK_REASON_ARGUMENT;
	request->fail_addr = request->addr + request->offset;
}

/**
 * hold_undo() - release a hold whose id cannot be written to the caller
 * @session: that took the hold
 * @argument: of HOLD
 */
void hold_undo(struct session *session, union argument *argument)
{
	session_release_hold(session, &(struct pincheck_release) { .hold = argument->hold.hold });
}

/**
 * release_command() - give a hold back, or a part of it, or steal the pins of a part
 * @session: that has the hold
 * @argument: of RELEASE
 *
 * Return: 0, or what struct pincheck_release promises.
 */
int release_command(struct session *session, union argument *argument)
{
	const u32 hazards = PINCHECK_RELEASE_DIRTY_UNLOCKED | PINCHECK_RELEASE_STEAL;
	struct pincheck_release *release = &argument->release;
	long nr;

	if ((release->flags & hazards) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	nr = session_release_hold(session, release);
	if (nr < 0)
		return nr;
	release->pages = nr;
	return 0;
}
