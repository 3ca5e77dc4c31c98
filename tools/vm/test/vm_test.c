// SPDX-License-Identifier: GPL-2.0-only
/*
 * The runner on a real kernel: a run that passes, and every way a run can go wrong, each with its
 * own exit code and with the words that tell a person why.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <jansson.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../lib/directory.h"
#include "../../lib/test/tap.h"
#include "../kmods.h"
#include "../util.h"
#include "../verdict.h"

#define MAX_WORDS	20
#define TERMINAL_SECONDS	120
#define SPOIL_BYTES	65536

/**
 * struct row - one run
 * @topics: behaviours of misbehave.c; "own_..." is a topic with a guest of its own, and "...." its
 *	interpreter
 * @arguments: beside the usual ones; "@..." stand for files, see argument()
 * @says: what standard output and error must contain
 * @stream: what results.ktap must contain
 * @input: standard input, or NULL for none
 * @leaves: what from_guest in the directory that was shared must contain
 */
struct row {
	const char *name;
	const char *topics[MAX_WORDS];
	const char *arguments[MAX_WORDS];
	int exit_code;
	const char *says[MAX_WORDS];
	const char *stream[MAX_WORDS];
	const char *input;
	const char *leaves[2];
};

/* A small guest is enough for all but the good run, which is the real one. */
#define SMALL	"--accel", "tcg", "--smp", "1", "--memory", "512", "--hugepages", "0", "--swap", "16"

