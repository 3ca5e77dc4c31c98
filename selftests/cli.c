// SPDX-License-Identifier: GPL-2.0-only
/*
 * cli: the pincheck command as it is installed, against what the test knows: pages that it holds
 * itself, what this kernel is known to do, and what the command must refuse.
 */
#include "suite.h"
#include <fcntl.h>
#include <sys/wait.h>
#include "command.h"
#include "stage.h"

#define RUN(command, ...)									\
	command_start(command, (const char *const []) { __VA_ARGS__, NULL })

FIXTURE(cli)
{
	struct stage stage;
	struct command command;
};

FIXTURE_SETUP(cli)
{
	char why[WHY];

	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
}

FIXTURE_TEARDOWN(cli)
{
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* The program has ended well, or said why not. */
#define EXPECT_EXIT(self, code) do {								\
	char cli_errors[400];									\
												\
	EXPECT_EQ(code, command_end(&(self)->command, cli_errors, sizeof(cli_errors))) {	\
		TH_LOG("%s", cli_errors);							\
	}											\
} while (0)

static const char *text_of(const json_t *row, const char *key)
{
	return json_string_value(json_object_get(row, key)) ?: "";
}

/* Which model this kernel is known to follow, as selftests/model.c has it. */
static const char *known_model(const char *memory, const struct pincheck_report *report)
{
	bool small = !strcmp(memory, "base") || !strcmp(memory, "swapped");
	bool by_pmd = !strcmp(memory, "thp");

	if (!strcmp(memory, "hugetlb"))
		return "mapcount";
	if (!(report->flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE))
		return by_pmd ? "mapcount" : "refcount";
	if (small || by_pmd || !(report->flags_known & PINCHECK_PAGE_MAPPED_SHARED))
		return "exclusive";
	return "large";
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (; words; words = strchr(words, ','), words = words ? words + 1 : NULL) {
		if (!strncmp(words, word, length) && (!words[length] || words[length] == ','))
			return true;
	}
	return false;
}

/* Return: how many of the experiments with @memory ended so. */
static size_t outcomes(const json_t *experiments, const char *memory, const char *observed)
{
	const json_t *row;
	size_t i, count = 0;

	json_array_foreach(experiments, i, row) {
		bool moved = strcmp(text_of(row, "pfn"), text_of(row, "after"));

		if (!strcmp(text_of(row, "memory"), memory) &&
		    !strcmp(text_of(row, "observed"), observed) &&
		    moved == !strcmp(observed, "copy"))
			count++;
	}
	return count;
}

#define MTHP	"/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled"

/* Folios of 64 KiB are off unless somebody wants them. What was chosen before goes to @before. */
static void set_mthp(const char *value, char *before, size_t size)
{
	FILE *file = fopen(MTHP, "r+e");
	char line[200] = "", *chosen;

	if (!file)
		return;
	if (before && fgets(line, sizeof(line), file)) {
		chosen = strchr(line, '[') ?: line;
		snprintf(before, size, "%.*s", (int)strcspn(chosen + 1, "]"), chosen + 1);
	}
	rewind(file);
	fputs(value, file);
	fclose(file);
}

/*
 * REUSE. Rows B7 B8 B9 B12 B13 B22 R24 R61: the conclusion of `pincheck model` is what this kernel
 * is known to do, and rests on pages that were reused and pages that were copied.
 */
TEST_F(cli, model)
{
	struct pincheck_report report;
	size_t i, reused, copied;
	char mthp[40] = "never";
	json_t *root;
	const json_t *row, *experiments;

	ASSERT_EQ(0, stage_report(&self->stage, self->stage.memory, &report));
	set_mthp("madvise", mthp, sizeof(mthp));
	ASSERT_EQ(0, RUN(&self->command, "model", "--json"));
	root = command_json(&self->command);
	set_mthp(mthp, NULL, 0);
	EXPECT_EXIT(self, 0);
	ASSERT_NE(NULL, root);
	experiments = json_object_get(root, "experiments");
	EXPECT_LT(4, json_array_size(json_object_get(root, "follows")));
	json_array_foreach(json_object_get(root, "follows"), i, row) {
		const char *memory = text_of(row, "memory"), *known = known_model(memory, &report);

		evidence("%s: follows %s; not refuted: %s; refuted: %s%s", memory,
			 text_of(row, "follows"), text_of(row, "not_refuted"),
			 text_of(row, "refuted"), text_of(row, "not_tried"));
		if (*text_of(row, "not_tried"))
			continue;
		reused = outcomes(experiments, memory, "reuse");
		copied = outcomes(experiments, memory, "copy");
		EXPECT_TRUE(has_word(text_of(row, "follows"), known)) TH_LOG("known: %s", known);
		EXPECT_LT(0, copied);
		EXPECT_EQ(reused + copied,
			  (size_t)json_integer_value(json_object_get(row, "experiments")));
	}
	json_decref(root);
}

