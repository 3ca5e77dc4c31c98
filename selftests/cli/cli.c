// SPDX-License-Identifier: GPL-2.0-only
/*
 * cli: the output of the pincheck command, compared with what the test knows: pages that it holds
 * itself, what this kernel is known to do, and what the command must refuse.
 */
#include "suite.h"
#include <ctype.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "clock.h"
#include "command.h"
#include "hugetlb_pool.h"
#include "knob_journal.h"
#include "stage.h"

FIXTURE(cli)
{
	struct stage stage;
	struct command command;
};

SUITE_PREPARE
{
	command_prepare();
}

FIXTURE_SETUP(cli)
{
	SUITE_NEEDS(NEEDS_SIGNALFD);
	ASSERT_STAGE_OPEN(&self->stage);
}

STAGE_TEARDOWN(cli)

/* References that all sessions of the module have now. */
static uint64_t references_outstanding(void)
{
	struct pin_accounting now;

	return pin_accounting_read(&now) ? ~0ULL : now.references;
}

#define SMALL_PAGES	4	/* base pages of a hold whose size nobody says */

/* ACCURACY. Each hold of memory that the command makes is as asked for, and ends after Enter. */
static const struct {
	const char *memory;
	const char *kind;
	const char *access;
	requirement_set needs;
	enum folio_size folio;
	long long gets, read_pins, write_pins, longterm_pins;
} own_holds[] = {
	{ "base", "pin", "--write", 0, FOLIO_BASE, 0, 0, 1, 0 },
	{ "base", "get", "--slow", 0, FOLIO_BASE, 1, 0, 0, 0 },
	{ "swapped", "pin", "--longterm", NEEDS_SWAP, FOLIO_BASE, 0, 1, 0, 1 },
	{ "thp", "pin", "--write", NEEDS_THP, FOLIO_PMD, 0, 0, 1, 0 },
	{ "thp-pte", "pin", "--whitelist", NEEDS_THP, FOLIO_PMD, 0, 1, 0, 0 },
	{ "hugetlb", "get", "--write", NEEDS_HUGETLB, FOLIO_PMD, 1, 0, 0, 0 },
};

CASE(cli, hold_memory_of_its_own, .rows = "P33")
{
	size_t i, tried = 0;

	for (i = 0; i < ARRAY_SIZE(own_holds); i++) {
		uint64_t before = references_outstanding();
		struct pincheck_report report;
		const json_t *page;
		long long pages;
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
		pages = own_holds[i].folio ? PMD_BYTES / PAGE_BYTES : SMALL_PAGES;
		EXPECT_EQ(pages, number_of(json_object_get(root, "hold"), "pages"));
		EXPECT_EQ(before + pages, references_outstanding());
		EXPECT_EQ(own_holds[i].gets, report.gets);
		EXPECT_EQ(own_holds[i].read_pins, report.read_pins);
		EXPECT_EQ(own_holds[i].write_pins, report.write_pins);
		EXPECT_EQ(own_holds[i].longterm_pins, report.longterm_pins);
		EXPECT_EQ(report.gets, number_of(page, "gets"));
		EXPECT_EQ(report.write_pins, number_of(page, "write_pins"));
		evidence("memory=%s kind=%s access=%s pfn=%llx ref=%d pins=%d path=\"%s\"",
			 own_holds[i].memory, own_holds[i].kind, own_holds[i].access, pfn,
			 report.refcount, report.pins, text_of(page, "path"));
		json_decref(root);
		EXPECT_EXIT(self, 0);
		EXPECT_EQ(before, references_outstanding());
	}
	EXPECT_LT(0, tried);
}

/* A process, and the address of the stage's memory, as arguments. */
struct place {
	char pid[16];
	char address[32];
};

static struct place place_in(pid_t process, const struct stage *stage)
{
	struct place place;

	snprintf(place.pid, sizeof(place.pid), "%d", process);
	snprintf(place.address, sizeof(place.address), "%p", (void *)stage->memory);
	return place;
}