static const struct row rows[] = {
	{
		.name = "good",
		.topics = { "good", "zz_good" },
		.exit_code = EXIT_PASS,
		.says = { "known failures: 2", "   2  needs swap", "2 skipped\n" },
		.stream = { "ok 1 boot\n", "# swap: /dev/", "# ext4: /mnt/ext4\n",
			    "# hugetlb 2 MiB pages: 64 of 64", "  ok 1 good.base.works\n",
			    "ok 2 good\n", "  ok 1 pins # acquired 0, released 0\n", "ok 4 clean\n", "# pincheck-vm end: " },
	}, {
		.name = "fail",
		.topics = { "fails", "short_plan", "silent", "killed", "cut", "stale", "zz_good" },
		.arguments = { SMALL },
		.exit_code = EXIT_FAIL,
		.says = { "fail    fails.base.breaks", "pfn 0x1000 became 0x2000",
			  "short_plan: 2 of 3 results", "silent: exit status 0 without",
			  "killed: killed by signal 11", "cut: 1 of 2 results",
			  "STALE expectations: known failures that now pass, take them off the list: 1",
			  "stale.base.one: expected to fail", "6 failed" },
		.stream = { "not ok 2 cut # ERROR", "  # cut: ok 2 cut.base.two\n", "ok 8 zz_good\n" },
	}, {
		.name = "panic",
		.topics = { "good", "panics" },
		.arguments = { SMALL },
		.exit_code = EXIT_PANIC,
		.says = { "panic: during topic panics: Kernel panic - not syncing: sysrq triggered",
			  "Last lines of the console:", "--filter 'panics.*'", "1 failed" },
		.stream = { "ok 2 good\n", "# pincheck-vm topic: panics\n" },
	}, {
		/* The guest behind it is not heard, and QEMU does not stay. */
		.name = "panic_before",
		.topics = { "good", "panics", ".hangs", "own_hangs" },
		.arguments = { SMALL, "--guests", "2" },
		.exit_code = EXIT_PANIC,
		.says = { "booting one more beside it, guest 2, for own_hangs\n",
			  "panic: during topic panics: Kernel panic - not syncing", "1 failed" },
		.stream = { "ok 2 good\n", "# pincheck-vm topic: panics\n" },
	}, {
		/* The guest before it is heard to its end. */
		.name = "panic_behind",
		.topics = { "good", "zz_good", ".panics", "own_panics" },
		.arguments = { SMALL, "--guests", "2" },
		.exit_code = EXIT_PANIC,
		.says = { "panic: during topic own_panics: Kernel panic - not syncing", "1 failed" },
		.stream = { "ok 2 good\n", "ok 3 zz_good\n", "ok 4 clean\n",
			    "# pincheck-vm guest: 2: own_panics\n", "ok 5 boot_2\n",
			    "# pincheck-vm topic: own_panics\n" },
	}, {
		.name = "splat",
		.topics = { "good", "hung_task", "taints" },
		.arguments = { SMALL },
		.exit_code = EXIT_SPLAT,
		.says = { "splat: hung_task: INFO: task hung_task:", "blocked for more than",
			  "splats-allowed", "2 failed" },
		.stream = { "  ok 3 splat.good\n", "  not ok 4 splat.hung_task # 1 in the kernel log",
			    "  not ok 5 splat.taints # 1 in the kernel log",
			    "became tainted: W\n", "not ok 5 clean\n" },
	}, {
		.name = "topic_deadline",
		.topics = { "hangs", "zz_good" },
		.arguments = { SMALL, "--topic-deadline", "2" },
		.exit_code = EXIT_TIMEOUT,
		.says = { "timeout hangs: 2 seconds", "timeout: 1 topics overran" },
		.stream = { "not ok 2 hangs # TIMEOUT 2 seconds\n", "# hung: ", "ok 3 zz_good\n" },
	}, {
		.name = "test_deadline",
		.topics = { "hangs" },
		.arguments = { SMALL, "--test-deadline", "2" },
		.exit_code = EXIT_TIMEOUT,
		.says = { "timeout: all topics together took more than 2 s", "1 failed" },
		.stream = { "  ok 1 hangs.base.one\n" },
	}, {
		.name = "not_clean",
		.topics = { "keeps_module", "keeps_pins" },
		.arguments = { SMALL, "--module", "@overlay", "--topic-deadline", "2" },
		.exit_code = EXIT_TIMEOUT,
		.says = { "keeps_pins: 2 seconds, and it cannot be killed", "fail    pins: acquired 16, released 0",
			  "fail    rmmod: Resource temporarily unavailable" },
		.stream = { "  not ok 1 pins # acquired 16, released 0\n", "  not ok 2 rmmod # ", "not ok 5 clean\n" },
	}, {
		.name = "skip_only",
		.topics = { "skips" },
		.arguments = { SMALL },
		.exit_code = EXIT_SKIP_ONLY,
		.says = { "skip only: every test was skipped", "   2  needs swap", ", 0 failed, 2 skipped" },
	}, {
		.name = "nothing_chosen",
		.topics = { "good" },
		.arguments = { SMALL, "--filter", "nothing.*" },
		.exit_code = EXIT_USAGE,
		.says = { "no test matches 'nothing.*'" },
	}, {
		.name = "insmod_failure",
		.topics = { "good" },
		.arguments = { SMALL, "--module", "@bad_module" },
		.exit_code = EXIT_FAIL,
		.says = { "insmod: Exec format error", "the module did not load" },
		.stream = { "not ok 2 insmod # ", "ok 3 good # SKIP the module did not load\n" },
	}, {
		.name = "without_module",
		.topics = { "without_module" },
		.arguments = { SMALL, "--module", "no" },
		.exit_code = EXIT_PASS,
		.stream = { "  ok 1 without_module.base.told\n", "ok 3 clean\n" },
	}, {
		.name = "no_boot",
		.topics = { "good" },
		.arguments = { SMALL, "--kernel", "@bad_kernel", "--boot-deadline", "4" },
		.exit_code = EXIT_NO_BOOT,
		.says = { "the boot stalled (nothing new for 4 s), trying once more", "no boot: ",
			  "Last lines of the console:", "1 failed" },
	}, {
		.name = "no_qemu",
		.topics = { "good" },
		.arguments = { SMALL, "--qemu", "qemu-that-is-not-there" },
		.exit_code = EXIT_USAGE,
		.says = { "no program qemu-that-is-not-there. Install it: sudo apt-get install qemu-system-" },
	}, {
		.name = "bad_qemu_argument",
		.topics = { "good" },
		.arguments = { SMALL, "--qemu-args", "-device no-such-device" },
		.exit_code = EXIT_USAGE,
		.says = { "QEMU did not start: ", "no-such-device",
			  "correct the words for QEMU: --qemu-args (QEMU_ARGS=)" },
	}, {
		.name = "too_many_hugepages",
		.arguments = { "--memory", "512", "--hugepages", "256" },
		.exit_code = EXIT_USAGE,
		.says = { "--hugepages 256 are 512 MiB; --memory 512 is not enough" },
	}, {
		.name = "own_guest",
		.arguments = { "--accel", "tcg", "--tests", "@tests", "--module", "@module",
			       "--filter", "numa.base* frame.next*", "--guests", "1" },
		.exit_code = EXIT_PASS,
		.says = { "booting once more, guest 2, for numa (numa=fake=2)\n" },
		.stream = { "ok 2 insmod\n", " clean\n",
			    "# pincheck-vm guest: 2: numa (numa=fake=2)\n", " boot_2\n", " ok 1 numa.base_none.free_page_moves\n", " numa\n",
			    " clean_2\n" },
	}, {
		.name = "machine",
		.topics = { "good" },
		.arguments = { SMALL, "--append", "numa=fake=2 quiet", "--qemu-args", "-device edu" },
		.exit_code = EXIT_PASS,
		.stream = { "numa=fake=2 quiet\n" },
	}, {
		.name = "shell_script",
		.arguments = { "--accel", "tcg", "--shell", "--tests", "@tests", "--module", "@module",
			       "--share", "@share" },
		.input = "pincheck info\nioctl_number | tail -n 1\ncat from_host\n"
			 "ls -d /mnt/*; grep -c zram /proc/swaps\n"
			 "echo here is the guest >from_guest\nexit 7\n",
		.exit_code = 7,
		.says = { "FILE-WHITELIST ", "# Totals: pass:8 ", "here is the host\n",
			  "/mnt/btrfs\n/mnt/dax\n/mnt/ext4\n/mnt/share\n", "/mnt/xfs\n1\n" },
		.leaves = { "here is the guest\n" },
	}, {
		.name = "shell_copy",
		.arguments = { SMALL, "--shell", "--tests", "@tests", "--modules", "@no_modules",
			       "--share", "@share" },
		.input = "cat from_host\ntest -e sub/directory/link\n",
		.says = { "/mnt/share is a copy, what is written there is lost", "here is the host\n" },
	}, {
		.name = "shell_panic",
		.arguments = { SMALL, "--shell", "--tests", "@tests" },
		/* init needs a moment to pass the words on; the panic does not wait for init. */
		.input = "echo begun\necho 1 >/proc/sys/kernel/sysrq\nsleep 3\n"
			 "echo c >/proc/sysrq-trigger\n",
		.exit_code = EXIT_PANIC,
		.says = { "begun\n", "the kernel panicked: ", "console.log" },
	}, {
		.name = "no_arch",
		.arguments = { "--arch", "pdp11" },
		.exit_code = EXIT_USAGE,
		.says = { "--arch: no architecture 'pdp11'; there are: " },
	}, {
		.name = "no_kernel",
		.topics = { "good" },
		.arguments = { "--kernel", "/nonexistent/kernel" },
		.exit_code = EXIT_USAGE,
		.says = { "--kernel /nonexistent/kernel: No such file" },
	},
};

