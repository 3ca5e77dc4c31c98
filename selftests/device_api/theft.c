// SPDX-License-Identifier: GPL-2.0-only
/*
 * theft: someone releases another's pin. The kernel has only a count and cannot notice. The ledger
 * knows pincheck's pins and notices the first stolen one: the kernel counts one pin less.
 * Invariants: ACCURACY, CLEAN. See Documentation/ledger.md.
 */
#include "suite.h"
#include <sys/mman.h>
#include "counts.h"
#include "pin_accounting.h"

#define THEFT_SHORT_HOLDS(X, topic, memory)							\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_rw_slow)

#define THEFT_HOLDS(X, topic, memory)								\
	THEFT_SHORT_HOLDS(X, topic, memory)							\
	X(topic, memory, pin_ro_lt_slow)	X(topic, memory, pin_rw_lt_fast)

SUITE_EVENT("steal")
TOPIC(theft)
FOR_EACH_MEMORY(THEFT_HOLDS, TOPIC_VARIANT, theft)
THEFT_HOLDS(TOPIC_VARIANT, theft, shmem_shared)
THEFT_SHORT_HOLDS(TOPIC_VARIANT, theft, ext4_shared)

/* The stolen pins of a hold: of which samples, and how many. */
struct stolen_pins {
	bool of[SAMPLES];
	int pins;
};

static int steal_pin(struct subject *subject, struct stolen_pins *stolen, size_t sample)
{
	long pins = pincheck_release_part(subject->memory.session, subject->hold.id,
					    PINCHECK_RELEASE_STEAL, subject->memory.sample[sample],
					    1);

	if (pins < 0)
		return pins;
	stolen->of[sample] = true;
	stolen->pins += pins;
	if (pins != 1)
		return cause_say(-ENODATA, "%ld pins of one page were stolen", pins);
	return 0;
}

/* The ledger still counts all pins: else it would be no theft. */
static bool ledger_unchanged(const struct subject *subject, const struct pincheck_report *report)
{
	size_t units = report->order ? memory_pages(&subject->memory) : 1;

	return (report->present & PINCHECK_REPORT_LEDGER) &&
	       report->read_pins + report->write_pins == 1 && report->folio_pins == units;
}

/* Stealing a pin of a small folio takes the bias away and leaves one plain reference. */
static bool theft_seen(const struct pincheck_report *report, const struct stolen_pins *stolen,
		       size_t i)
{
	int lack = !report->order && stolen->of[i] ? pin_bias() - 1 : 0;

	if (report->order && (!(report->present & PINCHECK_REPORT_UNEXPLAINED_PINS) ||
			      report->unexplained_pins != -stolen->pins))
		return false;
	return (report->present & PINCHECK_REPORT_EXPLAINED) && report->unexplained == -lack;
}

/* ACCURACY: the reports miss each stolen pin, and no other. */
static void verdict_theft(struct subject *subject, const struct stolen_pins *stolen,
			  struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct pincheck_report report = { 0 };
	int error = usermem_drain_lru();

	verdict_start(verdict, "ACCURACY");
	verdict_note(verdict, "stolen=%d", stolen->pins);
	for (size_t i = 0; i < memory->samples && !error; i++) {
		__u64 pfn = memory_pfn(memory, memory->sample[i]);

		error = pincheck_report_ledger(memory->session, &pfn, 1, &report);
		verdict_note(verdict,
			     "page=%zu robbed=%d ref=%d pins=%d folio_pins=%u unexplained=%d unexplained_pins=%d",
			     memory->sample[i], !!stolen->of[i], report.refcount, report.pins,
			     report.folio_pins, report.unexplained, report.unexplained_pins);
		if (!ledger_unchanged(subject, &report))
			verdict_broken(verdict, "the ledger's counts changed", memory->sample[i]);
		if (!theft_seen(&report, stolen, i))
			verdict_broken(verdict, "the report miscounts stolen pins", memory->sample[i]);
	}
	if (error)
		verdict_failed(verdict, "no report", error);
}

#define EXPECT_THEFT(subject, stolen)	EXPECT_VERDICT(verdict_theft, subject, stolen)

/* ACCURACY. The control: the reports miss no pin that its owner released. */
SCENARIO(theft, nothing_stolen, .rows = "B14")
{
	const struct stolen_pins none = { .pins = 0 };
	struct hold other = { 0 };

	ASSERT_DONE(subject_hold(subject));
	EXPECT_THEFT(subject, &none);
	ASSERT_DONE(hold_take(&other, subject->product->hold, &subject->memory, 0, 1));
	ASSERT_DONE(hold_release(&other));
	EXPECT_THEFT(subject, &none);
	ASSERT_DONE(subject_release(subject));
}

