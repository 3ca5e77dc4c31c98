// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_holds: compares the reuse models of the page report with what the kernel does. Before a
 * write fault each model predicts whether the kernel reuses or copies the page. The model that this
 * kernel is known to follow for this memory must be right.
 */
#include "suite.h"
#include "counts.h"

#define MODEL_HOLDS(X, topic, memory)								\
	X(topic, memory, none)			X(topic, memory, get_ro_fast)			\
	X(topic, memory, get_rw_fast)		X(topic, memory, pin_ro_fast)			\
	X(topic, memory, pin_rw_fast)

SUITE_EVENT("write")
TOPIC(model_holds)
MODEL_HOLDS(TOPIC_VARIANT, model_holds, base)
MODEL_HOLDS(TOPIC_VARIANT, model_holds, thp_pmd)
MODEL_HOLDS(TOPIC_VARIANT, model_holds, thp_pte)
MODEL_HOLDS(TOPIC_VARIANT, model_holds, hugetlb)

/*
 * The model that a kernel follows shows in its features: a mark for exclusive pages, and large
 * folios that know whether processes share them. Hugetlb still follows the mapcount. PMD-mapped
 * huge pages follow it up to 3bff7e3f1f16 (5.18); no stock kernel has that commit but not the mark
 * (5.19).
 */
static unsigned int model_of(const struct subject *subject, const struct pincheck_report *report)
{
	if (subject_is(subject, MEMORY_HUGETLB))
		return PINCHECK_MODEL_MAPCOUNT;
	if (report->flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE)
		return report->flags_known & PINCHECK_PAGE_MAPPED_SHARED ?
		       PINCHECK_MODEL_LARGE : PINCHECK_MODEL_EXCLUSIVE;
	return subject_is(subject, MEMORY_PMD) ? PINCHECK_MODEL_MAPCOUNT : PINCHECK_MODEL_REFCOUNT;
}

static const char *verdict_name(const struct pincheck_report *report, unsigned int model)
{
	return !(report->reuse_known & model) ? "?" : report->reuse & model ? "reuse" : "copy";
}

/* REUSE: writes to the first page; the model predicted the outcome. */
static void verdict_model(struct subject *subject, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	__u64 before = memory_pfn(memory, memory->sample[0]), after;
	struct pincheck_report report;
	int error = usermem_drain_lru();
	unsigned int model;
	bool reused;

	verdict_start(verdict, "REUSE");
	if (!error)
		error = pincheck_report_ledger(memory->session, &before, 1, &report);
	if (error)
		return verdict_failed(verdict, "no report", error);
	model = model_of(subject, &report);
	memory_fill_sample(memory, 0, AFTER);
	after = memory_pfn(memory, memory->sample[0]);
	reused = before == after;
	if (!(report.reuse_known & model))
		verdict_broken(verdict, "the model of this kernel predicts nothing", 0);
	else if (!!(report.reuse & model) != reused)
		verdict_broken(verdict, "this kernel's model was wrong", 0);
	verdict_note(verdict,
		     "page=0 outcome=%s mapcount=%s refcount=%s exclusive=%s large=%s labels=%s before_pfn=%llx pfn=%llx ref=%d map=%d",
		     reused ? "reused" : "copied", verdict_name(&report, PINCHECK_MODEL_MAPCOUNT),
		     verdict_name(&report, PINCHECK_MODEL_REFCOUNT),
		     verdict_name(&report, PINCHECK_MODEL_EXCLUSIVE),
		     verdict_name(&report, PINCHECK_MODEL_LARGE),
		     verdict_name(&report, PINCHECK_MODEL_LABELS), before, after, report.refcount,
		     report.page_mapcount);
}

/* REUSE. No other process maps the page, held or not, which was write-protected. */
SCENARIO(model_holds, nobody_elses, .rows = "B7 B8 B12 B13 R13 R20")
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	EXPECT_VERDICT(verdict_model, subject);
}

/* REUSE. A child maps the page, too. */
SCENARIO(model_holds, shared, .rows = "B7 B8 B9", .not_hold = HOLD_PIN)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_VERDICT(verdict_model, subject);
}

/* REUSE. A child mapped the page and has exited; the page is held since before the fork, or not. */
SCENARIO(model_holds, no_longer_shared, .rows = "B7 B8 B9 B22 R3 R24 R61", .not_hold = HOLD_PIN)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_end(&subject->child));
	EXPECT_VERDICT(verdict_model, subject);
}

/* REUSE. The same, but a page in the middle of the memory is held after the exit of the child. */
SCENARIO(model_holds, neighbour_held, .rows = "B12 R24 R61", .hold = HOLD_GET, .memory = MEMORY_LARGE)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_end(&subject->child));
	ASSERT_DONE(subject_hold_part(subject, subject->memory.sample[1], 1));
	EXPECT_VERDICT(verdict_model, subject);
}

PINCHECK_TEST_MAIN
