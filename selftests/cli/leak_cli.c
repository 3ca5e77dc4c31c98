// SPDX-License-Identifier: GPL-2.0-only
/* leak_cli: `pincheck leak` and `pincheck trace` run a command, and say what is wrong with their arguments. */
#include "cli_suite.h"
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "trace_records.h"

CLI_TOPIC(leak_cli)

/* This program as a command that takes a hold: its child keeps a session open if a file exists. */
#define HOLDER	"--take-a-hold"

#define TMP	"/tmp/leak_cli"

#define SECONDS	120	/* see trace_life.c */

static const struct hold_row row = STAGE_ROW(PIN, FAST, HOLD_RW);

/* The child has the session, too. An orphan's parent is leak: the child ends with it. */
static _Noreturn void keep_hold(struct stage *stage)
{
	pid_t parent = getpid(), child = fork();

	if (child)
		_exit(child < 0 || stage_hold_all(stage, row));
	alarm(20);
	while (getppid() == parent)
		sched_yield();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pause();
	_exit(0);
}

/* argv: the program, HOLDER, and what it does: give back, keep, or fail. */
static void __attribute__((constructor)) act_as_holder(int argc, char **argv)
{
	struct stage stage;
	char why[WHY];

	if (argc != 3 || strcmp(argv[1], HOLDER))
		return;
	if (!strcmp(argv[2], "fail"))
		_exit(7);
	if (stage_open(&stage, why, sizeof(why)))
		_exit(8);
	if (!strcmp(argv[2], "keep"))
		keep_hold(&stage);
	_exit(stage_hold_all(&stage, row) ||
	      pincheck_release(stage.session, stage.hold.hold) < 0);
}

static const char *own_program(void)
{
	static char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[length < 0 ? 0 : length] = 0;
	return path;
}

/* The second line that the command prints, after the one that says what is probed. */
static json_t *second_line(struct command *command)
{
	json_decref(command_json(command));
	return command_json(command);
}

/* ACCURACY. A command that gives back what it took leaves nothing; its exit code is not that of leak. */
CASE_TIMEOUT(leak_cli, command_gives_back, SECONDS, .rows = "P48")
{
	static const char *const acts[] = { "give", "fail" };
	char errors[400];
	json_t *root;

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		ASSERT_EQ(0, RUN(&self->command, "leak", "--json", "--", own_program(), HOLDER, acts[i]));
		root = second_line(&self->command);
		EXPECT_EQ(0, number_of(json_object_get(root, "summary"), "left"));
		EXPECT_EQ(i ? 0 : STAGE_PAGES, number_of(json_object_get(root, "summary"), "taken"));
		evidence("act=%s taken=%lld left=0", acts[i],
			 number_of(json_object_get(root, "summary"), "taken"));
		json_decref(root);
		EXPECT_EQ(0, command_end(&self->command, errors, sizeof(errors)));
		EXPECT_EQ(i == 1, !!strstr(errors, "exit code 7")) TH_LOG("%s", errors);
	}
}

static bool pins_are_left(void)
{
	struct pin_accounting now;

	return pin_accounting_read(&now) || now.references;
}

/*
 * ACCURACY. A command ends, but one of its children has inherited the session: the pins are left, and the
 * stack says who took them. The flame graph's file has the same number.
 */
CASE_TIMEOUT(leak_cli, command_keeps, SECONDS, .rows = "P48")
{
	char line[1024] = "";
	unsigned int lines = 0;
	const json_t *leak;
	json_t *root;
	FILE *file;

	ASSERT_EQ(0, RUN(&self->command, "leak", "--json", "--settle", "100", "--folded", TMP, "--",
			 own_program(), HOLDER, "keep"));
	root = second_line(&self->command);
	leak = json_array_get(json_object_get(root, "leaks"), 0);
	EXPECT_EQ(STAGE_PAGES, number_of(json_object_get(root, "summary"), "left"));
	EXPECT_EQ(1, json_array_size(json_object_get(root, "leaks")));
	EXPECT_EQ(STAGE_PAGES, number_of(leak, "left"));
	EXPECT_EQ(STAGE_PAGES, number_of(leak, "still"));
	EXPECT_STREQ("process", text_of(leak, "context"));
	EXPECT_NE(NULL, strstr(text_of(leak, "stack"), "hold_command [pincheck]"));
	EXPECT_NE(getpid(), number_of(leak, "pid"));
	EXPECT_EXIT(self, 1);
	file = fopen(TMP, "re");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file))
		lines++;
	fclose(file);
	unlink(TMP);
	evidence("folded=\"%.300s\"", line);
	EXPECT_EQ(1, lines);
	EXPECT_NE(NULL, strstr(line, ";hold_command_[pincheck];"));
	EXPECT_NE(NULL, strstr(line, ";pin_user_pages_fast 8\n"));
	EXPECT_EQ(NULL, strstr(line, "0x"));
	json_decref(root);
	/* The child ends with leak, and with it its session. */
	while (pins_are_left() && suite_has_time())
		sched_yield();
	EXPECT_FALSE(pins_are_left());
}

