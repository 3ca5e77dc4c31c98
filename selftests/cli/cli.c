// SPDX-License-Identifier: GPL-2.0-only
/*
 * cli: the output of the pincheck command, compared with what the test knows: pages that it holds
 * itself, what this kernel is known to do, and what the command must refuse.
 */
#include "cli_suite.h"
#include <ctype.h>
#include <sys/mman.h>

CLI_TOPIC(cli)

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
	{ "trace", PINCHECK_FEAT_TRACE },
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
	{ { "map", "PID" }, "mappings", "PINNED", "pinned", 1 << 0 },
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
CASE_TIMEOUT(cli, tables, 90, .rows = "P34")
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

/* What GUP does with memory in each state: pages that are there and writable come by the fast path. */
static const struct {
	const char *name;
	bool fast;
} gup_paths[] = {
	{ "pin-fast-rw/base/warm", true }, { "pin-slow-rw/base/warm", false },
	{ "get-fast-rw/base/warm", true }, { "pin-fast-rw/base/cold", false },
	{ "pin-fast-rw/base/reuse", false }, { "pin-fast-rw/base/copy", false },
	{ "pin-fast-rw/base/warm/threads", true },
};

/* ACCURACY. The benchmark measures what its rows say, and each of its pages is given back (CLEAN). */
CASE(cli, bench_gup, .rows = "P34 B1 B6")
{
	const json_t *row;
	size_t i, j, seen = 0;
	json_t *root;

	SUITE_NEEDS(NEEDS_PATH | NEEDS_THREADS);
	ASSERT_EQ(0, RUN(&self->command, "bench", "gup", "--json", "--size", "2M", "--passes", "2",
			 "--repeats", "3", "--rows", "*/base/*"));
	root = command_json(&self->command);
	ASSERT_NE(NULL, root);
	json_array_foreach(json_object_get(root, "gup"), i, row) {
		for (j = 0; j < ARRAY_SIZE(gup_paths); j++) {
			if (strcmp(gup_paths[j].name, text_of(row, "name")))
				continue;
			seen++;
			EXPECT_EQ(gup_paths[j].fast ? number_of(row, "pages") : 0, number_of(row, "fast"))
				TH_LOG("%s", gup_paths[j].name);
			EXPECT_EQ((long long)((2UL << 20) / PAGE_BYTES), number_of(row, "pages"));
			EXPECT_LT(0, json_number_value(json_object_get(row, "take")));
			EXPECT_LE(json_number_value(json_object_get(row, "low")),
				  json_number_value(json_object_get(row, "high")));
		}
	}
	EXPECT_EQ(ARRAY_SIZE(gup_paths), seen);
	evidence("rows=%zu paths_compared=%zu", json_array_size(json_object_get(root, "gup")), seen);
	json_decref(root);
	EXPECT_EXIT(self, 0);
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
	{ { "scan", "--by", "x" }, "'x' is none of process", "holder" },
	{ { "scan", "--by", "node", "-o", "x" }, "no column 'x'", "FOLIOS" },
	{ { "scan", "--pid", "0" }, "0 is no process", "ps" },
	{ { "scan", "--block", "4194304" }, "no memory block 4194304", "lsmem" },
	{ { "scan", "--block", "1", "--pinned" }, "--block looks at all", "leave the other options out" },
	{ { "info", "-o", "x" }, "no column 'x'", "MAX-HOLD-PAGES" },
	{ { "doctor", "-o", "x" }, "no column 'x'", "STATE" },
	{ { "doctor", "-s", "/x" }, "/x has no test programs", "make tests" },
	{ { "bench", "-t", "/x" }, "cannot read /x", "make bench" },
	{ { "bench", "gup", "-C", "/x" }, "cannot read figures from /x", "--save FILE" },
	{ { "bench", "gup", "-R", "x" }, "no row matches 'x'", "-o NAME" },
	{ { "bench", "gup", "-b", "1" }, "--size 1", "from 2097152" },
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

/* Return: what the column @column of check @name has; "" if there is no such check */
static const char *text_of_check(const json_t *root, const char *name, const char *column)
{
	const json_t *check;
	size_t i;

	json_array_foreach(json_object_get(root, "checks"), i, check) {
		if (!strcmp(text_of(check, "check"), name))
			return text_of(check, column);
	}
	return "";
}

/* doctor names the requirements that this machine does not meet, and no other; and what the taint means. */
CASE(cli, doctor_suite, .rows = "P34")
{
	char path[4096], errors[600];
	const char *name, *reason;
	size_t lacks = 0, rows = 0;
	json_t *root;

	suite_self(path, sizeof(path));
	ASSERT_EQ(0, RUN(&self->command, "doctor", "--json", "--suite", dirname(path)));
	root = command_json(&self->command);
	if (!root)
		command_end(&self->command, errors, sizeof(errors));
	ASSERT_NE(NULL, root) TH_LOG("%s", errors);
	for (size_t i = 0; require_row(i, &name, &reason); i++) {
		/* The question for cgroup v1 takes its controller away from cgroup v2, for a while. */
		if (!name || !strcmp(name, "NEEDS_RECLAIM"))
			continue;
		rows++;
		lacks += !!reason;
		EXPECT_STREQ(reason ? "skips" : "", text_of_check(root, name, "state"))
			TH_LOG("%s: %s", name, reason ?: "met");
	}
	EXPECT_NE(NULL, strstr(text_of_check(root, "taint", "found"), "pincheck is one"));
	evidence("requirements=%zu lacks=%zu taint=\"%s\"", rows, lacks, text_of_check(root, "taint", "found"));
	json_decref(root);
	command_end(&self->command, NULL, 0);
}

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

PINCHECK_TEST_MAIN
