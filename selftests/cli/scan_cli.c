// SPDX-License-Identifier: GPL-2.0-only
/*
 * scan_cli: the options of `pincheck scan`: what one process maps, sums, a memory block, and what the command says
 * where it cannot look.
 */
#include "cli_suite.h"
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "capability.h"
#include "late_file.h"
#include "memory_block.h"
#include "placement.h"

#define PINNED_PAGES	3

CLI_TOPIC(scan_cli)

static const struct hold_row pin_row = STAGE_ROW(PIN, FAST, 0);

static int hold_pages(struct stage *stage, size_t pages)
{
	return stage_hold(stage, pin_row, stage->memory, pages * stage->page);
}

/* A process that has read @memory, if that is not NULL, and waits until @channel is closed. Return: its number */
static pid_t start_sharer(int *channel, const volatile unsigned char *memory)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe2(channel, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		return -1;
	child = fork();
	if (!child) {
		close(channel[1]);
		byte = memory ? *memory : 0;
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		_exit(read(channel[0], &byte, 1));
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		child = -1;
	close(ready[0]);
	return child;
}

static void stop_sharer(pid_t child, const int *channel)
{
	close(channel[1]);
	close(channel[0]);
	waitpid(child, NULL, 0);
}

/* Return: number of rows of @table, of which @mine are of process @pid */
static size_t count_rows_of(const json_t *root, pid_t pid, size_t *mine)
{
	const json_t *rows = json_object_get(root, "pages"), *row;
	size_t i;

	*mine = 0;
	json_array_foreach(rows, i, row)
		*mine += number_of(row, "pid") == pid;
	return json_array_size(rows);
}

/* ACCURACY. --pid: the pages of that process, and no others. A child shares them after fork. */
CASE(scan_cli, of_one_process, .rows = "P51")
{
	struct place here = place_in(getpid(), &self->stage);
	char child_pid[16], both[2][48];
	size_t rows, mine;
	const json_t *row;
	int channel[2];
	json_t *root;
	pid_t child;

	ASSERT_EQ(0, mmap(self->stage.memory, self->stage.page, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != self->stage.memory);
	self->stage.memory[0] = 1;
	ASSERT_EQ(0, hold_pages(&self->stage, PINNED_PAGES));
	child = start_sharer(channel, self->stage.memory);
	ASSERT_LT(0, child);
	snprintf(child_pid, sizeof(child_pid), "%d", child);
	snprintf(both[0], sizeof(both[0]), "%s:%s", here.pid, here.address);
	snprintf(both[1], sizeof(both[1]), "%s:%s", child_pid, here.address);
	ASSERT_EQ(0, RUN(&self->command, "scan", "--json"));
	root = command_json(&self->command);
	rows = count_rows_of(root, getpid(), &mine);
	row = json_array_get(json_object_get(root, "pages"), 0);
	EXPECT_LE(PINNED_PAGES, rows);
	json_array_foreach(json_object_get(root, "pages"), rows, row) {
		if (number_of(row, "address") == (long long)(uintptr_t)self->stage.memory)
			break;
	}
	EXPECT_EQ(2, number_of(row, "mappings"));
	EXPECT_NE(NULL, strstr(text_of(row, "mapped_by"), both[0]));
	EXPECT_NE(NULL, strstr(text_of(row, "mapped_by"), both[1]));
	evidence("mapped_by=\"%s\" mine=%zu", text_of(row, "mapped_by"), mine);
	json_decref(root);
	EXPECT_EXIT(self, 0);
	/* Of the pinned pages, the child has only the one that is shared: fork copied the others. */
	ASSERT_EQ(0, RUN(&self->command, "scan", "--json", "--pid", child_pid));
	root = command_json(&self->command);
	rows = count_rows_of(root, child, &mine);
	evidence("of_child=%zu rows=%zu", mine, rows);
	EXPECT_EQ(1, rows);
	EXPECT_EQ(1, mine);
	json_decref(root);
	EXPECT_EXIT(self, 0);
	stop_sharer(child, channel);
}

/* ACCURACY. A page of a file: its path, and where in the file it is. */
CASE(scan_cli, of_a_file, .rows = "P51")
{
	struct stage *stage = &self->stage;
	int file = memfd_create("scan_cli", MFD_CLOEXEC);
	const json_t *row = NULL;
	json_t *root;
	size_t i;

	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, 8 * stage->page));
	ASSERT_EQ(stage->memory, mmap(stage->memory, 2 * stage->page, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_FIXED, file, 5 * stage->page));
	stage->memory[stage->page] = 1;
	ASSERT_EQ(0, stage_hold(stage, pin_row, stage->memory + stage->page, stage->page));
	ASSERT_EQ(0, RUN(&self->command, "scan", "--json"));
	root = command_json(&self->command);
	json_array_foreach(json_object_get(root, "pages"), i, row) {
		if (number_of(row, "address") == (long long)(uintptr_t)(stage->memory + stage->page))
			break;
	}
	evidence("file=\"%s\" offset=%#llx cgroup=\"%s\" block=%lld", text_of(row, "file"),
		 number_of(row, "offset"), text_of(row, "cgroup"), number_of(row, "block"));
	EXPECT_NE(NULL, strstr(text_of(row, "file"), "memfd:scan_cli"));
	EXPECT_EQ(6 * (long long)stage->page, number_of(row, "offset"));
	json_decref(root);
	EXPECT_EXIT(self, 0);
	close(file);
}

