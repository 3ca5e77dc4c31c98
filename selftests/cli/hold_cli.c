// SPDX-License-Identifier: GPL-2.0-only
/* hold_cli: the holds that `pincheck hold` takes, and what it prints where it can take none. */
#include "cli_suite.h"
#include <sys/mman.h>
#include "hugetlb_pool.h"
#include "knob_journal.h"

CLI_TOPIC(hold_cli)

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

CASE(hold_cli, memory_of_its_own, .rows = "P33")
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

/* ACCURACY. A hold by process number takes the pages that this process has. */
CASE(hold_cli, of_another_process, .rows = "R50")
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
CASE(hold_cli, ended_by_a_signal, .rows = "B28")
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
CASE(hold_cli, for_a_command, .rows = "P33")
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
CASE(hold_cli, folio_of_another_size, .rows = "D23")
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
CASE(hold_cli, hugetlb_pool_empty, .rows = "D23")
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