static long long number_of(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	/* Addresses and page frame numbers are strings that say 0x. */
	return json_is_string(value) ? (long long)strtoull(json_string_value(value), NULL, 16) :
	       json_is_integer(value) ? json_integer_value(value) : -1;
}

/* References that all sessions of the module have now. */
static uint64_t outstanding(void)
{
	struct books books;

	return books_read(&books) ? ~0ULL : books.out;
}

/* ACCURACY. Each way to hold memory of its own is what it says, and is given back after Enter. */
static const struct {
	const char *memory;
	const char *kind;
	const char *access;
	unsigned int needs;
	long long pages, gets, read_pins, write_pins, longterm_pins;
} own_holds[] = {
	{ "base", "pin", "--write", 0, 4, 0, 0, 1, 0 },
	{ "base", "get", "--slow", 0, 4, 1, 0, 0, 0 },
	{ "swapped", "pin", "--longterm", NEEDS_SWAP, 4, 0, 1, 0, 1 },
	{ "thp", "pin", "--write", NEEDS_THP, 512, 0, 0, 1, 0 },
	{ "thp-pte", "pin", "--whitelist", NEEDS_THP, 512, 0, 1, 0, 0 },
	{ "hugetlb", "get", "--write", NEEDS_HUGETLB, 512, 1, 0, 0, 0 },
};

TEST_F(cli, hold_memory_of_its_own)
{
	size_t i, tried = 0;

	for (i = 0; i < ARRAY_SIZE(own_holds); i++) {
		uint64_t before = outstanding();
		struct pincheck_report report;
		const json_t *page;
		json_t *root;
		__u64 pfn;

		if (require_missing(own_holds[i].needs))
			continue;
		tried++;
		ASSERT_EQ(0, RUN(&self->command, "hold", "--json", "--memory", own_holds[i].memory,
				 "--kind", own_holds[i].kind, own_holds[i].access));
		root = command_json(&self->command);
		ASSERT_NE(NULL, root);
		page = json_array_get(json_object_get(root, "pages"), 0);
		pfn = number_of(page, "pfn");
		ASSERT_EQ(0, pincheck_report_ledger(self->stage.session, &pfn, 1, &report));
		EXPECT_EQ(own_holds[i].pages, number_of(json_object_get(root, "hold"), "pages"));
		EXPECT_EQ(before + own_holds[i].pages, outstanding());
		EXPECT_EQ(own_holds[i].gets, report.gets);
		EXPECT_EQ(own_holds[i].read_pins, report.read_pins);
		EXPECT_EQ(own_holds[i].write_pins, report.write_pins);
		EXPECT_EQ(own_holds[i].longterm_pins, report.longterm_pins);
		EXPECT_EQ(report.gets, number_of(page, "gets"));
		EXPECT_EQ(report.write_pins, number_of(page, "write_pins"));
		evidence("%s by %s %s: pfn %llx ref %d pins %d, %s", own_holds[i].memory,
			 own_holds[i].kind, own_holds[i].access, pfn, report.refcount, report.pins,
			 text_of(page, "path"));
		json_decref(root);
		EXPECT_EXIT(self, 0);
		EXPECT_EQ(before, outstanding());
	}
	EXPECT_LT(0, tried);
}

