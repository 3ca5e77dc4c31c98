/* SPDX-License-Identifier: GPL-2.0-only */
/* The records of a trace, for trace and leak. */
#ifndef PINCHECK_TRACE_SOURCE_H
#define PINCHECK_TRACE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/pincheck.h>

/**
 * struct trace_source - a trace
 * @session: that traces
 * @functions: mask of the functions of the kernel that are probed
 * @records: what was read last, @count of them
 * @more: there may be more
 * @state: the answer to the last read: what was lost so far
 */
struct trace_source {
	int session;
	__u64 functions;
	struct pincheck_traced *records;
	size_t count;
	bool more;
	struct pincheck_trace_read state;
};

/**
 * trace_source_begin() - begin a trace in a session of its own
 * @pid: the process whose calls are wanted, or 0
 * @flags: PINCHECK_TRACE_*
 *
 * Return: 0; or -1 after printing an error
 */
int trace_source_begin(struct trace_source *source, pid_t pid, __u32 flags);

/** trace_source_print_begin() - print, as a line of JSON, that the trace has begun, and what is probed */
void trace_source_print_begin(const struct trace_source *source);

/** trace_source_read() - replace the records by the next ones. Return: 0 or -1 after printing an error */
int trace_source_read(struct trace_source *source);

/** trace_source_warn() - print what the trace has lost, if anything. Return: true if it has */
bool trace_source_warn(const struct trace_source *source);

/** trace_source_end() - end the trace, if there is one */
void trace_source_end(struct trace_source *source);

/** traced_caller() - the name of who made a call: that of the thread, or "(interrupt)" */
const char *traced_caller(const struct pincheck_traced *call);

#endif