/* ACCURACY. A hold by process number takes the pages that this process has. */
CASE(cli, hold_of_another_process, .rows = "R50")
{
	struct stage *stage = &self->stage;
	struct place here = place_in(getpid(), stage);
	struct pincheck_report report;
	const json_t *pages, *page;
	json_t *root;
	size_t i;

	ASSERT_EQ(0, RUN(&self->command, "hold", "--json", "--all", "--write", "--pid", here.pid,
			 here.address, "32K"));
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
	evidence("pages=%zu pid=%s pfn=%llx ref=%d", json_array_size(pages), here.pid, report.pfn,
		 report.refcount);
	json_decref(root);
	EXPECT_EXIT(self, 0);
	ASSERT_EQ(0, stage_report(stage, stage->memory, &report));
	EXPECT_EQ(0, report.pins);
}

/* ACCURACY, CLEAN. A mirror has no reference, and ends with a signal. */
CASE(cli, hold_ended_by_a_signal, .rows = "B28")
{
	uint64_t before = references_outstanding();
	struct pincheck_report report;
	json_t *root;
	__u64 pfn;

	ASSERT_EQ(0, RUN(&self->command, "hold", "--json", "--memory", "base", "--kind", "mirror"));
	root = command_json(&self->command);
	ASSERT_NE(NULL, root);
	pfn = number_of(json_array_get(json_object_get(root, "pages"), 0), "pfn");
	json_decref(root);
	ASSERT_EQ(0, pincheck_report_ledger(self->stage.session, &pfn, 1, &report));
	EXPECT_EQ(1, report.mirrors);
	EXPECT_EQ(before, references_outstanding());
	EXPECT_EQ(0, kill(self->command.pid, SIGTERM));
	EXPECT_EXIT(self, 0);
	ASSERT_EQ(0, pincheck_report_ledger(self->stage.session, &pfn, 1, &report));
	EXPECT_EQ(0, report.mirrors);
	evidence("pfn=%llx note=\"mirrored without a reference until SIGTERM\"", pfn);
}

/* CLEAN. A command runs while the pages are held, and its exit code is returned. */
CASE(cli, hold_for_a_command, .rows = "P33")
{
	char self_path[4096] = "";
	uint64_t before = references_outstanding();
	struct command timed;

	ASSERT_LT(0, readlink("/proc/self/exe", self_path, sizeof(self_path)));
	/* Its second passes while the others run. */
	ASSERT_EQ(0, RUN(&timed, "hold", "--memory", "base", "--for", "1"));
	ASSERT_EQ(0, RUN(&self->command, "hold", "--memory", "base", "--", self_path, "-l"));
	EXPECT_EXIT(self, KSFT_PASS);
	ASSERT_EQ(0, RUN(&self->command, "hold", "--memory", "base", "--", self_path,
			 "no.such.test"));
	EXPECT_EXIT(self, KSFT_SKIP);
	ASSERT_EQ(0, RUN(&self->command, "hold", "--memory", "base", "--", "/no/such/program"));
	EXPECT_EXIT(self, 2);
	EXPECT_EQ(0, command_end(&timed, NULL, 0));
	EXPECT_EQ(before, references_outstanding());
	evidence("exit_codes=%d,%d,2 held_after=0", KSFT_PASS, KSFT_SKIP);
}

