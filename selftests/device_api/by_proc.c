// SPDX-License-Identifier: GPL-2.0-only
/*
 * by_proc: a run without the module takes its page reports from /proc/kpageflags and /proc/kpagecount. Beside
 * the module, REPORT and these files must say the same of each page.
 */
#include "suite.h"
#include <inttypes.h>

SUITE_EVENT("fork")
TOPIC(by_proc)
TOPIC_VARIANT(by_proc, base, none)
TOPIC_VARIANT(by_proc, swapped, none)
TOPIC_VARIANT(by_proc, swapcache, none)
TOPIC_VARIANT(by_proc, thp_pmd, none)
TOPIC_VARIANT(by_proc, thp_pte, none)
TOPIC_VARIANT(by_proc, mthp, none)
TOPIC_VARIANT(by_proc, hugetlb, none)
TOPIC_VARIANT(by_proc, zero, none)
TOPIC_VARIANT(by_proc, shmem_shared, none)
TOPIC_VARIANT(by_proc, shmem_private, none)
TOPIC_VARIANT(by_proc, tmpfs_huge, none)
TOPIC_VARIANT(by_proc, memfd_hugetlb, none)
TOPIC_VARIANT(by_proc, ext4_shared, none)
TOPIC_VARIANT(by_proc, packet_ring, none)
TOPIC_VARIANT(by_proc, secret, none)

/* What the reports differ in, of what both know; NULL: nothing */
static const char *difference(const struct pincheck_report *module, const struct pincheck_report *proc)
{
	const __u64 known = module->flags_known & proc->flags_known;

	if (!(proc->present & PINCHECK_REPORT_PAGE))
		return "/proc says nothing of the page";
	if ((module->flags ^ proc->flags) & known)
		return "the flags differ";
	if (module->head != proc->head || module->order != proc->order)
		return "the folios differ";
	if ((module->present & proc->present & PINCHECK_REPORT_MAPCOUNT) &&
	    module->page_mapcount != proc->page_mapcount)
		return "the mapcounts differ";
	return NULL;
}

static void compare_sources(struct subject *subject, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct pincheck_report module[SAMPLES], proc[SAMPLES];
	uint64_t pfn[SAMPLES];
	int error = usermem_drain_lru();

	verdict_start(verdict, "ACCURACY");
	memory_pfns(memory, memory->pagemap, pfn);
	if (!error)
		error = pincheck_report(memory->session, (const __u64 *)pfn, memory->samples, module);
	if (!error)
		error = page_reports(PAGES_BY_PROC, (const __u64 *)pfn, memory->samples, proc);
	if (error)
		return verdict_failed(verdict, "cannot report the pages", error);
	for (size_t i = 0; i < memory->samples && verdict->kept; i++) {
		const char *what = difference(&module[i], &proc[i]);

		if (what)
			verdict_broken(verdict, what, memory->sample[i]);
		if (i && verdict->kept)
			continue;
		verdict_note(verdict, "pfn=%" PRIx64 " flags=%llx flags_known=%llx flags_by_proc=%llx known_by_proc=%llx "
			     "order=%u order_by_proc=%u map=%d map_by_proc=%d", pfn[i], module[i].flags,
			     module[i].flags_known, proc[i].flags, proc[i].flags_known, module[i].order,
			     proc[i].order, module[i].page_mapcount, proc[i].page_mapcount);
	}
}

/* The kernel locks and isolates pages for a moment: see verdict_accurate(). */
static void verdict_sources_agree(struct subject *subject, struct verdict *verdict)
{
	int64_t end = moment_end();

	do {
		compare_sources(subject, verdict);
	} while (!verdict->kept && !verdict->error && moment_goes_on(end));
}

/* ACCURACY. Of the pages of one process, and of those that it shares with a child. */
SCENARIO(by_proc, agrees, .rows = "P44 B14", .needs = NEEDS_KPAGEFLAGS)
{
	EXPECT_VERDICT(verdict_sources_agree, subject);
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_VERDICT(verdict_sources_agree, subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_VERDICT(verdict_sources_agree, subject);
}

PINCHECK_TEST_MAIN
