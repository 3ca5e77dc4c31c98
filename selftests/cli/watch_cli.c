// SPDX-License-Identifier: GPL-2.0-only
/* watch_cli: `pincheck watch` prints each change of a page when it happens, and events in order. */
#include "cli_suite.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "clock.h"

CLI_TOPIC(watch_cli)

/* Expect this change on the next line. */
#define EXPECT_CHANGED(self, key, old, new) do {						\
	json_t *cli_line = command_json(&(self)->command);					\
												\
	evidence("what=\"%s\" before=\"%s\" after=\"%s\"", text_of(cli_line, "what"),		\
		 text_of(cli_line, "before"), text_of(cli_line, "after"));				\
	EXPECT_STREQ(key, text_of(cli_line, "what"));						\
	EXPECT_STREQ(old, text_of(cli_line, "before"));						\
	EXPECT_STREQ(new, text_of(cli_line, "after"));						\
	json_decref(cli_line);									\
} while (0)

static int start_watch(FIXTURE_DATA(watch_cli) *self, pid_t process, const char *columns,
		       const char *count, const char *interval, const char *more)
{
	struct place place = place_in(process, &self->stage);
	char page[24];
	json_t *first;
	int error;

	snprintf(page, sizeof(page), "%zu", self->stage.page);
	error = RUN(&self->command, "watch", "--json", "--interval", interval, "--count", count, "-o",
		    columns, "--pid", place.pid, place.address, page, more);
	if (error)
		return error;
	/* Changes are compared with what this line has. */
	first = command_json(&self->command);
	error = json_array_size(json_object_get(first, "pages")) == 1 ? 0 : -ENODATA;
	json_decref(first);
	return error;
}

/* ACCURACY. Each change is printed when it happens. */
CASE(watch_cli, each_change, .rows = "P34")
{
	static const struct hold_row pin = STAGE_ROW(PIN, FAST, 0);
	struct stage *stage = &self->stage;
	char before[32], after[32];
	int channel[2];
	pid_t child;

	ASSERT_EQ(0, start_watch(self, getpid(), "pins", "2", "5", NULL));
	ASSERT_EQ(0, stage_hold(stage, pin, stage->memory, stage->page));
	EXPECT_CHANGED(self, "PINS", "0", "1");
	ASSERT_EQ(1, pincheck_release(stage->session, stage->hold.hold));
	EXPECT_CHANGED(self, "PINS", "1", "0");
	EXPECT_EXIT(self, 0);

	/* The child keeps the page, so the copy must have another page frame number. */
	ASSERT_EQ(0, pipe2(channel, O_CLOEXEC));
	child = fork();
	if (!child) {
		close(channel[1]);
		_exit(read(channel[0], before, 1));
	}
	snprintf(before, sizeof(before), "%#llx",
		 (unsigned long long)stage_pfn(stage->memory));
	ASSERT_EQ(0, start_watch(self, getpid(), "pfn", "1", "5", NULL));
	stage->memory[0]++;
	snprintf(after, sizeof(after), "%#llx", (unsigned long long)stage_pfn(stage->memory));
	EXPECT_CHANGED(self, "PFN", before, after);
	EXPECT_STRNE(before, after);
	EXPECT_EXIT(self, 0);

	/* The process ends before there was a change. */
	ASSERT_EQ(0, start_watch(self, child, "pins", "1", "5", NULL));
	close(channel[1]);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	EXPECT_EXIT(self, 1);
	close(channel[0]);
}

/* ACCURACY. The event of the kernel comes first, then the change of the page. */
CASE(watch_cli, events, .rows = "B28 B29")
{
	struct stage *stage = &self->stage;
	struct pincheck_info info;

	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	ASSERT_TRUE(info.features & PINCHECK_FEAT_MIRROR);
	ASSERT_EQ(0, start_watch(self, getpid(), "kind", "2", "5", "--events"));
	ASSERT_EQ(0, munmap(stage->memory, stage->page));
	EXPECT_CHANGED(self, "EVENT", "", "unmap");
	EXPECT_CHANGED(self, "KIND", "anon", "(not mapped)");
	EXPECT_EXIT(self, 0);
}

#define ORDER_ROUNDS	60
#define ORDER_INTERVAL	1000000LL	/* nanoseconds between two samples of the command */

/* The command takes samples at intervals: each round unmaps the page at another moment of one. */
static void wait_for_moment_of_interval(unsigned int round)
{
	int64_t until = nanoseconds() + ORDER_INTERVAL * (round % 20) / 20;

	while (nanoseconds() < until)
		;
}

/* Unmap the stage's first page, read the two changes that the command prints, and map it again. */
static bool event_is_first(FIXTURE_DATA(watch_cli) *self)
{
	struct stage *stage = &self->stage;
	json_t *line[3];
	bool first;

	if (munmap(stage->memory, stage->page))
		return false;
	line[0] = command_json(&self->command);
	line[1] = command_json(&self->command);
	if (mmap(stage->memory, stage->page, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != stage->memory)
		return false;
	stage->memory[0] = 1;
	line[2] = command_json(&self->command);
	first = !strcmp(text_of(line[0], "what"), "EVENT") &&
		!strcmp(text_of(line[1], "what"), "KIND") &&
		!strcmp(text_of(line[2], "after"), "anon");
	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		if (!first)
			evidence("line=%zu what=\"%s\" after=\"%s\"", i, text_of(line[i], "what"),
				 text_of(line[i], "after"));
		json_decref(line[i]);
	}
	return first;
}

/*
 * ACCURACY. The event comes first also where the kernel unmaps the page between two steps of the
 * command. Each round has the same three changes.
 */
CASE(watch_cli, events_in_order, .rows = "B28 B29 D20")
{
	unsigned int rounds, reversed = 0;
	char count[16];

	snprintf(count, sizeof(count), "%u", 3 * ORDER_ROUNDS);
	stage_use_all_cpus();
	ASSERT_EQ(0, start_watch(self, getpid(), "kind", count, "1", "--events"));
	for (rounds = 0; rounds < ORDER_ROUNDS && suite_has_time(); rounds++) {
		wait_for_moment_of_interval(rounds);
		reversed += !event_is_first(self);
	}
	if (rounds < ORDER_ROUNDS)
		EXPECT_EQ(0, kill(self->command.pid, SIGTERM));
	EXPECT_EXIT(self, 0);
	evidence("rounds=%u reversed=%u", rounds, reversed);
	EXPECT_OFTEN(ORDER_ROUNDS, rounds);
	EXPECT_EQ(0, reversed);
}

PINCHECK_TEST_MAIN