/* A process that reads @file into the page at @memory, and waits for the answer. Return: its number */
static pid_t start_reader(int file, unsigned char *memory, size_t bytes)
{
	pid_t child = fork();

	if (!child) {
		memory[0] = 1;
		_exit(read(file, memory, bytes) == (ssize_t)bytes);
	}
	return child;
}

/* ACCURACY. A process waits in read() with O_DIRECT: the arguments of the call say that the page is held by it. */
CASE(scan_cli, of_a_call, .rows = "P51")
{
	struct stage *stage = &self->stage;
	const json_t *row = NULL;
	struct late_file late;
	char pid[16];
	pid_t reader;
	json_t *root;
	size_t i;

	SUITE_NEEDS(NEEDS_FUSE);
	ASSERT_EQ(0, late_file_open(&late));
	reader = start_reader(late.file, stage->memory, stage->page);
	ASSERT_LT(0, reader);
	ASSERT_EQ(0, late_file_keep_reads(&late, 1));
	snprintf(pid, sizeof(pid), "%d", reader);
	ASSERT_EQ(0, RUN(&self->command, "scan", "--json", "--pinned", "--excess", "--pid", pid));
	root = command_json(&self->command);
	json_array_foreach(json_object_get(root, "pages"), i, row) {
		if (number_of(row, "address") == (long long)(uintptr_t)stage->memory)
			break;
	}
	evidence("pid=%s holder=\"%s\" pins=%lld said=\"%s\"", pid, text_of(row, "holder"),
		 number_of(row, "pins"), text_of(row, "evidence"));
	EXPECT_STREQ("o_direct", text_of(row, "holder"));
	EXPECT_TRUE(json_is_false(json_object_get(row, "guess")));
	EXPECT_NE(NULL, strstr(text_of(row, "evidence"), "moves"));
	json_decref(root);
	EXPECT_EXIT(self, 0);
	kill(reader, SIGKILL);
	late_file_close(&late);
	waitpid(reader, NULL, 0);
}

/** struct summed - what --by says: the row whose name begins with @name, and the pins of all rows */
struct summed {
	const char *name;
	json_t *row;
	long long total;
};

static int sum_up(FIXTURE_DATA(scan_cli) *self, const char *what, struct summed *summed)
{
	const json_t *row;
	json_t *root;
	size_t i;

	if (RUN(&self->command, "scan", "--json", "--by", what))
		return -EIO;
	root = command_json(&self->command);
	summed->row = NULL;
	summed->total = 0;
	json_array_foreach(json_object_get(root, "sums"), i, row) {
		summed->total += number_of(row, "pins");
		if (!strncmp(text_of(row, "name"), summed->name, strlen(summed->name)))
			summed->row = json_incref((json_t *)row);
	}
	json_decref(root);
	return command_end(&self->command, NULL, 0);
}