/* ACCURACY. Row R50: the pages of this very process, by its number: they are the ones it has. */
TEST_F(cli, hold_of_another_process)
{
	struct stage *stage = &self->stage;
	struct pincheck_report report;
	char pid[16], address[32], length[32];
	const json_t *pages, *page;
	json_t *root;
	size_t i;

	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(address, sizeof(address), "%p", (void *)stage->memory);
	snprintf(length, sizeof(length), "%zu", stage->length);
	ASSERT_EQ(0, RUN(&self->command, "hold", "--json", "--all", "--write", "--pid", pid,
			 address, length));
	root = command_json(&self->command);
	ASSERT_NE(NULL, root);
	pages = json_object_get(root, "pages");
	EXPECT_EQ(STAGE_PAGES, json_array_size(pages));
	json_array_foreach(pages, i, page) {
		EXPECT_EQ((long long)stage_pfn(stage->memory + i * stage->page),
			  number_of(page, "pfn"));
		EXPECT_STREQ("slow", text_of(page, "path"));
	}
	ASSERT_EQ(0, stage_report(stage, stage->memory, &report));
	EXPECT_EQ(1, report.pins);
	evidence("%zu pages of process %s pinned: pfn %llx ref %d", json_array_size(pages), pid,
		 report.pfn, report.refcount);
	json_decref(root);
	EXPECT_EXIT(self, 0);
	ASSERT_EQ(0, stage_report(stage, stage->memory, &report));
	EXPECT_EQ(0, report.pins);
}

/* CLEAN. A command runs under the hold, and its exit code is returned. */
TEST_F(cli, hold_for_a_command)
{
	char self_path[4096];
	ssize_t length = readlink("/proc/self/exe", self_path, sizeof(self_path) - 1);
	uint64_t before = outstanding();

	ASSERT_LT(0, length);
	self_path[length] = '\0';
	ASSERT_EQ(0, RUN(&self->command, "hold", "--memory", "base", "--", self_path, "-l"));
	EXPECT_EXIT(self, KSFT_PASS);
	ASSERT_EQ(0, RUN(&self->command, "hold", "--memory", "base", "--", self_path,
			 "no.such.test"));
	EXPECT_EXIT(self, KSFT_SKIP);
	ASSERT_EQ(0, RUN(&self->command, "hold", "--memory", "base", "--", "/no/such/program"));
	EXPECT_EXIT(self, 2);
	ASSERT_EQ(0, RUN(&self->command, "hold", "--memory", "base", "--for", "1"));
	EXPECT_EXIT(self, 0);
	EXPECT_EQ(before, outstanding());
	evidence("exit codes %d, %d and 2 came through, and nothing stays held", KSFT_PASS,
		 KSFT_SKIP);
}

/* ACCURACY. Rows B1 to B6: a page with one hold of each kind, by address and by number. */
TEST_F(cli, page)
{
	static const struct hold_row rows[] = {
		{ PINCHECK_KIND_GET, PINCHECK_PATH_FAST, 0 },
		{ PINCHECK_KIND_PIN, PINCHECK_PATH_FAST, 0 },
		{ PINCHECK_KIND_PIN, PINCHECK_PATH_FAST, PINCHECK_HOLD_WRITE },
		{ PINCHECK_KIND_PIN, PINCHECK_PATH_FAST, PINCHECK_HOLD_LONGTERM },
	};
	struct stage *stage = &self->stage;
	struct pincheck_report report;
	char pid[16], address[32], pfn[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		ASSERT_EQ(0, stage_hold(stage, rows[i], stage->memory, stage->page));
	ASSERT_EQ(0, stage_report(stage, stage->memory, &report));
	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(address, sizeof(address), "%p", (void *)stage->memory);
	snprintf(pfn, sizeof(pfn), "%#llx", report.pfn);
	for (i = 0; i < 2; i++) {
		const json_t *page;
		json_t *root;

		ASSERT_EQ(0, i ? RUN(&self->command, "page", "--json", pfn) :
			     RUN(&self->command, "page", "--json", "--pid", pid, "--addr",
				 address));
		root = command_json(&self->command);
		ASSERT_NE(NULL, root);
		page = json_array_get(json_object_get(root, "pages"), 0);
		EXPECT_EQ((long long)report.pfn, number_of(page, "pfn"));
		EXPECT_EQ(report.refcount, number_of(page, "refcount"));
		EXPECT_EQ(report.page_mapcount, number_of(page, "mapcount"));
		EXPECT_EQ(3, number_of(page, "pins"));
		EXPECT_EQ(1, number_of(page, "gets"));
		EXPECT_EQ(2, number_of(page, "read_pins"));
		EXPECT_EQ(1, number_of(page, "write_pins"));
		EXPECT_EQ(1, number_of(page, "longterm_pins"));
		EXPECT_EQ(0, number_of(page, "unexplained"));
		EXPECT_STREQ("anon", text_of(page, "kind"));
		evidence("pfn %s: ref %lld, flags %s", text_of(page, "pfn"),
			 number_of(page, "refcount"), text_of(page, "flags"));
		json_decref(root);
		EXPECT_EXIT(self, 0);
	}
}

/* The next change must be this. */
#define EXPECT_CHANGED(self, key, old, new) do {						\
	json_t *cli_line = command_json(&(self)->command);					\
												\
	evidence("%s: %s -> %s", text_of(cli_line, "what"), text_of(cli_line, "before"),	\
		 text_of(cli_line, "after"));							\
	EXPECT_STREQ(key, text_of(cli_line, "what"));						\
	EXPECT_STREQ(old, text_of(cli_line, "before"));						\
	EXPECT_STREQ(new, text_of(cli_line, "after"));						\
	json_decref(cli_line);									\
} while (0)