/**
 * struct place - where a row works
 */
struct place {
	char *base;
	char *tests;
	char *results;
	char *output;
};

static const char *build;
static const char *kernel;
static const char *modules;
static const char *module;

static void row_verdict(const char *row, const char *what, bool ok)
{
	tap_verdict(ok, "vm.%s.%s", row, what);
}

static void copy_file(const char *from, const char *to, size_t spoil_from, mode_t mode)
{
	size_t length;
	char *bytes = read_file(from, &length);
	FILE *file = fopen(to, "we");

	if (!bytes || !file)
		tap_bail_out("cannot copy %s to %s", from, to);
	if (spoil_from && spoil_from + SPOIL_BYTES < length)
		memset(bytes + spoil_from, 0, SPOIL_BYTES);
	fwrite(bytes, 1, length, file);
	fclose(file);
	chmod(to, mode);
	free(bytes);
}

static void put_text(const char *directory, const char *name, const char *text)
{
	char *path = format_text("%s/%s", directory, name);
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0)
		tap_bail_out("cannot write %s", path);
	fclose(file);
	free(path);
}

/* "own_panics": a script whose interpreter, .panics, is @program under that name */
static void put_topic(const struct place *place, const char *name, const char *program)
{
	char *to = format_text("%s/%s", place->tests, name);
	char *script = format_text("#!/tests/.%s\nneeds own_guest\n", strchr(name, '_') ? strchr(name, '_') + 1 : name);

	if (strncmp(name, "own_", strlen("own_")))
		copy_file(program, to, 0, 0755);
	else
		put_text(place->tests, name, script);
	chmod(to, 0755);
	free(script);
	free(to);
}

