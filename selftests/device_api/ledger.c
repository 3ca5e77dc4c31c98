// SPDX-License-Identifier: GPL-2.0-only
/*
 * ledger: the page report says who has references on a page. It labels the holds of this module, of
 * any session; with the mappings and the swap cache they explain the reference count exactly, or
 * show that somebody else has a reference.
 */
#include "suite.h"
#include "counts.h"

#define LEDGER_HOLDS(X, topic, memory)								\
	X(topic, memory, none)									\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_slow)			\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, pin_rw_slow)		X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, uring)

TOPIC(ledger)
FOR_EACH_MEMORY(LEDGER_HOLDS, TOPIC_VARIANT, ledger)

/* The labels that the ledger must give one page; every page of the memory is held alike. */
struct labels {
	unsigned int gets, read_pins, write_pins, longterm_pins;
};

static struct labels labels_of(const struct subject *subject)
{
	bool pin = subject_holds(subject, HOLD_PIN), write = subject_holds(subject, HOLD_WRITE);
	struct labels none = { 0 };

	if (!subject->hold.taken || subject_holds(subject, HOLD_DRIVER))
		return none;
	return (struct labels) {
		.gets = subject_holds(subject, HOLD_GET),
		.read_pins = pin && !write,
		.write_pins = pin && write,
		.longterm_pins = subject_holds(subject, HOLD_LONGTERM),
	};
}

/* Units of references: one a base page of a large folio, or one for a small folio. */
static unsigned int units_of(const struct subject *subject)
{
	return subject_is(subject, MEMORY_LARGE) ? memory_pages(&subject->memory) : 1;
}

static int report_sample(struct subject *subject, size_t sample, struct pincheck_report *report)
{
	__u64 pfn = memory_pfn(&subject->memory, subject->memory.sample[sample]);
	int error = usermem_drain_lru();

	if (error)
		return error;
	if (!pfn)
		return cause_say(-ENODATA, "no page is mapped at sample %zu", sample);
	return pincheck_report_ledger(subject->memory.session, &pfn, 1, report);
}

static bool labels_agree(const struct pincheck_report *report, struct labels labels,
			 unsigned int units)
{
	return report->gets == labels.gets && report->read_pins == labels.read_pins &&
	       report->write_pins == labels.write_pins &&
	       report->longterm_pins == labels.longterm_pins &&
	       report->folio_gets == labels.gets * units &&
	       report->folio_pins == (labels.read_pins + labels.write_pins) * units;
}

/* ACCURACY: the ledger has @labels, and @others unexplained references. */
static void verdict_ledger(struct subject *subject, struct labels labels, int others,
			   int other_pins, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	unsigned int units = units_of(subject);
	struct pincheck_report report;
	size_t i;

	verdict_start(verdict, "ACCURACY");
	for (i = 0; i < memory->samples; i++) {
		int error = report_sample(subject, i, &report);

		if (error)
			return verdict_failed(verdict, "no report", error);
		if (!(report.present & PINCHECK_REPORT_LEDGER))
			verdict_broken(verdict, "the report has no ledger", memory->sample[i]);
		else if (!labels_agree(&report, labels, units))
			verdict_broken(verdict, "the ledger has other labels", memory->sample[i]);
		else if ((report.present & PINCHECK_REPORT_EXPLAINED) &&
			 report.unexplained != others)
			verdict_broken(verdict, "references are unexplained", memory->sample[i]);
		else if ((report.present & PINCHECK_REPORT_UNEXPLAINED_PINS) &&
			 report.unexplained_pins != other_pins)
			verdict_broken(verdict, "pins are unexplained", memory->sample[i]);
		if (!verdict->kept)
			break;
	}
	verdict_note(verdict,
		     "pfn=%llx gets=%u read_pins=%u write_pins=%u longterm_pins=%u folio_gets=%u folio_pins=%u ref=%d explained=%d unexplained=%d",
		     report.pfn, report.gets, report.read_pins, report.write_pins,
		     report.longterm_pins, report.folio_gets, report.folio_pins, report.refcount,
		     report.explained, report.unexplained);
}

#define EXPECT_LEDGER(subject, labels)								\
	EXPECT_VERDICT(verdict_ledger, subject, labels, 0, 0)

/* ACCURACY. One session's hold: the ledger has its label, and no other. */
SCENARIO(ledger, one_session, .rows = "B2 B3 B4 B5 B14 B16", .not_hold = HOLD_DRIVER)
{
	const struct labels none = { 0 };

	EXPECT_LEDGER(subject, none);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_LEDGER(subject, labels_of(subject));
	ASSERT_DONE(subject_release(subject));
	EXPECT_LEDGER(subject, none);
}

/* ACCURACY. Another session's holds on the same pages count until that session closes. */
SCENARIO(ledger, two_sessions, .rows = "B1 B2 B3 B4 B5", .not_hold = HOLD_DRIVER)
{
	struct pincheck_hold pin = {
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST,
		.flags = PINCHECK_HOLD_WRITE | PINCHECK_HOLD_LONGTERM,
		.addr = (uintptr_t)subject->memory.start, .len = subject->memory.bytes,
	};
	struct pincheck_hold get = {
		.kind = PINCHECK_KIND_GET, .path = PINCHECK_PATH_FAST,
		.addr = (uintptr_t)subject->memory.start, .len = subject->memory.bytes,
	};
	struct labels labels;
	int other;

	/* The writer pins first: a write fault may take the page from a reader (R13, R19). */
	other = pincheck_open();
	ASSERT_DONE(other);
	ASSERT_DONE(pincheck_hold(other, &pin));
	ASSERT_DONE(pincheck_hold(other, &get));
	ASSERT_DONE(subject_hold(subject));
	labels = labels_of(subject);
	labels.gets++;
	labels.write_pins++;
	labels.longterm_pins++;
	EXPECT_LEDGER(subject, labels);
	close(other);
	EXPECT_LEDGER(subject, labels_of(subject));
}

/*
 * ACCURACY. io_uring's pin is not the module's: it is unexplained, and for a large folio the ledger
 * tells it from a plain reference.
 */
SCENARIO(ledger, somebody_else, .rows = "B6 B14 B15", .hold = HOLD_DRIVER)
{
	const struct labels none = { 0 };
	struct pincheck_info info;
	bool large = subject_is(subject, MEMORY_LARGE);
	int pins;

	ASSERT_DONE(pincheck_info(subject->memory.session, &info));
	ASSERT_DONE(subject_hold(subject));
	pins = hold_expected_pins(&subject->hold, 0, large);
	EXPECT_VERDICT(verdict_ledger, subject, none, large ? pins : (int)info.pin_bias,
		       large ? pins : 0);
	ASSERT_DONE(subject_release(subject));
	EXPECT_LEDGER(subject, none);
}

PINCHECK_TEST_MAIN