/* ACCURACY. Each way of summing up has the pins of this process, and in all as many as any other. */
CASE(scan_cli, sums, .rows = "P51")
{
	static const char *const ways[] = { "process", "mapping", "holder", "node", "block", "cgroup" };
	static struct summed summed[ARRAY_SIZE(ways)];
	char pid[24];

	ASSERT_EQ(0, hold_pages(&self->stage, PINNED_PAGES));
	snprintf(pid, sizeof(pid), "%d ", getpid());
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		summed[i].name = i < 2 ? pid : i == 2 ? "pincheck" : i == 3 ? "node0" : "";
		ASSERT_EQ(0, sum_up(self, ways[i], &summed[i])) TH_LOG("%s", ways[i]);
		evidence("by=%s name=\"%s\" folios=%lld pins=%lld total=%lld", ways[i],
			 text_of(summed[i].row, "name"), number_of(summed[i].row, "folios"),
			 number_of(summed[i].row, "pins"), summed[i].total);
		/* The pages of the stage may lie in two blocks. */
		if (i < 4)
			EXPECT_EQ(PINNED_PAGES, number_of(summed[i].row, "pins")) TH_LOG("%s", ways[i]);
		EXPECT_EQ(summed[0].total, summed[i].total) TH_LOG("%s", ways[i]);
		json_decref(summed[i].row);
	}
}

static long long block_of(FIXTURE_DATA(scan_cli) *self)
{
	const json_t *row;
	long long block = -1;
	json_t *root;
	size_t i;

	if (RUN(&self->command, "scan", "--json", "-o", "address,block"))
		return -1;
	root = command_json(&self->command);
	json_array_foreach(json_object_get(root, "pages"), i, row) {
		if (number_of(row, "address") == (long long)(uintptr_t)self->stage.memory)
			block = number_of(row, "block");
	}
	json_decref(root);
	command_end(&self->command, NULL, 0);
	return block;
}

/* Return: pages that hinder @block because they are pinned, by the command, whose exit code is @code */
static long long pinned_in_block(FIXTURE_DATA(scan_cli) *self, long long block, int *code)
{
	long long pages = 0;
	const json_t *row;
	char number[24];
	json_t *root;
	size_t i;

	snprintf(number, sizeof(number), "%lld", block);
	if (RUN(&self->command, "scan", "--json", "--block", number))
		return -1;
	root = command_json(&self->command);
	json_array_foreach(json_object_get(root, "causes"), i, row) {
		evidence("block=%s cause=\"%s\" pages=%lld pid=%lld holder=\"%s\"", number,
			 text_of(row, "cause"), number_of(row, "pages"), number_of(row, "pid"),
			 text_of(row, "holder"));
		if (!strcmp(text_of(row, "cause"), "pinned") && !strcmp(text_of(row, "holder"), "pincheck") &&
		    number_of(row, "pid") == getpid())
			pages += number_of(row, "pages");
	}
	json_decref(root);
	*code = command_end(&self->command, NULL, 0);
	return pages;
}

/* PLACEMENT. --block names a page that is pinned in ZONE_MOVABLE, and who holds it; then nothing of the kind. */
CASE(scan_cli, block_hindered, .rows = "P53 B16")
{
	long long block;
	int code = -1;

	SUITE_NEEDS(NEEDS_MOVABLE);
	ASSERT_EQ(0, hold_pages(&self->stage, 1));
	block = block_of(self);
	ASSERT_LE(0, block);
	EXPECT_EQ(1, pinned_in_block(self, block, &code));
	EXPECT_EQ(1, code);
	ASSERT_EQ(1, pincheck_release(self->stage.session, self->stage.hold.hold));
	EXPECT_EQ(0, pinned_in_block(self, block, &code));
	EXPECT_TRUE(code == 0 || code == 1);
	evidence("code_afterwards=%d", code);
}

