// SPDX-License-Identifier: GPL-2.0-only
/*
 * longterm: what a long-term pin costs other CPUs, and what it leaves when it fails. The pin has to take
 * its page out of ZONE_MOVABLE; for that no other user of the page may be left, which may be the LRU
 * batch of any CPU. To empty the batches of all CPUs takes milliseconds. Invariants: PLACEMENT, CLEAN.
 */
#include "suite.h"
#include <inttypes.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/pagemap.h"
#include "pin_accounting.h"

#define ROUNDS	8

TOPIC(longterm)
TOPIC_VARIANT(longterm, base, pin_rw_lt_fast)
TOPIC_VARIANT(longterm, base, pin_ro_lt_slow)
TOPIC_VARIANT(longterm, base, get_ro_fast)
TOPIC_VARIANT(longterm, base, pin_rw_fast)

/**
 * struct bystander - a page that waits in the LRU batch of another CPU
 * @page: its address
 * @waited: rounds in which the page waited before the pin
 * @drained: rounds among them after which the page waited no longer
 */
struct bystander {
	char *page;
	int waited;
	int drained;
};

static int run_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* A new page waits in a batch of the CPU that touched it first. Return: 0 or a negative errno. */
static int touch_on_other_cpu(char *page)
{
	int here = sched_getcpu(), error = run_on_cpu(here ? 0 : 1);

	if (!error && madvise(page, PAGE_BYTES, MADV_DONTNEED))
		error = -errno;
	if (!error)
		*(volatile char *)page = 1;
	return error ? error : run_on_cpu(here);
}

/* Return: 1 if the page is not on the LRU list yet, 0 if it is, or a negative errno. */
static int page_waits(const struct memory *memory, const char *page)
{
	struct pincheck_report report;
	__u64 pfn = pagemap_pfn(pagemap_entry(memory->pagemap, page));
	int error = pfn ? page_reports(memory->session, &pfn, 1, &report) : -ENODATA;

	return error ? error : !(report.flags & PINCHECK_PAGE_LRU);
}

/* Return: 0; -EADDRNOTAVAIL if a page is not in ZONE_MOVABLE; another negative errno. */
static int require_movable(struct subject *subject, struct witness *now)
{
	int error = witness_by_module(subject, now);

	for (size_t i = 0; i < SAMPLES && !error; i++) {
		if (!(now->report[i].flags & PINCHECK_PAGE_MOVABLE_ZONE))
			error = -EADDRNOTAVAIL;
	}
	return error;
}

/* One pin, of memory that waits in no batch. Return: 0 or a negative errno. */
static int pin_beside(struct subject *subject, struct bystander *other)
{
	struct memory *memory = &subject->memory;
	struct witness before;
	int waits, error = require_movable(subject, &before);

	if (!error)
		error = touch_on_other_cpu(other->page);
	if (error)
		return error;
	waits = page_waits(memory, other->page);
	error = waits < 0 ? waits : subject_hold(subject);
	if (error)
		return error;
	if (waits == 1) {
		other->waited++;
		other->drained += page_waits(memory, other->page) == 0;
	}
	error = subject_release(subject);
	memory_unmap(memory);
	return error ? error : memory_map(memory, subject->product->memory);
}

/*
 * PLACEMENT: the pin leaves other CPUs alone where no batch has the page. Another process may drain a
 * batch meanwhile, but not in each round.
 */
static void verdict_batches_stay(struct subject *subject, struct verdict *verdict)
{
	struct bystander other = {
		.page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0),
	};
	int error = other.page == MAP_FAILED ? -errno : 0;

	verdict_start(verdict, "PLACEMENT");
	for (int round = 0; round < ROUNDS && !error && suite_has_time(); round++)
		error = pin_beside(subject, &other);
	munmap(other.page, PAGE_BYTES);
	if (error)
		return verdict_failed(verdict, "cannot pin a page of ZONE_MOVABLE", error);
	if (!other.waited)
		return verdict_failed(verdict, "no page waits in an LRU batch: this shows nothing",
				      -EAGAIN);
	if (other.drained == other.waited)
		verdict_broken(verdict, "each pin empties the LRU batches of all CPUs", 0);
	verdict_note(verdict, "hold=%s rounds=%d waited=%d drained=%d", subject->product->hold->name,
		     ROUNDS, other.waited, other.drained);
}

/*
 * PLACEMENT. The references of the pinned page are its mapping and the pin, so no batch has to be
 * emptied. A kernel that counts a pin of a small page as one reference, not as 1024, empties all.
 */
SCENARIO(longterm, leaves_batches_alone, .rows = "B5 R47", .event = "migrate",
	 .hold = HOLD_PIN | HOLD_LONGTERM, .needs = NEEDS_MOVABLE)
{
	ASSERT_LT(1, sysconf(_SC_NPROCESSORS_ONLN));
	EXPECT_VERDICT(verdict_batches_stay, subject);
}

/* CLEAN: the long-term pin fails; no page is pinned by it, and the machine has no pin more. */
static void verdict_fails(struct subject *subject, const struct hold_kind *kind,
			  const struct witness *before, struct verdict *verdict)
{
	bool pinned = subject_holds(subject, HOLD_PIN);
	struct hold longterm = { 0 };
	int refused = hold_take(&longterm, kind, &subject->memory, 0, SAMPLES), error;
	struct witness now;
	int64_t surplus = 0;

	verdict_start(verdict, "CLEAN");
	if (refused != -ENOMEM)
		verdict_broken(verdict, "expected ENOMEM", 0);
	error = hold_release(&longterm);
	if (!error)
		error = witness_take(subject, &now);
	if (!error)
		error = pins_surplus(&surplus);
	if (error)
		return verdict_failed(verdict, "cannot count", error);
	for (size_t i = 0; i < SAMPLES; i++) {
		if (now.report[i].pins != (pinned && i == SAMPLES - 1))
			verdict_broken(verdict, "a pin is left", i);
	}
	if (surplus != pinned)
		verdict_broken(verdict, "the machine has more pins", 0);
	if (now.mapped[SAMPLES - 1] != before->mapped[SAMPLES - 1])
		verdict_broken(verdict, "the held page has moved", SAMPLES - 1);
	verdict_note(verdict, "beside=%s outcome=\"%s\" pfn_before=%" PRIx64 " pfn=%" PRIx64,
		     kind->name, strerror(-refused), before->mapped[0], now.mapped[0]);
	verdict_note(verdict, "ref=%d pins=%d pins_surplus=%" PRId64, now.report[0].refcount,
		     now.report[0].pins, surplus);
}

/*
 * CLEAN. Two pages can leave ZONE_MOVABLE, and the third one cannot, because it is held: the long-term
 * pin of all three fails, and the pins that it had taken already are given back.
 */
SCENARIO(longterm, fails_in_part, .rows = "B5 R48", .event = "migrate",
	 .not_hold = HOLD_LONGTERM | HOLD_NONE, .needs = NEEDS_MOVABLE)
{
	const struct hold_kind *const kinds[] = { &hold_pin_rw_lt_fast, &hold_pin_ro_lt_slow };
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(require_movable(subject, &before));
	ASSERT_DONE(subject_hold_part(subject, SAMPLES - 1, 1));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		EXPECT_VERDICT(verdict_fails, subject, kinds[i], &before);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

TOPIC_NEEDS("movable");
PINCHECK_TEST_MAIN
