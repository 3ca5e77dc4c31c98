// SPDX-License-Identifier: GPL-2.0-only
/* The life of a trace. There is one at a time, and probes exist only while there is one. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "trace.h"

/*
 * Protects what follows. The handlers of the probes do not take it: they end before the trace.
 * TRACE_READ holds it while it writes to memory that may never come (userfaultfd, FUSE), so whoever
 * waits for it can be killed; and a session that ends takes it only if the trace is its own.
 */
static DEFINE_MUTEX(trace_lock);
static struct trace *the_trace;
static struct session *tracing;	/* that has the_trace; only compared */

static void free_trace(struct trace *trace)
{
	kvfree(trace->stacks);
	ring_end(&trace->ring);
	if (trace->namespace)
		put_pid_ns(trace->namespace);
	put_pid(trace->root);
	kvfree(trace);
}

/* Return: 0 or -ESRCH. A process that ends later is never another one: this is no number. */
static int find_root(struct trace *trace, s32 pid)
{
	struct task_struct *task;

	if (!pid)
		return 0;
	trace->root = find_get_pid(pid);
	task = get_pid_task(trace->root, PIDTYPE_TGID);
	if (!task)
		return -ESRCH;
	put_task_struct(task);
	return 0;
}

static int fill_trace(struct trace *trace, const struct pincheck_trace *request)
{
	int err = find_root(trace, request->pid) ?: ring_begin(&trace->ring, request->records);

	if (err)
		return err;
	trace->tree = request->flags & PINCHECK_TRACE_TREE;
	trace->others = request->flags & PINCHECK_TRACE_OTHERS;
	trace->namespace = get_pid_ns(task_active_pid_ns(current));
	if (request->flags & PINCHECK_TRACE_STACKS) {
		trace->stacks = kvzalloc(sizeof(*trace->stacks), GFP_KERNEL_ACCOUNT);
		if (!trace->stacks)
			return -ENOMEM;
	}
	return 0;
}

/* Return: a trace that nothing writes to yet, or ERR_PTR. */
static struct trace *new_trace(struct session *session, const struct pincheck_trace *request)
{
	struct trace *trace = kvzalloc(sizeof(*trace), GFP_KERNEL_ACCOUNT);
	int err;

	if (!trace)
		return ERR_PTR(-ENOMEM);
	trace->session = session;
	err = fill_trace(trace, request);
	if (!err)
		return trace;
	free_trace(trace);
	return ERR_PTR(err);
}

/* Under trace_lock. */
static int plant_probes(struct trace *trace)
{
	int err = probes_begin(trace);

	if (err)
		return err;
	if (probes_are_called())
		return 0;
	probes_end();
	return -EIO;
}

/**
 * trace_begin() - begin to record
 * @session: that traces
 * @request: checked; gets the mask of functions
 *
 * Context: process context, sleeps.
 *
 * Return: 0, or what struct pincheck_trace promises.
 */
int trace_begin(struct session *session, struct pincheck_trace *request)
{
	struct trace *trace = new_trace(session, request);
	int err;

	if (IS_ERR(trace))
		return PTR_ERR(trace);
	err = mutex_lock_killable(&trace_lock);
	if (err)
		goto free;
	err = the_trace ? -EBUSY : plant_probes(trace);
	if (!err) {
		request->functions = trace->functions;
		the_trace = trace;
		WRITE_ONCE(tracing, session);
	}
	mutex_unlock(&trace_lock);
	if (!err)
		return 0;
free:
	free_trace(trace);
	return err;
}

/* Under trace_lock. Return: the trace of the session, which has ended, or NULL. */
static struct trace *remove_trace(struct session *session)
{
	struct trace *trace = the_trace;

	if (!trace || trace->session != session)
		return NULL;
	probes_end();
	the_trace = NULL;
	WRITE_ONCE(tracing, NULL);
	return trace;
}

/**
 * trace_end() - remove the probes, and forget what they recorded
 * @session: that may trace
 *
 * Context: process context, sleeps until no probe runs any more.
 *
 * Return: 0, -ENOENT if the session does not trace, -EINTR.
 */
int trace_end(struct session *session)
{
	struct trace *trace;

	if (mutex_lock_killable(&trace_lock))
		return -EINTR;
	trace = remove_trace(session);
	mutex_unlock(&trace_lock);
	if (!trace)
		return -ENOENT;
	free_trace(trace);
	return 0;
}

/**
 * trace_close() - the session ends, and with it the trace that it may have
 * @session: that nobody uses any more
 *
 * Context: process context, sleeps.
 */
void trace_close(struct session *session)
{
	struct trace *trace;

	if (READ_ONCE(tracing) != session)
		return;
	mutex_lock(&trace_lock);
	trace = remove_trace(session);
	mutex_unlock(&trace_lock);
	free_trace(trace);
}

/**
 * trace_enter() - use the trace of a session, which does not end before trace_leave()
 * @session: that may trace
 *
 * Context: process context, sleeps.
 *
 * Return: the trace; or ERR_PTR: -ENOENT if the session does not trace, -EINTR.
 */
struct trace *trace_enter(struct session *session)
{
	if (mutex_lock_killable(&trace_lock))
		return ERR_PTR(-EINTR);
	if (the_trace && the_trace->session == session)
		return the_trace;
	mutex_unlock(&trace_lock);
	return ERR_PTR(-ENOENT);
}

/** trace_leave() - the trace may end, and others may use it */
void trace_leave(void)
{
	mutex_unlock(&trace_lock);
}