/* The command ends with 2 and one line on standard error that has @cause and @mend. */
#define EXPECT_ONE_LINE(self, cause, mend) do {							\
	char cli_errors[600];									\
												\
	EXPECT_EQ(2, command_end(&(self)->command, cli_errors, sizeof(cli_errors)));		\
	EXPECT_TRUE(strstr(cli_errors, cause) && strstr(cli_errors, mend))			\
		TH_LOG("%s", cli_errors);							\
	EXPECT_EQ(strlen(cli_errors), strcspn(cli_errors, "\n") + 1);				\
	evidence("said=\"%.*s\"", (int)strcspn(cli_errors, "\n"), cli_errors);			\
} while (0)

/* A process that has ended, a thread of the kernel, and no process at all. */
CASE(scan_cli, no_memory, .rows = "P35 P51")
{
	pid_t child = fork();
	siginfo_t info;
	char pid[16];

	if (!child)
		_exit(0);
	ASSERT_LT(0, child);
	ASSERT_EQ(0, waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	snprintf(pid, sizeof(pid), "%d", child);
	ASSERT_EQ(0, RUN(&self->command, "scan", "--pid", pid));
	EXPECT_ONE_LINE(self, "has no memory", "ps -p");
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	ASSERT_EQ(0, RUN(&self->command, "scan", "--pid", pid));
	EXPECT_ONE_LINE(self, "there is no process", "ps -p");
	/* kthreadd */
	ASSERT_EQ(0, RUN(&self->command, "scan", "--pid", "2"));
	EXPECT_ONE_LINE(self, "thread of the kernel", "ps -p");
}

#define EXIT_ROUNDS	20

/* Return: a process that ended @milliseconds after the command began that looks at it, or -1 */
static pid_t start_and_kill(FIXTURE_DATA(scan_cli) *self, int milliseconds)
{
	int channel[2];
	pid_t child = start_sharer(channel, NULL);
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", child);
	if (child < 0 || RUN(&self->command, "scan", "--pid", pid))
		return -1;
	poll(NULL, 0, milliseconds);
	stop_sharer(child, channel);
	return child;
}

/*
 * A process that ends while the command runs: the command finds it, or says in one line that it is gone. The rounds
 * come ever closer to the moment when the command is done.
 */
CASE_TIMEOUT(scan_cli, ends_meanwhile, 60, .rows = "P35 P51")
{
	unsigned int before = 0, gone = 0, round;
	int delay = 20, step = 16;

	for (round = 0; round < EXIT_ROUNDS && suite_has_time(); round++) {
		char errors[400] = "";
		int code;

		ASSERT_LT(0, start_and_kill(self, delay));
		code = command_end(&self->command, errors, sizeof(errors));
		EXPECT_TRUE(code == 0 || (code == 2 && strstr(errors, "ps -p"))) TH_LOG("%s", errors);
		EXPECT_EQ(code == 2, strlen(errors) == strcspn(errors, "\n") + 1);
		before += code == 0;
		gone += code == 2;
		step = !before ? 2 * step : step > 1 ? step / 2 : 1;
		delay = code ? delay + step : delay > step ? delay - step : 0;
	}
	evidence("rounds=%u found=%u gone=%u delay_ms=%d", round, before, gone, delay);
	SUITE_WINDOW(before && gone);
}

/* Run the command where /dev/pincheck is @device, or nothing. Return: 0 or -errno */
static int hide_device(const char *device)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	if (device)
		return mount(device, PINCHECK_DEVICE, NULL, MS_BIND, NULL) ? -errno : 0;
	return mount("tmpfs", "/dev", "tmpfs", 0, NULL) ? -errno : 0;
}

CASE(scan_cli, without_module, .rows = "P35 P51")
{
	ASSERT_EQ(0, hide_device(NULL));
	ASSERT_EQ(0, RUN(&self->command, "scan"));
	EXPECT_ONE_LINE(self, "cannot open", "modprobe");
	ASSERT_EQ(0, RUN(&self->command, "map", "1"));
	EXPECT_ONE_LINE(self, "cannot open", "modprobe");
	ASSERT_EQ(0, umount("/dev"));
}