/* One folder a row, as the runner would get it: the topics, and nothing of an earlier run. */
static struct place make_place(const struct row *row)
{
	struct place place = { .base = format_text("%s/test/vm/%s", build, row->name) };
	char *program = format_text("%s/test/misbehave", build);
	char *remove = format_text("rm -rf -- '%s'", place.base);

	if (system(remove))
		tap_bail_out("cannot empty %s", place.base);
	place.tests = format_text("%s/tests", place.base);
	place.results = format_text("%s/results", place.base);
	place.output = format_text("%s/output", place.base);
	if (make_directories(place.tests) || make_directories(place.results))
		tap_bail_out("cannot make %s", place.tests);
	for (const char *const *topic = row->topics; *topic; topic++)
		put_topic(&place, *topic, program);
	free(program);
	free(remove);
	return place;
}

static void place_free(struct place *place)
{
	free(place->base);
	free(place->tests);
	free(place->results);
	free(place->output);
}

/* The overlay module, unpacked: a module that a test program can keep in use. */
static void take_overlay(const char *to)
{
	char *pattern = format_text("%s/kernel/fs/overlayfs/overlay.ko*", modules);
	size_t length = 0;
	glob_t found;
	char *bytes;
	FILE *file;

	if (glob(pattern, 0, NULL, &found))
		tap_bail_out("no %s", pattern);
	bytes = kmods_unpack(found.gl_pathv[0], &length);
	file = fopen(to, "we");
	if (!bytes || !file || fwrite(bytes, 1, length, file) != length)
		tap_bail_out("cannot copy %s to %s", found.gl_pathv[0], to);
	fclose(file);
	free(bytes);
	globfree(&found);
	free(pattern);
}

/* A kernel whose setup code is whole and whose compressed part is not. */
static void take_bad_kernel(const char *to)
{
	copy_file(kernel, to, 2 << 20, 0644);
}

/* A module that is text. */
static void take_bad_module(const char *to)
{
	copy_file("/proc/self/comm", to, 0, 0644);
}

/* A directory with a file in it, and a link to the file. */
static void take_share(const char *to)
{
	char *below = format_text("%s/sub/directory", to);
	char *link = format_text("%s/link", below);

	if (make_directories(below))
		tap_bail_out("cannot make %s", below);
	put_text(to, "from_host", "here is the host\n");
	if (symlink("../../from_host", link))
		tap_bail_out("cannot make %s", link);
	free(link);
	free(below);
}

/* What a kernel without modules has. */
static void take_no_modules(const char *to)
{
	if (make_directories(to))
		tap_bail_out("cannot make %s", to);
	put_text(to, "modules.dep", "");
	put_text(to, "modules.builtin", "");
}

/* Files that are made for a row; @tests and @module are what the Makefile has built. */
static const struct {
	const char *word;
	const char *file;
	void (*take)(const char *to);
} files[] = {
	{ "@tests", "tests", NULL },
	{ "@share", "share", take_share },
	{ "@no_modules", "modules", take_no_modules },
	{ "@bad_kernel", "kernel", take_bad_kernel },
	{ "@bad_module", "pincheck.ko", take_bad_module },
	{ "@overlay", "overlay.ko", take_overlay },
};

static char *argument(const char *word, const struct place *place)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *path;

		if (strcmp(word, files[i].word))
			continue;
		path = format_text("%s/%s", files[i].take ? place->base : build, files[i].file);
		if (files[i].take)
			files[i].take(path);
		return path;
	}
	return format_text("%s", strcmp(word, "@module") ? word : module);
}

static char **argv_of_row(const struct row *row, const struct place *place)
{
	char *runner = format_text("%s/bin/pincheck-vm", build);
	char **argv = calloc(MAX_WORDS * 2 + 16, sizeof(*argv));
	size_t count = 0;
	const char *const usual[] = {
		runner, "run", "--name", row->name, "--kernel", kernel, "--modules", modules,
		"--tests", place->tests, "--results", place->results,
	};

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		argv[count++] = format_text("%s", usual[i]);
	for (const char *const *word = row->arguments; *word; word++)
		argv[count++] = argument(*word, place);
	free(runner);
	return argv;
}

/* @input as a file to read from; NULL: an empty one */
static int input_file(const char *input)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || (input && write(fd, input, strlen(input)) < 0) || lseek(fd, 0, SEEK_SET))
		tap_bail_out("cannot make the input: %s", strerror(errno));
	return fd;
}