static int start_watch(FIXTURE_DATA(cli) *self, pid_t process, const char *columns,
		       const char *count)
{
	char pid[16], address[32];
	json_t *first;
	int error;

	snprintf(pid, sizeof(pid), "%d", process);
	snprintf(address, sizeof(address), "%p", (void *)self->stage.memory);
	error = RUN(&self->command, "watch", "--json", "--interval", "5", "--count", count, "-o",
		    columns, "--pid", pid, address, "4096");
	if (error)
		return error;
	/* Changes are told from what this line says. */
	first = command_json(&self->command);
	error = json_array_size(json_object_get(first, "pages")) == 1 ? 0 : -ENODATA;
	json_decref(first);
	return error;
}

/* ACCURACY. What comes and goes is told as it happens. */
TEST_F(cli, watch)
{
	static const struct hold_row pin = { PINCHECK_KIND_PIN, PINCHECK_PATH_FAST, 0 };
	struct stage *stage = &self->stage;
	char before[32], after[32];
	int channel[2];
	pid_t child;

	ASSERT_EQ(0, start_watch(self, getpid(), "pins", "2"));
	ASSERT_EQ(0, stage_hold(stage, pin, stage->memory, stage->page));
	EXPECT_CHANGED(self, "PINS", "0", "1");
	ASSERT_EQ(1, pincheck_release(stage->session, stage->hold.hold));
	EXPECT_CHANGED(self, "PINS", "1", "0");
	EXPECT_EXIT(self, 0);

	/* Copied by COW: the child keeps the page, so that the copy has to be another one. */
	ASSERT_EQ(0, pipe2(channel, O_CLOEXEC));
	child = fork();
	if (!child) {
		close(channel[1]);
		_exit(read(channel[0], before, 1));
	}
	snprintf(before, sizeof(before), "%#llx",
		 (unsigned long long)stage_pfn(stage->memory));
	ASSERT_EQ(0, start_watch(self, getpid(), "pfn", "1"));
	stage->memory[0]++;
	snprintf(after, sizeof(after), "%#llx", (unsigned long long)stage_pfn(stage->memory));
	EXPECT_CHANGED(self, "PFN", before, after);
	EXPECT_STRNE(before, after);
	EXPECT_EXIT(self, 0);

	/* The end of the process is the end of it, before there were as many changes. */
	ASSERT_EQ(0, start_watch(self, child, "pins", "1"));
	close(channel[1]);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	EXPECT_EXIT(self, 1);
	close(channel[0]);
}

/* How many of the stage's pages are told with @filter. */
static size_t scanned(FIXTURE_DATA(cli) *self, const char *filter)
{
	size_t i, page, found = 0;
	const json_t *row;
	json_t *root;

	if (RUN(&self->command, "scan", "--json", "-o", "pfn,kind", filter))
		return ~0UL;
	root = command_json(&self->command);
	json_array_foreach(json_object_get(root, "pages"), i, row) {
		for (page = 0; page < STAGE_PAGES; page++)
			found += number_of(row, "pfn") ==
				 (long long)stage_pfn(self->stage.memory + page * self->stage.page);
	}
	json_decref(root);
	return command_end(&self->command, NULL, 0) ? ~0UL : found;
}

