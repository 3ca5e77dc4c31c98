/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace: what the functions that take pins and give them back are called for, and by whom. */
#ifndef PINCHECK_TRACE_H
#define PINCHECK_TRACE_H

#include <linux/atomic.h>
#include <linux/kconfig.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/types.h>
#include "ring.h"
#include "stacks.h"

/* Is this built at all? See Kbuild. */
#define TRACE_BUILT	(IS_ENABLED(CONFIG_KRETPROBES) && IS_ENABLED(CONFIG_STACKTRACE))

/* Calls at the same time, about; more of them are missed. */
#define TRACE_SLOTS	256U

struct session;

/**
 * struct trace_slot - a call that runs now
 * @context: whose call it is, see probes.c; 0: the slot is free
 * @slow: GUP has entered its slow path
 * @first_slow: address for which it did so first
 *
 * Claimed by cmpxchg() on @context; only that context uses the rest.
 */
struct trace_slot {
	unsigned long context;
	bool slow;
	unsigned long first_slow;
};

/**
 * struct trace - the trace of a session
 * @session: that has it
 * @root: the process whose calls are wanted, or NULL
 * @tree: the calls of its descendants, too
 * @others: the calls of all others, too
 * @namespace: in which process numbers are reported
 * @ring: the records
 * @stacks: the call stacks, or NULL
 * @calls: number of calls that were recorded
 * @missed: number of calls for which no slot was free
 * @functions: mask of the functions that are probed
 * @slots: the calls that run now
 */
struct trace {
	struct session *session;
	struct pid *root;
	bool tree;
	bool others;
	struct pid_namespace *namespace;
	struct ring ring;
	struct stacks *stacks;
	atomic64_t calls;
	atomic64_t missed;
	u64 functions;
	struct trace_slot slots[TRACE_SLOTS];
};

int trace_begin(struct session *session, struct pincheck_trace *request);
int trace_end(struct session *session);
void trace_close(struct session *session);
struct trace *trace_enter(struct session *session);
void trace_leave(void);

int probes_begin(struct trace *trace);
void probes_end(void);
bool probes_are_called(void);
u64 probes_missed(const struct trace *trace);

#endif