/* ACCURACY. A page with one hold of each kind, by address and by page frame number. */
CASE(cli, page, .rows = "B1 B2 B3 B4 B5 B6")
{
	static const struct hold_row rows[] = {
		STAGE_ROW(GET, FAST, 0),
		STAGE_ROW(PIN, FAST, 0),
		STAGE_ROW(PIN, FAST, HOLD_RW),
		STAGE_ROW(PIN, FAST, HOLD_LT),
	};
	struct stage *stage = &self->stage;
	struct place here = place_in(getpid(), stage);
	struct pincheck_report report;
	char pfn[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		ASSERT_EQ(0, stage_hold(stage, rows[i], stage->memory, stage->page));
	ASSERT_EQ(0, stage_report(stage, stage->memory, &report));
	snprintf(pfn, sizeof(pfn), "%#llx", report.pfn);
	for (i = 0; i < 2; i++) {
		const json_t *page;
		json_t *root;

		ASSERT_EQ(0, i ? RUN(&self->command, "page", "--json", pfn) :
			     RUN(&self->command, "page", "--json", "--pid", here.pid,
				 "--addr", here.address));
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
		evidence("pfn=%s ref=%lld flags=\"%s\"", text_of(page, "pfn"),
			 number_of(page, "refcount"), text_of(page, "flags"));
		json_decref(root);
		EXPECT_EXIT(self, 0);
	}
}

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

static int start_watch(FIXTURE_DATA(cli) *self, pid_t process, const char *columns,
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
CASE(cli, watch, .rows = "P34")
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
CASE(cli, watch_events, .rows = "B28 B29")
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
static bool event_is_first(FIXTURE_DATA(cli) *self)
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
CASE(cli, watch_events_in_order, .rows = "B28 B29 D20")
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

/* Return: how many of the stage's pages the command prints with @filter. */
static size_t count_scanned(FIXTURE_DATA(cli) *self, const char *filter)
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

/* ACCURACY. The right filter finds what the test holds. */
CASE(cli, scan, .rows = "B14 B15 B16")
{
	static const struct hold_row pin = STAGE_ROW(PIN, FAST, 0);
	static const struct hold_row get = STAGE_ROW(GET, FAST, 0);
	struct stage *stage = &self->stage;

	EXPECT_EQ(0, count_scanned(self, "--pinned"));
	ASSERT_EQ(0, stage_hold(stage, pin, stage->memory, 2 * stage->page));
	EXPECT_EQ(2, count_scanned(self, "--pinned"));
	ASSERT_EQ(0, stage_hold(stage, get, stage->memory + 2 * stage->page, 3 * stage->page));
	ASSERT_EQ(0, usermem_drain_lru());
	EXPECT_EQ(2, count_scanned(self, "--pinned"));
	EXPECT_EQ(3, count_scanned(self, "--excess"));
	evidence("pinned=2 referred_to=3 note=\"found by --pinned and --excess\"");
}

/* Each by its own name, because on a kernel that lacks some a count says little. */
static const struct {
	const char *name;
	__u64 bit;
} features[] = {
	{ "path", PINCHECK_FEAT_PATH },
	{ "anon_exclusive", PINCHECK_FEAT_ANON_EXCLUSIVE },
	{ "pin_count", PINCHECK_FEAT_PIN_COUNT },
	{ "folio_mapcount", PINCHECK_FEAT_FOLIO_MAPCOUNT },
	{ "entire_mapcount", PINCHECK_FEAT_ENTIRE_MAPCOUNT },
	{ "memfd", PINCHECK_FEAT_MEMFD },
	{ "nofault", PINCHECK_FEAT_NOFAULT },
	{ "mirror", PINCHECK_FEAT_MIRROR },
	{ "pfnmap", PINCHECK_FEAT_PFNMAP },
	{ "pfnmap_huge", PINCHECK_FEAT_PFNMAP_HUGE },
	{ "file_whitelist", PINCHECK_FEAT_FILE_WHITELIST },
};

/* The command shows the numbers and the features that the device has. */
CASE(cli, info, .rows = "P34")
{
	const json_t *shown, *value;
	struct pincheck_info info;
	size_t flags = 0;
	const char *key;
	json_t *root;

	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	ASSERT_EQ(0, RUN(&self->command, "info", "--json"));
	root = command_json(&self->command);
	ASSERT_NE(NULL, root);
	shown = json_array_get(json_object_get(root, "info"), 0);
	EXPECT_EQ(info.abi, number_of(shown, "abi"));
	EXPECT_EQ((long long)info.max_hold_pages, number_of(shown, "max_hold_pages"));
	json_object_foreach((json_t *)shown, key, value)
		flags += json_is_boolean(value);
	EXPECT_EQ(ARRAY_SIZE(features), flags);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		EXPECT_EQ(!!(info.features & features[i].bit),
			  json_is_true(json_object_get(shown, features[i].name)))
			TH_LOG("%s", features[i].name);
	}
	evidence("features=%llx named=%zu", info.features, flags);
	json_decref(root);
	EXPECT_EXIT(self, 0);
}

#define RESULTS	"KTAP version 1\n1..1\n# bench scan_mpfns_per_s 10\nok 1 bench.scan\n"

/* Return: a descriptor of a file of results, which other processes find at @path; or -1. */
static int write_results(char *path, size_t size)
{
	int file = memfd_create("results", MFD_CLOEXEC);

	if (file >= 0 && write(file, RESULTS, strlen(RESULTS)) != (ssize_t)strlen(RESULTS)) {
		close(file);
		return -1;
	}
	snprintf(path, size, "/proc/%d/fd/%d", getpid(), file);
	return file;
}

/*
 * Each subcommand, the name of its table, a column, the member of JSON that is this column, and its exit
 * codes. PID, ADDRESS and RESULTS stand for what only the test knows.
 */
static const struct {
	const char *words[8];
	const char *table;
	const char *column;
	const char *key;
	unsigned int codes;
} subcommands[] = {
	{ { "info" }, "info", "MAX-HOLD-PAGES", "max_hold_pages", 1 << 0 },
	{ { "doctor" }, "checks", "STATE", "state", 1 << 0 | 1 << 1 },
	{ { "model", "-m", "base" }, "experiments", "OBSERVED", "observed", 1 << 0 },
	{ { "hold", "-m", "base" }, "pages", "LONGTERM-PINS", "longterm_pins", 1 << 0 },
	{ { "page", "-p", "PID", "-a", "ADDRESS" }, "pages", "WHITELIST", "whitelist", 1 << 0 },
	{ { "watch", "-p", "PID", "ADDRESS", "1" }, "pages", "FLAGS", "flags", 1 << 0 },
	{ { "scan" }, "pages", "PINS", "pins", 1 << 0 },
	{ { "bench", "-t", "RESULTS" }, "figures", "VALUE", "value", 1 << 0 },
	{ { "demo", "RESULTS" }, "acts", "VERDICT", "verdict", 1 << 1 },
};

static int start_subcommand(FIXTURE_DATA(cli) *self, size_t index, const char *results,
			    const char *const *options)
{
	struct place here = place_in(getpid(), &self->stage);
	const char *words[16] = { NULL };
	size_t count = 0;

	for (; subcommands[index].words[count]; count++) {
		const char *word = subcommands[index].words[count];

		words[count] = !strcmp(word, "PID") ? here.pid :
			       !strcmp(word, "ADDRESS") ? here.address :
			       !strcmp(word, "RESULTS") ? results : word;
	}
	while (*options)
		words[count++] = *options++;
	return command_start(&self->command, words);
}

/* Return: the number of members of the first row in JSON; 0 if the column is not one of them. */
static size_t count_members(FIXTURE_DATA(cli) *self, size_t index)
{
	json_t *root = command_json(&self->command);
	const json_t *row = json_array_get(json_object_get(root, subcommands[index].table), 0);
	size_t count = json_object_get(row, subcommands[index].key) ? json_object_size(row) : 0;

	json_decref(root);
	return count;
}

/* hold ends when its input does; only watch needs a signal. */
static void stop_subcommand(FIXTURE_DATA(cli) *self, size_t index)
{
	if (self->command.input >= 0)
		close(self->command.input);
	self->command.input = -1;
	if (!strcmp(subcommands[index].words[0], "watch"))
		kill(self->command.pid, SIGTERM);
}

/* Return: does the subcommand print only JSON after its first JSON value, until it ends? */
static bool rest_is_json(FIXTURE_DATA(cli) *self, size_t index)
{
	FILE *output = self->command.output;
	json_t *value;
	int next;

	stop_subcommand(self, index);
	while ((next = fgetc(output)) != EOF) {
		if (isspace(next))
			continue;
		ungetc(next, output);
		value = command_json(&self->command);
		if (!value)
			return false;
		json_decref(value);
	}
	return true;
}

/* Return: is the exit code of the subcommand one of @codes? */
static bool end_subcommand(FIXTURE_DATA(cli) *self, size_t index)
{
	int code;

	stop_subcommand(self, index);
	code = command_end(&self->command, NULL, 0);
	return code >= 0 && code < 8 && (subcommands[index].codes & 1 << code);
}

/* Every subcommand prints JSON with all columns, JSON with one, and raw words of one. */
CASE(cli, tables, .rows = "P34")
{
	static const struct hold_row pin = { PINCHECK_KIND_PIN, PINCHECK_PATH_FAST, 0 };
	char results[64], line[200] = "";
	int file = write_results(results, sizeof(results));

	ASSERT_LE(0, file);
	/* Something for scan to find. */
	ASSERT_EQ(0, stage_hold(&self->stage, pin, self->stage.memory, self->stage.page));
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++) {
		const char *const all[] = { "--json", NULL };
		const char *const one[] = { "--json", "-o", subcommands[i].column, NULL };
		const char *const raw[] = { "-r", "-n", "-o", subcommands[i].column, NULL };
		const char *name = subcommands[i].words[0];

		ASSERT_EQ(0, start_subcommand(self, i, results, all));
		EXPECT_LT(1, count_members(self, i)) TH_LOG("%s", name);
		EXPECT_TRUE(rest_is_json(self, i)) TH_LOG("%s: not only JSON", name);
		EXPECT_TRUE(end_subcommand(self, i)) TH_LOG("%s", name);
		ASSERT_EQ(0, start_subcommand(self, i, results, one));
		EXPECT_EQ(1, count_members(self, i)) TH_LOG("%s", name);
		EXPECT_TRUE(rest_is_json(self, i)) TH_LOG("%s: not only JSON", name);
		EXPECT_TRUE(end_subcommand(self, i)) TH_LOG("%s", name);
		ASSERT_EQ(0, start_subcommand(self, i, results, raw));
		EXPECT_NE(NULL, fgets(line, sizeof(line), self->command.output)) TH_LOG("%s", name);
		line[strcspn(line, "\n")] = '\0';
		EXPECT_NE('{', line[0]) TH_LOG("%s", name);
		EXPECT_STRNE(subcommands[i].column, line) TH_LOG("%s", name);
		EXPECT_TRUE(end_subcommand(self, i)) TH_LOG("%s", name);
		evidence("subcommand=%s column=%s raw=\"%s\"", name, subcommands[i].column, line);
	}
	close(file);
}