/* ACCURACY. Rows B14 to B16: what the test holds is found, by the right filter. */
TEST_F(cli, scan)
{
	static const struct hold_row pin = { PINCHECK_KIND_PIN, PINCHECK_PATH_FAST, 0 };
	static const struct hold_row get = { PINCHECK_KIND_GET, PINCHECK_PATH_FAST, 0 };
	struct stage *stage = &self->stage;

	EXPECT_EQ(0, scanned(self, "--pinned"));
	ASSERT_EQ(0, stage_hold(stage, pin, stage->memory, 2 * stage->page));
	EXPECT_EQ(2, scanned(self, "--pinned"));
	ASSERT_EQ(0, stage_hold(stage, get, stage->memory + 2 * stage->page, 3 * stage->page));
	ASSERT_EQ(0, settle());
	EXPECT_EQ(2, scanned(self, "--pinned"));
	EXPECT_EQ(3, scanned(self, "--excess"));
	evidence("2 pages pinned and 3 referred to, found by --pinned and --excess");
}

/* The features are those that the device tells. */
TEST_F(cli, info)
{
	struct pincheck_info info;
	json_t *root;

	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	ASSERT_EQ(0, RUN(&self->command, "info", "--json"));
	root = command_json(&self->command);
	ASSERT_NE(NULL, root);
	EXPECT_EQ(info.abi, number_of(root, "abi"));
	EXPECT_EQ((long long)info.max_hold_pages, number_of(root, "max_hold_pages"));
	EXPECT_EQ(!!(info.features & PINCHECK_FEAT_ANON_EXCLUSIVE),
		  json_is_true(json_object_get(json_object_get(root, "features"),
					       "anon_exclusive")));
	json_decref(root);
	EXPECT_EXIT(self, 0);
}

/* What is refused: exit code 2, the cause, and what mends it. */
static const struct {
	const char *arguments[7];
	const char *cause;
	const char *mend;
} refused[] = {
	{ { "nonsense" }, "no subcommand 'nonsense'", "usage:" },
	{ { "model", "-m", "x" }, "no kind of memory is named 'x'", "thp-pte" },
	{ { "scan", "-o", "x" }, "no column 'x'", "REFCOUNT" },
	{ { "hold" }, "whose memory", "--memory" },
	{ { "hold", "--memory", "x" }, "no kind 'x'", "--help" },
	{ { "hold", "--memory", "base", "-k", "x" }, "'x' is none of pin", "--help" },
	{ { "hold", "--memory", "file=/x" }, "cannot be opened", "a file that is there" },
	{ { "hold", "--memory", "base", "-k", "get", "-l" }, "Invalid argument", "for kind pin" },
	{ { "hold", "--pid", "1", "0x1001", "4096" }, "malformed", "multiples of 4096" },
	{ { "hold", "--pid", "1", "0x1000", "4K" }, "nothing is mapped", "/proc/PID/maps" },
	{ { "hold", "--pid", "4194304", "0", "4K" }, "no process", "ps -p" },
	{ { "page" }, "page frame numbers", "--pid" },
	{ { "page", "12z" }, "no number", "0x1000" },
	{ { "page", "--pid", "4194304", "-a", "0" }, "/proc/4194304/pagemap", "ps -p" },
	{ { "watch", "--pid", "1" }, "what to watch", "ADDRESS LENGTH" },
	{ { "watch", "--pid", "1", "0", "1024G" }, "too many", "at most" },
};

TEST_F(cli, refused)
{
	char errors[600];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		ASSERT_EQ(0, command_start(&self->command, refused[i].arguments));
		EXPECT_EQ(2, command_end(&self->command, errors, sizeof(errors)));
		EXPECT_TRUE(strstr(errors, refused[i].cause) && strstr(errors, refused[i].mend))
			TH_LOG("%zu: %s", i, errors);
	}
	evidence("%zu refusals, each with its cause and what mends it", ARRAY_SIZE(refused));
}

PINCHECK_TEST_MAIN
