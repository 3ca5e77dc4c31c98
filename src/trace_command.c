// SPDX-License-Identifier: GPL-2.0-only
/* TRACE, TRACE_READ and TRACE_STACK: who takes pins and gives them back. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "command.h"
#include "trace/trace.h"

/* Records that are copied at a time. */
#define BATCH	32

#define STACK_TEXT	8192U

static int check_trace(const struct pincheck_trace *request)
{
	const u32 needs_pid = PINCHECK_TRACE_TREE | PINCHECK_TRACE_OTHERS;

	if (request->flags & PINCHECK_TRACE_STOP)
		return request->flags != PINCHECK_TRACE_STOP || request->pid || request->records ?
		       -EINVAL : 0;
	if (request->records < PINCHECK_TRACE_RECORDS_MIN ||
	    request->records > PINCHECK_TRACE_RECORDS_MAX)
		return -EINVAL;
	if (request->pid < 0 || (!request->pid && request->flags & needs_pid))
		return -EINVAL;
	return 0;
}

/**
 * trace_command() - begin or end the trace of a session
 * @session: that traces
 * @argument: of TRACE
 *
 * Context: process context, sleeps.
 *
 * Return: 0, or what struct pincheck_trace promises.
 */
int trace_command(struct session *session, union argument *argument)
{
	struct pincheck_trace *request = &argument->trace;
	int err = check_trace(request);

	if (err)
		return err;
	request->functions = 0;
	if (request->flags & PINCHECK_TRACE_STOP)
		return trace_end(session);
	return trace_begin(session, request);
}

/**
 * trace_undo() - end a trace whose mask of functions the caller could not get
 * @session: that traces
 * @argument: of TRACE
 */
void trace_undo(struct session *session, union argument *argument)
{
	if (!(argument->trace.flags & PINCHECK_TRACE_STOP))
		trace_end(session);
}

static int check_read(const struct pincheck_trace_read *request)
{
	if (request->record_size < PINCHECK_TRACED_SIZE_ABI1 || request->record_size > PAGE_SIZE)
		return -EINVAL;
	return request->room ? 0 : -EINVAL;
}

static int copy_records(struct trace *trace, struct pincheck_trace_read *request,
			struct pincheck_traced *batch)
{
	u64 until = ring_written(&trace->ring);
	unsigned int count;
	int err = 0;

	request->count = 0;
	do {
		char __user *to = u64_to_user_ptr(request->records +
						  request->count * request->record_size);

		count = min_t(u64, request->room - request->count, BATCH);
		count = ring_take(&trace->ring, batch, count, until);
		err = command_copy_out(to, batch, sizeof(*batch), request->record_size, count);
		request->count += count;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	} while (count && !err);
	return err;
}

static void tell_state(struct trace *trace, struct pincheck_trace_read *request)
{
	request->lost = atomic64_read(&trace->ring.lost);
	request->missed = probes_missed(trace);
	request->lost_stacks = trace->stacks ? atomic64_read(&trace->stacks->lost) : 0;
	request->told = probes_are_called() ? 0 : PINCHECK_TRACE_TOLD_BLIND;
	request->reserved_out = 0;
}

/**
 * trace_read_command() - what the probes have recorded
 * @session: that traces
 * @argument: of TRACE_READ
 *
 * Context: process context, sleeps, writes to user memory.
 *
 * Return: 0, or what struct pincheck_trace_read promises.
 */
int trace_read_command(struct session *session, union argument *argument)
{
	struct pincheck_trace_read *request = &argument->trace_read;
	struct pincheck_traced *batch;
	struct trace *trace;
	int err = check_read(request);

	if (err)
		return err;
	batch = kmalloc_array(BATCH, sizeof(*batch), GFP_KERNEL_ACCOUNT);
	if (!batch)
		return -ENOMEM;
	trace = trace_enter(session);
	err = PTR_ERR_OR_ZERO(trace);
	if (!err) {
		err = copy_records(trace, request, batch);
		tell_state(trace, request);
		trace_leave();
	}
	kfree(batch);
	return err;
}

/* Return: bytes with the 0 at the end; or -ENOENT, -EINTR. */
static ssize_t print_stack(struct session *session, u32 number, char *text)
{
	struct trace *trace = trace_enter(session);
	const struct stack *stack = NULL;
	ssize_t length = -ENOENT;

	if (IS_ERR(trace))
		return PTR_ERR(trace);
	if (trace->stacks)
		stack = stacks_find(trace->stacks, number);
	if (stack)
		length = stack_print(stack, text, STACK_TEXT) + 1;
	trace_leave();
	return length;
}

/**
 * trace_stack_command() - a call stack as names
 * @session: that traces
 * @argument: of TRACE_STACK
 *
 * Context: process context, sleeps, writes to user memory.
 *
 * Return: 0, or what struct pincheck_trace_stack promises.
 */
int trace_stack_command(struct session *session, union argument *argument)
{
	struct pincheck_trace_stack *request = &argument->trace_stack;
	ssize_t length;
	char *text;

	if (!request->room)
		return -EINVAL;
	text = kmalloc(STACK_TEXT, GFP_KERNEL_ACCOUNT);
	if (!text)
		return -ENOMEM;
	length = print_stack(session, request->stack, text);
	if (length > 0) {
		request->length = length;
		if (copy_to_user(u64_to_user_ptr(request->text), text,
				 min_t(u64, length, request->room)))
			length = -EFAULT;
	}
	kfree(text);
	return length < 0 ? length : 0;
}