/* A file that knows no command of the device stands for a module of another version. */
CASE(scan_cli, module_of_other_version, .rows = "P35 P51")
{
	ASSERT_EQ(0, hide_device("/dev/null"));
	ASSERT_EQ(0, RUN(&self->command, "scan"));
	EXPECT_ONE_LINE(self, "cannot scan", "rmmod");
	ASSERT_EQ(0, RUN(&self->command, "map", "1"));
	EXPECT_ONE_LINE(self, "cannot read the map", "rmmod");
	ASSERT_EQ(0, umount(PINCHECK_DEVICE));
}

CASE(scan_cli, without_sys_admin, .rows = "P35 P51")
{
	char pid[16];

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, command_prepare() < 0);
	/* exec gives root all capabilities of its bounding set. */
	ASSERT_EQ(0, prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN));
	ASSERT_EQ(0, RUN(&self->command, "scan"));
	EXPECT_ONE_LINE(self, "cannot scan", "sudo");
	snprintf(pid, sizeof(pid), "%d", getpid());
	ASSERT_EQ(0, RUN(&self->command, "map", pid));
	EXPECT_ONE_LINE(self, "sudo", "pincheck: cannot read");
}

/* Some kernels let a process with CAP_SYS_ADMIN read all page tables (perfmon_capable() in mm_access()). */
CASE(scan_cli, without_sys_ptrace, .rows = "P35 P51")
{
	char errors[400];
	size_t rows, mine;
	json_t *root;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, hold_pages(&self->stage, 1));
	ASSERT_EQ(0, prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE));
	ASSERT_EQ(0, RUN(&self->command, "scan", "--json"));
	root = command_json(&self->command);
	rows = count_rows_of(root, getpid(), &mine);
	json_decref(root);
	EXPECT_EQ(0, command_end(&self->command, errors, sizeof(errors)));
	EXPECT_LE(1, rows);
	if (mine) {
		EXPECT_STREQ("", errors);
	} else {
		EXPECT_NE(NULL, strstr(errors, "cannot read the page tables of"));
		EXPECT_NE(NULL, strstr(errors, "CAP_SYS_PTRACE"));
		EXPECT_EQ(strlen(errors), strcspn(errors, "\n") + 1);
	}
	evidence("mine=%zu said=\"%.*s\"", mine, (int)strcspn(errors, "\n"), errors);
}

#define EMPTY_LEAST	(128ULL << 30)
#define EMPTY_MOST	(32ULL << 40)

/* Return: what a scan prints on a terminal, while this process maps @bytes of a file that has no page */
static ssize_t scan_beside_file(FIXTURE_DATA(scan_cli) *self, int file, size_t bytes, char *text, size_t size)
{
	const char *const words[] = { "scan", NULL };
	void *mapped;
	size_t length;

	if (ftruncate(file, bytes))
		return -errno;
	mapped = mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE, file, 0);
	if (mapped == MAP_FAILED)
		return -errno;
	if (command_start_terminal(&self->command, words))
		return -EIO;
	length = fread(text, 1, size - 1, self->command.output);
	text[length] = '\0';
	munmap(mapped, bytes);
	return command_end(&self->command, NULL, 0) ? -EIO : (ssize_t)length;
}

/*
 * A scan that takes more than a second shows on a terminal how far it is, and removes that at the end. The entries of
 * a mapping without pages take their time, too.
 */
CASE_TIMEOUT(scan_cli, progress, 90, .rows = "P51")
{
	int file = memfd_create("empty", MFD_CLOEXEC);
	static char text[65536];
	bool seen = false;
	size_t bytes;

	ASSERT_LE(0, file);
	ASSERT_EQ(0, hold_pages(&self->stage, 1));
	for (bytes = EMPTY_LEAST; bytes <= EMPTY_MOST && !seen && suite_has_time(); bytes *= 4) {
		ASSERT_LT(0, scan_beside_file(self, file, bytes, text, sizeof(text)));
		seen = strstr(text, "page tables [");
		/* The table comes after the line was removed. */
		EXPECT_NE(NULL, strstr(text, "PFN SIZE"));
		EXPECT_TRUE(!seen || strstr(text, "\r\033[K"));
	}
	evidence("bytes=%zu bar=%d", bytes / 4, seen);
	close(file);
	SUITE_WINDOW(seen);
}

TOPIC_NEEDS("movable");
PINCHECK_TEST_MAIN