/* Each is refused with exit code 2, the cause, and what mends it. */
static const struct {
	const char *arguments[7];
	const char *cause;
	const char *mend;
} refused[] = {
	{ { "nonsense" }, "no subcommand 'nonsense'", "usage:" },
	{ { "model", "-m", "x" }, "no kind of memory is named 'x'", "thp-pte" },
	{ { "scan", "-o", "x" }, "no column 'x'", "REFCOUNT" },
	{ { "info", "-o", "x" }, "no column 'x'", "MAX-HOLD-PAGES" },
	{ { "doctor", "-o", "x" }, "no column 'x'", "STATE" },
	{ { "bench", "-t", "/x" }, "cannot read /x", "make bench" },
	{ { "hold" }, "name whose memory", "--memory" },
	{ { "hold", "--memory", "x" }, "no kind 'x'", "thp-pte" },
	{ { "hold", "--memory", "base", "-k", "x" }, "'x' is none of pin", "--help" },
	{ { "hold", "--memory", "file=/x" }, "cannot be opened", "a file that exists" },
	{ { "hold", "--memory", "base", "-k", "get", "-l" }, "Invalid argument", "with kind pin only" },
	{ { "hold", "--pid", "1", "0x1001", "4096" }, "malformed", "multiples of the page size" },
	{ { "hold", "--pid", "1", "0x10000", "64K" }, "nothing is mapped", "/proc/PID/maps" },
	{ { "hold", "--pid", "4194304", "0", "64K" }, "no process", "ps -p" },
	{ { "page" }, "name pages", "--pid" },
	{ { "page", "12z" }, "no number", "0x1000" },
	{ { "page", "--pid", "4194304", "-a", "0" }, "/proc/4194304/pagemap", "ps -p" },
	{ { "watch", "--pid", "1" }, "name what to watch", "ADDRESS LENGTH" },
	{ { "watch", "--pid", "1", "0", "1024G" }, "too many", "at most" },
};

