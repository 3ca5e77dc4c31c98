/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of the device, as the table in command.c calls them. The argument is a copy, and its
 * size, flags and reserved fields and the caller's capability were checked. The outputs are copied
 * back when the command succeeds, or always if the table says so.
 */
#ifndef PINCHECK_COMMAND_H
#define PINCHECK_COMMAND_H

#include <linux/pincheck.h>
#include "argument.h"

struct session;

/** union argument - the argument of any command */
union argument {
	struct argument_head head;
	struct pincheck_info info;
	struct pincheck_hold hold;
	struct pincheck_release release;
	struct pincheck_io io;
	struct pincheck_pages pages;
	struct pincheck_report_request report;
	struct pincheck_scan scan;
	struct pincheck_events events;
	struct pincheck_follow follow;
	struct pincheck_revoke revoke;
	struct pincheck_bench bench;
	struct pincheck_trace trace;
	struct pincheck_trace_read trace_read;
	struct pincheck_trace_stack trace_stack;
};

long command_ioctl(struct session *session, unsigned int cmd, void __user *user);
int command_copy_out(void __user *user, const void *items, u32 known, u32 size,
		     unsigned int count);

int info_command(struct session *session, union argument *argument);
int hold_command(struct session *session, union argument *argument);
void hold_refused(union argument *argument);
void hold_undo(struct session *session, union argument *argument);
int release_command(struct session *session, union argument *argument);
int io_command(struct session *session, union argument *argument);
int pages_command(struct session *session, union argument *argument);
int report_command(struct session *session, union argument *argument);
int scan_command(struct session *session, union argument *argument);
int events_command(struct session *session, union argument *argument);
int follow_command(struct session *session, union argument *argument);
void follow_refused(union argument *argument);
void follow_undo(struct session *session, union argument *argument);
int revoke_command(struct session *session, union argument *argument);
int bench_command(struct session *session, union argument *argument);
int trace_command(struct session *session, union argument *argument);
void trace_undo(struct session *session, union argument *argument);
int trace_read_command(struct session *session, union argument *argument);
int trace_stack_command(struct session *session, union argument *argument);

#endif