/* ACCURACY. Pins of another process are counted, but nobody is blamed for them. */
CASE(leak_cli, others_are_not_blamed, .rows = "P48")
{
	int channel[2];
	char pid[16];
	json_t *root;
	pid_t child;

	ASSERT_EQ(0, pipe2(channel, O_CLOEXEC));
	child = fork();
	if (!child) {
		char byte;

		close(channel[1]);
		_exit(read(channel[0], &byte, 1));
	}
	close(channel[0]);
	snprintf(pid, sizeof(pid), "%d", child);
	ASSERT_EQ(0, RUN(&self->command, "leak", "--json", "--settle", "0", "--pid", pid));
	json_decref(command_json(&self->command));
	ASSERT_EQ(0, stage_hold_all(&self->stage, row));
	close(channel[1]);
	root = command_json(&self->command);
	EXPECT_EQ(0, number_of(json_object_get(root, "summary"), "left"));
	EXPECT_EQ(STAGE_PAGES, number_of(json_object_get(root, "summary"), "left_of_others"));
	EXPECT_EQ(0, json_array_size(json_object_get(root, "leaks")));
	evidence("left=0 left_of_others=%lld",
		 number_of(json_object_get(root, "summary"), "left_of_others"));
	json_decref(root);
	EXPECT_EXIT(self, 0);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
}

/* What is wrong with the arguments, or with the machine, is said in one line, with exit code 2. */
static const struct {
	const char *words[8];
	const char *says;
} bad[] = {
	{ { "leak" }, "--pid PID or a COMMAND" },
	{ { "leak", "--pid", "1", "--", "true" }, "--pid PID or a COMMAND" },
	{ { "leak", "--pid", "0" }, "number of a process" },
	{ { "leak", "--pid", "x" }, "is no number" },
	{ { "leak", "--pid", "1073741824" }, "no such process" },
	{ { "leak", "--duration", "1", "--", "true" }, "ends by itself" },
	{ { "leak", "--", "/nowhere/at/all" }, "Name a program" },
	{ { "leak", "-o", "nothing", "--", "true" }, "no column 'nothing'" },
	{ { "trace", "--pid", "0" }, "number of a process" },
	{ { "trace", "--pid", "1073741824" }, "no such process" },
	{ { "trace", "1" }, "is no option" },
	{ { "trace", "--duration", "-1" }, "is no number" },
};

CASE_TIMEOUT(leak_cli, bad_arguments, SECONDS, .rows = "P48")
{
	char errors[1024];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(0, command_start(&self->command, bad[i].words));
		EXPECT_EQ(2, command_end(&self->command, errors, sizeof(errors))) TH_LOG("row %zu", i);
		EXPECT_NE(NULL, strcasestr(errors, bad[i].says)) TH_LOG("row %zu: %s", i, errors);
	}
	evidence("refused=%zu exit=2", ARRAY_SIZE(bad));
}

/* Another trace runs: both commands say so, and how to go on. */
CASE(leak_cli, one_at_a_time, .rows = "P45")
{
	static const char *const words[][8] = {
		{ "leak", "--", "true" }, { "trace", "--duration", "1" },
	};
	struct trace_records *trace = calloc(1, sizeof(*trace));
	char errors[400];

	ASSERT_NE(NULL, trace);
	ASSERT_EQ(0, trace_start(trace, self->stage.session, 0, 0));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		ASSERT_EQ(0, command_start(&self->command, words[i]));
		EXPECT_EQ(2, command_end(&self->command, errors, sizeof(errors)));
		EXPECT_NE(NULL, strstr(errors, "Somebody traces already")) TH_LOG("%s", errors);
	}
	free(trace);
	evidence("refused=%zu exit=2", ARRAY_SIZE(words));
}

/* The process of --pid ends: so do both commands, and with it goes what it held. */
CASE_TIMEOUT(leak_cli, process_ends, SECONDS, .rows = "P48")
{
	static const char *const names[] = { "leak", "trace" };
	int channel[2];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct stage stage = self->stage;
		json_t *root;
		pid_t child;
		char byte, pid[16];

		ASSERT_EQ(0, pipe2(channel, O_CLOEXEC));
		child = fork();
		if (!child) {
			close(channel[1]);
			stage.session = pincheck_open();
			_exit(read(channel[0], &byte, 1) || stage.session < 0 ||
			      stage_hold_all(&stage, row));
		}
		close(channel[0]);
		snprintf(pid, sizeof(pid), "%d", child);
		ASSERT_EQ(0, RUN(&self->command, names[i], "--json", "--pid", pid));
		json_decref(command_json(&self->command));
		close(channel[1]);
		ASSERT_EQ(child, waitpid(child, NULL, 0));
		root = command_json(&self->command);
		if (i) {
			EXPECT_EQ(STAGE_PAGES, number_of(root, "got"));
			EXPECT_EQ(child, number_of(root, "pid"));
		} else {
			EXPECT_EQ(0, number_of(json_object_get(root, "summary"), "left"));
			EXPECT_EQ(STAGE_PAGES, number_of(json_object_get(root, "summary"), "taken"));
		}
		evidence("command=%s process=ended", names[i]);
		json_decref(root);
		EXPECT_EXIT(self, 0);
	}
}

/* The same calls as comma-separated values, for a spreadsheet: a heading, and a line for each call. */
CASE(leak_cli, csv, .rows = "P46")
{
	char pid[16], line[400], name[64], got[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	ASSERT_EQ(0, RUN(&self->command, "trace", "--csv", "-o", "function,got,comm", "--pid", pid));
	ASSERT_NE(NULL, fgets(line, sizeof(line), self->command.output));
	EXPECT_STREQ("FUNCTION,GOT,COMM\n", line);
	ASSERT_EQ(0, stage_hold_all(&self->stage, row));
	ASSERT_NE(NULL, fgets(line, sizeof(line), self->command.output));
	EXPECT_EQ(2, sscanf(line, "%63[^,],%15[^,],", name, got)) TH_LOG("%s", line);
	evidence("line=\"%.*s\"", (int)strcspn(line, "\n"), line);
	EXPECT_STREQ("pin_user_pages_fast", name);
	EXPECT_STREQ("8", got);
	ASSERT_EQ(0, kill(self->command.pid, SIGINT));
	EXPECT_EXIT(self, 0);
}

PINCHECK_TEST_MAIN
