// SPDX-License-Identifier: GPL-2.0-only
/*
 * leak: `pincheck leak` finds the pins that drivers of the kernel's own have taken and kept, in the number
 * that the kernel counts; and none where they were given back. `pincheck trace` shows the same calls.
 */
#include "suite.h"
#include <signal.h>
#include "../../tools/lib/cause.h"
#include "command.h"
#include "pin_accounting.h"
#include "rdma_link.h"

#define SECONDS		120	/* see trace_life.c */

TOPIC(leak)
TOPIC_VARIANT(leak, base, pin_rw_lt_fast)
TOPIC_VARIANT(leak, base, uring)
TOPIC_VARIANT(leak, thp_pmd, uring)
TOPIC_VARIANT(leak, hugetlb, uring)
TOPIC_VARIANT(leak, shmem_shared, udmabuf)
TOPIC_VARIANT(leak, memfd_hugetlb, udmabuf)
TOPIC_VARIANT(leak, base, rdma)
TOPIC_VARIANT(leak, shmem_shared, rdma)
TOPIC_VARIANT(leak, base, xdp)
TOPIC_VARIANT(leak, base, odirect)
TOPIC_VARIANT(leak, base, process_vm)
TOPIC_VARIANT(leak, base, vmsplice)

TOPIC_NEEDS("rdma");

SUITE_PREPARE
{
	rdma_link_for_run();
	command_prepare();
}

/* What a stack of the holder has, on every kernel; the others have plain references at times. */
static const struct {
	const char *hold;
	const char *frame;
} stacks[] = {
	{ "pin_rw_lt_fast", "[pincheck]" },
	{ "uring", "io_uring" },
	{ "udmabuf", "udmabuf_create" },
	{ "rdma", "[ib_u" },
	{ "xdp", "xdp" },
	{ "odirect", "fuse_direct" },
};

/* @what: leak or trace. Return: 0 when it traces this process. */
static int start_tracing(struct command *command, const char *what)
{
	char pid[16];
	json_t *first;
	int error;

	snprintf(pid, sizeof(pid), "%d", getpid());
	error = strcmp(what, "leak") ? RUN(command, what, "--json", "--stacks", "--pid", pid) :
				       RUN(command, what, "--json", "--settle", "300", "--pid", pid);
	if (error)
		return error;
	first = command_json(command);
	error = json_array_size(json_object_get(first, "probed")) > 2 ? 0 :
		cause_say(-EIO, "pincheck %s does not say what it probes", what);
	json_decref(first);
	return error;
}

static bool has_frame(const struct subject *subject, const json_t *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++)
		if (!strcmp(stacks[i].hold, subject->product->hold->name))
			return strstr(text_of(row, "stack"), stacks[i].frame);
	return true;
}

/* process_vm_readv() is called by a process of its own: its pins are not those of this one. */
static bool is_taken_by_other(const struct subject *subject)
{
	return !strcmp(subject->product->hold->name, "process_vm");
}

/* ACCURACY: of the @surplus pins that the kernel has counted, leak finds each, and names who has it. */
static void verdict_found(const struct subject *subject, const json_t *found, int64_t surplus,
			  struct verdict *verdict)
{
	const json_t *row, *leaks = json_object_get(found, "leaks");
	const json_t *summary = json_object_get(found, "summary");
	long long others = is_taken_by_other(subject) ? surplus : 0;
	long long left = 0, still = 0;
	size_t i;

	verdict_start(verdict, "ACCURACY");
	json_array_foreach(leaks, i, row) {
		left += number_of(row, "left");
		still += number_of(row, "still");
		if (number_of(row, "pid") != getpid())
			verdict_broken(verdict, "another process is blamed", 0);
		if (!has_frame(subject, row))
			verdict_broken(verdict, "the stack does not name the driver", 0);
	}
	if (left != surplus - others || number_of(summary, "left") != left)
		verdict_broken(verdict, "the kernel counts another number of pins", 0);
	if (number_of(summary, "left_of_others") != others)
		verdict_broken(verdict, "others have another number of pins", 0);
	if (still != left)
		verdict_broken(verdict, "a page that is left does not look pinned", 0);
	if (number_of(summary, "taken_before"))
		verdict_broken(verdict, "more pins were given back than were taken", 0);
	if (number_of(summary, "lost") || number_of(summary, "missed"))
		verdict_broken(verdict, "records are missing", 0);
	row = json_array_get(leaks, 0);
	verdict_note(verdict, "counted=%lld left=%lld still=%lld others=%lld function=\"%s\" stack=\"%.120s\"",
		     (long long)surplus, left, still, others, text_of(row, "function"),
		     text_of(row, "stack"));
}

/* ACCURACY. One hold is given back, and the next one is kept: leak finds the second one, and no more. */
SCENARIO(leak, kept, .rows = "P48", .seconds = SECONDS)
{
	int64_t surplus = 0, nothing = -1;
	struct command command;
	json_t *found;

	ASSERT_DONE(pins_baseline());
	ASSERT_DONE(start_tracing(&command, "leak"));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_release(subject));
	ASSERT_DONE(pins_surplus(&nothing));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(pins_surplus(&surplus));
	ASSERT_DONE(kill(command.pid, SIGINT));
	found = command_json(&command);
	EXPECT_VERDICT(verdict_found, subject, found, surplus);
	EXPECT_EQ(0, nothing);
	EXPECT_LE(2 * surplus, number_of(json_object_get(found, "summary"), "taken"));
	json_decref(found);
	EXPECT_EQ(surplus && !is_taken_by_other(subject) ? 1 : 0, command_end(&command, NULL, 0));
}

/* ACCURACY: the pins that the calls of this process took are those that the kernel has counted. */
static void verdict_traced(const struct subject *subject, struct command *command, int64_t surplus,
			   struct verdict *verdict)
{
	json_t *line = command_json(command);
	long long pins = 0, calls = 0;

	verdict_start(verdict, "ACCURACY");
	for (; line && !json_object_get(line, "functions"); line = command_json(command)) {
		long long got = number_of(line, "got");
		bool release = strstr(text_of(line, "function"), "unpin");

		calls++;
		pins += got <= 0 ? 0 : release ? -got : got;
		if (number_of(line, "pid") != getpid())
			verdict_broken(verdict, "another process is named", 0);
		if (!release && got > 0 && !has_frame(subject, line))
			verdict_broken(verdict, "the stack does not name the driver", 0);
		json_decref(line);
	}
	if (!line)
		verdict_broken(verdict, "there is no histogram", 0);
	if (pins != (is_taken_by_other(subject) ? 0 : surplus))
		verdict_broken(verdict, "the kernel counts another number of pins", 0);
	verdict_note(verdict, "counted=%lld pins=%lld calls=%lld functions=%zu", (long long)surplus, pins,
		     calls, json_array_size(json_object_get(line, "functions")));
	json_decref(line);
}

/* ACCURACY. Each call is printed when it happens, and the sum is what the kernel counts. */
SCENARIO(leak, traced, .rows = "P46 P48", .seconds = SECONDS)
{
	struct command command;
	int64_t surplus = 0;

	ASSERT_DONE(pins_baseline());
	ASSERT_DONE(start_tracing(&command, "trace"));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(pins_surplus(&surplus));
	ASSERT_DONE(kill(command.pid, SIGINT));
	EXPECT_VERDICT(verdict_traced, subject, &command, surplus);
	EXPECT_EQ(0, command_end(&command, NULL, 0));
}

PINCHECK_TEST_MAIN