CASE(cli, refused, .rows = "P35")
{
	char errors[600];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		ASSERT_EQ(0, command_start(&self->command, refused[i].arguments));
		EXPECT_EQ(2, command_end(&self->command, errors, sizeof(errors)));
		EXPECT_TRUE(strstr(errors, refused[i].cause) && strstr(errors, refused[i].mend))
			TH_LOG("%zu: %s", i, errors);
	}
	evidence("refused=%zu note=\"each names its cause and the command that mends it\"",
		 ARRAY_SIZE(refused));
}

/* The command must exit with 2 and print @cause and @mend, but not @not, the name of the errno. */
#define EXPECT_WORDS(self, cause, mend, not) do {						\
	char cli_errors[600];									\
												\
	EXPECT_EQ(2, command_end(&(self)->command, cli_errors, sizeof(cli_errors)));		\
	EXPECT_TRUE(strstr(cli_errors, cause) && strstr(cli_errors, mend) &&			\
		    !strstr(cli_errors, not))							\
		TH_LOG("%s", cli_errors);							\
	evidence("said=\"%s\"", cli_errors);							\
} while (0)

/* A setting of the kernel forbids folios of 64 KiB. */
CASE(cli, refused_folio_of_another_size, .rows = "D23")
{
	char words[80];

	SUITE_NEEDS(NEEDS_MTHP);
	ASSERT_EQ(0, knob_change(mthp_setting(), "never"));
	snprintf(words, sizeof(words), "came as folios of another size: %zu bytes, not %zu",
		 PAGE_BYTES, MTHP_BYTES);
	ASSERT_EQ(0, RUN(&self->command, "hold", "-m", "mthp"));
	EXPECT_WORDS(self, words, mthp_setting(), "Bad file descriptor");
}

/* The pool has no huge page for the memory of a process. */
CASE(cli, refused_hugetlb_pool_empty, .rows = "D23")
{
	struct place here = { 0 };
	void *others, *mapped;
	char huge[24];
	size_t bytes;

	SUITE_NEEDS(NEEDS_HUGETLB);
	mapped = hugetlb_map_unreserved();
	ASSERT_NE(MAP_FAILED, mapped);
	others = hugetlb_pool_reserve(&bytes);
	ASSERT_NE(MAP_FAILED, others);
	snprintf(here.pid, sizeof(here.pid), "%d", getpid());
	snprintf(here.address, sizeof(here.address), "%p", mapped);
	snprintf(huge, sizeof(huge), "%zu", PMD_BYTES);
	ASSERT_EQ(0, RUN(&self->command, "hold", "--pid", here.pid, here.address, huge));
	EXPECT_WORDS(self, "no huge page of this size is free", "vm.nr_hugepages", "dmesg");
	if (others)
		munmap(others, bytes);
	munmap(mapped, PMD_BYTES);
}

PINCHECK_TEST_MAIN
