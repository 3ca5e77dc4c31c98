// SPDX-License-Identifier: GPL-2.0-only
/* The records of a trace, for trace and leak. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/pincheck.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/trace_source.h"

/* In the module: 8 MiB, the calls of some milliseconds of a busy machine. */
#define RING_RECORDS	65536

/* What is read at once. */
#define READ_RECORDS	16384

static const struct trace_error {
	int error;
	const char *says;
} trace_errors[] = {
	{ -EPERM, "A trace needs CAP_SYS_ADMIN: use sudo" },
	{ -EBUSY, "Somebody traces already, and one session at a time can: end the other "
		  "pincheck trace or pincheck leak" },
	{ -ENOTTY, "The loaded module has no TRACE: it is older than this command, or the kernel "
		   "lacks CONFIG_KPROBES or CONFIG_STACKTRACE. Load the module of this version" },
	{ -EOPNOTSUPP, "The kernel lets nobody probe pin_user_pages() and its kin: use a kernel with "
		       "CONFIG_KPROBES, on an architecture whose probes can read arguments" },
	{ -EIO, "Kprobes or ftrace are switched off: echo 1 > /sys/kernel/debug/kprobes/enabled, and "
		"sysctl kernel.ftrace_enabled=1" },
	{ -ESRCH, "There is no such process: see ps" },
};

static void print_trace_error(const char *what, int error)
{
	const char *says = "";

	for (size_t i = 0; i < ARRAY_SIZE(trace_errors); i++)
		if (trace_errors[i].error == error)
			says = trace_errors[i].says;
	fprintf(stderr, "pincheck: cannot %s: %s. %s\n", what, strerror(-error),
		*says ? says : "See dmesg for what the module says");
}

int trace_source_begin(struct trace_source *source, pid_t pid, __u32 flags)
{
	struct pincheck_trace request = {
		.flags = flags, .pid = pid, .records = RING_RECORDS,
	};
	int error;

	*source = (struct trace_source){ .session = open_session() };
	if (source->session < 0)
		return -1;
	source->records = calloc(READ_RECORDS, sizeof(*source->records));
	error = source->records ? pincheck_trace(source->session, &request) : -ENOMEM;
	source->functions = request.functions;
	if (!error)
		return 0;
	print_trace_error("trace", error);
	trace_source_end(source);
	return -1;
}

void trace_source_print_begin(const struct trace_source *source)
{
	json_t *root = json_object(), *probed = json_array();

	for (__u32 function = 1; function < 64; function++)
		if (source->functions & 1ULL << function)
			json_array_append_new(probed, json_string(pincheck_function_name(function)));
	json_object_set_new(root, "probed", probed);
	json_dumpf(root, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(root);
}

int trace_source_read(struct trace_source *source)
{
	int error = pincheck_trace_read(source->session, source->records, READ_RECORDS,
					&source->state);

	source->count = error ? 0 : source->state.count;
	source->more = source->count == READ_RECORDS;
	if (error)
		print_trace_error("read the trace", error);
	return error ? -1 : 0;
}

bool trace_source_warn(const struct trace_source *source)
{
	const struct pincheck_trace_read *state = &source->state;
	bool blind = state->told & PINCHECK_TRACE_TOLD_BLIND;

	if (state->lost)
		fprintf(stderr, "pincheck: %llu records were lost: they came faster than they were read. "
			"Trace one process (--pid), or a smaller load\n", state->lost);
	if (state->missed)
		fprintf(stderr, "pincheck: %llu calls were missed: too many ran at the same time. Trace a "
			"smaller load\n", state->missed);
	if (state->lost_stacks)
		fprintf(stderr, "pincheck: %llu call stacks were lost: there was no room for more different "
			"ones. Trace for a shorter time\n", state->lost_stacks);
	if (blind)
		fprintf(stderr, "pincheck: somebody has switched kprobes or ftrace off, and calls were not "
			"seen. Switch them on, and trace again\n");
	return state->lost || state->missed || blind;
}

void trace_source_end(struct trace_source *source)
{
	if (source->session >= 0)
		close(source->session);
	free(source->records);
	*source = (struct trace_source){ .session = -1 };
}

const char *traced_caller(const struct pincheck_traced *call)
{
	return call->flags & PINCHECK_TRACED_INTERRUPT ? "(interrupt)" : call->comm;
}
