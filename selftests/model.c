// SPDX-License-Identifier: GPL-2.0-only
/*
 * model: the reuse models of the page report, against what happens. Before a write that has to
 * fault each model says whether the page will be reused or copied; the one that this kernel is
 * known to follow for this memory has to be right.
 */
#include "suite.h"
#include "counts.h"

#define MODEL_HOLDS(X, topic, memory)								\
	X(topic, memory, none)			X(topic, memory, get_ro_fast)			\
	X(topic, memory, get_rw_fast)		X(topic, memory, pin_ro_fast)			\
	X(topic, memory, pin_rw_fast)

TOPIC(model)
MODEL_HOLDS(TOPIC_VARIANT, model, base)
MODEL_HOLDS(TOPIC_VARIANT, model, thp_pmd)
MODEL_HOLDS(TOPIC_VARIANT, model, thp_pte)
MODEL_HOLDS(TOPIC_VARIANT, model, hugetlb)

/*
 * Which model a kernel follows, by what it offers: it marks exclusive pages, and large folios know
 * whether processes share them. Hugetlb never left the mapcount, huge pages mapped by a PMD did
 * when the mark came (3bff7e3f1f16 was a moment earlier: between them there is no stock kernel).
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

/* REUSE: the first page is asked about and written, and the model was right. */
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
		verdict_broken(verdict, "this kernel's model does not tell", 0);
	else if (!!(report.reuse & model) != reused)
		verdict_broken(verdict, "this kernel's model was wrong", 0);
	verdict_note(verdict, " %s: mapcount %s, refcount %s, exclusive %s, large %s, labels %s;"
		     " pfn %llx -> %llx, refcount %d, mapcount %d", reused ? "reused" : "copied",
		     verdict_name(&report, PINCHECK_MODEL_MAPCOUNT),
		     verdict_name(&report, PINCHECK_MODEL_REFCOUNT),
		     verdict_name(&report, PINCHECK_MODEL_EXCLUSIVE),
		     verdict_name(&report, PINCHECK_MODEL_LARGE),
		     verdict_name(&report, PINCHECK_MODEL_LABELS), before, after,
		     report.refcount, report.page_mapcount);
}

/* REUSE. Nobody else's, held or not, and write-protected meanwhile. */
SCENARIO(model, nobody_elses, .rows = "B7 B8 B12 B13 R13 R20")
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	EXPECT_VERDICT(verdict_model, subject);
}

/* REUSE. A child maps it, too. */
SCENARIO(model, shared, .rows = "B7 B8 B9", .not_hold = HOLD_PIN)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_VERDICT(verdict_model, subject);
}

/* REUSE. A child mapped it, and is gone; a hold from before that, or none. */
SCENARIO(model, no_longer_shared, .rows = "B7 B8 B9 B22 R3 R24 R61", .not_hold = HOLD_PIN)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_end(&subject->child));
	EXPECT_VERDICT(verdict_model, subject);
}

/* REUSE. The same, and a page in the middle of it is held once the child is gone. */
SCENARIO(model, neighbour_held, .rows = "B12 R24 R61", .hold = HOLD_GET, .memory = MEMORY_LARGE)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_end(&subject->child));
	ASSERT_DONE(subject_hold_part(subject, subject->memory.sample[1], 1));
	EXPECT_VERDICT(verdict_model, subject);
}

PINCHECK_TEST_MAIN