static pid_t start_runner(char **argv, const char *input, const char *output)
{
	int fd = input_file(input);
	pid_t pid = fork();

	if (pid) {
		close(fd);
		return pid;
	}
	dup2(fd, STDIN_FILENO);
	fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execv(argv[0], argv);
	_exit(127);
}

static void argv_free(char **argv)
{
	for (char **word = argv; *word; word++)
		free(*word);
	free(argv);
}

static bool contains_all(const char *path, const char *const words[])
{
	char *text = read_file(path, NULL);
	bool all = true;

	for (; *words; words++) {
		if (text && strstr(text, *words))
			continue;
		printf("# %s lacks: %s\n", path, *words);
		all = false;
	}
	free(text);
	return all;
}

static void print_file(const char *path)
{
	char *text = read_file(path, NULL);
	char *rest = text;

	for (char *line = text; line && (line = strsep(&rest, "\n"));)
		printf("#   %s\n", line);
	free(text);
}

/* run.json must say the same as the process did, and why KVM was not taken if it was not. */
static bool record_agrees(const struct place *place, int exit_code)
{
	char *path = format_text("%s/run.json", place->results);
	json_t *root = json_load_file(path, 0, NULL);
	json_t *machine = json_object_get(root, "machine");
	bool kvm = !strcmp(json_string_value(json_object_get(machine, "accel")) ?: "", "kvm");
	bool agrees = json_integer_value(json_object_get(json_object_get(root, "verdict"),
							 "exit_code")) == exit_code;

	if (kvm && !json_is_null(json_object_get(machine, "accel_note")))
		agrees = false;
	if (!root || !agrees)
		printf("# %s does not agree with exit code %d\n", path, exit_code);
	json_decref(root);
	free(path);
	return root && agrees;
}

/**
 * struct running - a row under way
 */
struct running {
	struct place place;
	char **argv;
	pid_t pid;
};

static void start_row(const struct row *row, struct running *running)
{
	running->place = make_place(row);
	running->argv = argv_of_row(row, &running->place);
	running->pid = start_runner(running->argv, row->input, running->place.output);
}

static void judge_row(const struct row *row, struct running *running)
{
	struct place *place = &running->place;
	char *stream = format_text("%s/results.ktap", place->results);
	char *left = format_text("%s/share/from_guest", place->base);
	bool has_record = row->exit_code != EXIT_USAGE && !row->input;
	int status, code;
	bool words;

	waitpid(running->pid, &status, 0);
	code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (code != row->exit_code)
		printf("# exit code %d, expected %d\n", code, row->exit_code);
	row_verdict(row->name, "exit_code", code == row->exit_code);
	words = contains_all(place->output, row->says);
	words = contains_all(stream, row->stream) && words;
	words = contains_all(left, row->leaves) && words;
	row_verdict(row->name, "says_why", words);
	if (has_record)
		row_verdict(row->name, "record", record_agrees(place, row->exit_code));
	if (code != row->exit_code || !words)
		print_file(place->output);
	argv_free(running->argv);
	free(left);
	free(stream);
	place_free(place);
}

/* The first child of @pid, or 0 */
static pid_t child_of(pid_t pid)
{
	char *path = format_text("/proc/%d/task/%d/children", pid, pid);
	char *text = read_file(path, NULL);
	pid_t child = text ? (pid_t)atol(text) : 0;

	free(text);
	free(path);
	return child;
}

/* Wait for a line in a growing file by its writer's life: it ends, or the line comes. */
static bool wait_for(const char *path, const char *word, int alive)
{
	struct pollfd writer = { .fd = alive, .events = POLLIN };
	bool seen = false;

	while (!seen && poll(&writer, 1, 50) == 0) {
		char *text = read_file(path, NULL);

		seen = text && strstr(text, word);
		free(text);
	}
	return seen;
}