/* ACCURACY. The reports miss each stolen pin at once; the release restores all counts. */
SCENARIO(theft, first_stolen, .rows = "B14")
{
	size_t pages = memory_pages(&subject->memory);
	struct stolen_pins stolen = { .pins = 0 };
	struct counts before;
	int64_t had, has;

	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(pins_surplus(&had));
	for (size_t i = subject->memory.samples; i-- > 0;) {
		ASSERT_DONE(steal_pin(subject, &stolen, i));
		EXPECT_THEFT(subject, &stolen);
	}
	ASSERT_DONE(pins_surplus(&has));
	evidence("nr_foll_pin_before=%lld stolen=%d nr_foll_pin=%lld", (long long)had, stolen.pins,
		 (long long)has);
	EXPECT_EQ(had - stolen.pins, has);
	ASSERT_DONE(subject_release(subject));
	EXPECT_CHANGE(subject, &before, pages, 0);
	ASSERT_DONE(pins_surplus(&has));
	EXPECT_EQ(0, has);
}

/* A folio looks pinned until its last pin is stolen. */
SCENARIO(theft, down_to_the_last, .rows = "B14 B16")
{
	struct memory *memory = &subject->memory;
	long pages = memory_pages(memory);
	struct pincheck_report report;
	__u64 pfn;

	ASSERT_DONE(subject_hold(subject));
	pfn = memory_pfn(memory, 0);
	EXPECT_EQ(pages - 1, pincheck_release_part(memory->session, subject->hold.id,
						   PINCHECK_RELEASE_STEAL, 1, pages - 1));
	ASSERT_DONE(pincheck_report_ledger(memory->session, &pfn, 1, &report));
	EXPECT_NE(0, report.flags & PINCHECK_PAGE_MAYBE_DMA_PINNED);
	EXPECT_EQ(1, report.pins);
	EXPECT_EQ(1, pincheck_release_part(memory->session, subject->hold.id,
					   PINCHECK_RELEASE_STEAL, 0, 1));
	ASSERT_DONE(pincheck_report_ledger(memory->session, &pfn, 1, &report));
	evidence("pins=%d folio_pins=%u note=\"all are stolen\"", report.pins, report.folio_pins);
	EXPECT_EQ(0, report.flags & PINCHECK_PAGE_MAYBE_DMA_PINNED);
	EXPECT_EQ(0, report.pins);
	EXPECT_NE(0, report.folio_pins);
	ASSERT_DONE(subject_release(subject));
}

/* No use after free: a hold whose pins were stolen still has plain references. */
SCENARIO(theft, robbed_and_unmapped, .rows = "B14")
{
	struct memory *memory = &subject->memory;
	long pages = memory_pages(memory);
	struct counts before, now;

	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_EQ(pages, pincheck_release_part(memory->session, subject->hold.id,
					       PINCHECK_RELEASE_STEAL, 0, pages));
	ASSERT_NE(MAP_FAILED, mmap(memory->start, memory->bytes, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memory_fill(memory, AFTER);
	EXPECT_DEVICE_SEES(subject, BEFORE);
	ASSERT_DONE(counts_again(subject, &before, &now));
	for (size_t i = 0; i < memory->samples; i++) {
		EXPECT_EQ(0, now.report[i].pins);
		EXPECT_LE(before.report[i].order ? pages : 1, now.report[i].refcount);
	}
	evidence("ref=%d pins=%d note=\"unmapped and robbed\"", now.report[0].refcount,
		 now.report[0].pins);
	ASSERT_DONE(subject_release(subject));
}

/* ACCURACY, CLEAN. One release covers pages with stolen pins and pages with their pins. */
SCENARIO(theft, given_back_in_parts, .rows = "B14")
{
	struct memory *memory = &subject->memory;
	size_t pages = memory_pages(memory), middle = pages / 2;
	struct stolen_pins stolen = { .pins = 0 };
	struct counts before;

	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(steal_pin(subject, &stolen, 1));
	EXPECT_EQ(2, pincheck_release_part(memory->session, subject->hold.id, 0, middle, 2));
	subject->hold.taken = false;
	if (pages > 3) {
		EXPECT_EQ(1, pincheck_release_part(memory->session, subject->hold.id,
						   PINCHECK_RELEASE_STEAL, middle + 2, 1));
	}
	EXPECT_EQ((long)pages - 2, pincheck_release(memory->session, subject->hold.id));
	EXPECT_CHANGE(subject, &before, pages, 0);
}

PINCHECK_TEST_MAIN