/* Two runs do not share a folder; a runner that is killed takes its QEMU along. */
static void killed_runner(void)
{
	static const char *const refused[] = { "another run writes to ", NULL };
	static const struct row row = {
		.name = "killed_runner", .topics = { "hangs" }, .arguments = { SMALL },
	};
	struct place place = make_place(&row);
	char **argv = argv_of_row(&row, &place);
	char *stream = format_text("%s/results.ktap", place.results);
	pid_t pid = start_runner(argv, NULL, place.output), qemu;
	int runner = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd gone = { .events = POLLIN };
	int status;
	char *second = format_text("%s.second", place.output);
	bool ran = wait_for(stream, "ok 1 hangs.base.one", runner);

	waitpid(start_runner(argv, NULL, second), &status, 0);
	row_verdict(row.name, "second_run_refused", WIFEXITED(status) &&
		WEXITSTATUS(status) == EXIT_USAGE && contains_all(second, refused));
	qemu = child_of(pid);
	gone.fd = qemu > 0 ? (int)syscall(SYS_pidfd_open, qemu, 0) : -1;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	row_verdict(row.name, "takes_qemu_along", ran && gone.fd >= 0 && poll(&gone, 1, 10000) == 1);
	if (!ran)
		print_file(place.output);
	free(second);
	close(gone.fd);
	close(runner);
	argv_free(argv);
	free(stream);
	place_free(&place);
}

/* Read what comes from the terminal into @text, until @word is there or nothing comes any more. */
static bool terminal_says(int terminal, char *text, size_t size, const char *word)
{
	struct pollfd fd = { .fd = terminal, .events = POLLIN };
	size_t length = strlen(text);

	while (!strstr(text, word) && length < size - 1 && poll(&fd, 1, TERMINAL_SECONDS * 1000) == 1) {
		ssize_t got = read(terminal, text + length, size - 1 - length);

		if (got <= 0)
			return false;
		/* The kernel's console is not free of NUL. */
		for (const char *byte = text + length, *end = byte + got; byte < end; byte++)
			if (*byte)
				text[length++] = *byte;
		text[length] = '\0';
	}
	return strstr(text, word);
}

/* A person types: the terminal is the guest's console, and the shell's exit status comes back. */
static void shell_on_a_terminal(void)
{
	static const char typed[] = "pincheck info; exit 3\n";
	static const struct row row = {
		.name = "shell_on_a_terminal",
		.arguments = { "--accel", "tcg", "--shell", "--tests", "@tests", "--module", "@module" },
	};
	static char text[1 << 20];
	struct place place = make_place(&row);
	char **argv = argv_of_row(&row, &place);
	int terminal, status;
	bool prompted, answered;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	prompted = terminal_says(terminal, text, sizeof(text), "pincheck-vm:/tmp# ");
	row_verdict(row.name, "prompt", prompted);
	if (prompted && write(terminal, typed, strlen(typed)) < 0)
		puts("# the terminal is gone");
	answered = terminal_says(terminal, text, sizeof(text), "FILE-WHITELIST ");
	row_verdict(row.name, "pincheck_runs", answered);
	if (!prompted)
		kill(pid, SIGKILL);
	/* To the end: QEMU waits for a terminal that nobody reads. */
	terminal_says(terminal, text, sizeof(text), "never said");
	waitpid(pid, &status, 0);
	row_verdict(row.name, "exit_code", WIFEXITED(status) && WEXITSTATUS(status) == 3);
	if (!answered)
		printf("# %s\n", text);
	close(terminal);
	argv_free(argv);
	place_free(&place);
}

static bool row_is_chosen(const char *name, int argc, char **argv)
{
	for (int i = 4; i < argc; i++)
		if (!strcmp(name, argv[i]))
			return true;
	return argc <= 4;
}

int main(int argc, char **argv)
{
	const struct row *todo[ARRAY_SIZE(rows)];
	struct running running[ARRAY_SIZE(rows)];
	size_t count = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: %s KERNEL MODULES MODULE [ROW...]\n", argv[0]);
		return 2;
	}
	build = getenv("BUILD") ?: "build";
	kernel = argv[1];
	modules = argv[2];
	module = argv[3];
	tap_begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (row_is_chosen(rows[i].name, argc, argv))
			todo[count++] = &rows[i];
	/* Two at a time: a small guest has one processor, and waits for much of its boot. */
	for (size_t i = 0, started = 0; i < count; i++) {
		while (started < count && started < i + 2) {
			start_row(todo[started], &running[started]);
			started++;
		}
		judge_row(todo[i], &running[i]);
	}
	if (row_is_chosen("killed_runner", argc, argv))
		killed_runner();
	if (row_is_chosen("shell_on_a_terminal", argc, argv))
		shell_on_a_terminal();
	return tap_end();
}
