// SPDX-License-Identifier: GPL-2.0-only
/*
 * BENCH, which times the kernel's own calls, releases all that it takes, whatever its arguments. No
 * time is judged here. Invariants: ACCURACY of its numbers, CLEAN. One variant a way to take
 * references.
 */
#include "suite.h"
#include <sys/mman.h>
#include "pin_accounting.h"
#include "stage.h"

#define ROUNDS	5
#define UNTOUCHED	0x5c5c5c5c5c5c5c5cULL

FIXTURE(bench)
{
	struct stage stage;
	struct pincheck_bench call;
	struct pincheck_bench_sample samples[ROUNDS + 1];
};

STAGE_ROWS(bench)

FOR_EACH_HOLD_ROW(STAGE_VARIANT, bench)

FIXTURE_SETUP(bench)
{
	ASSERT_STAGE_OPEN(&self->stage);
	memset(self->samples, UNTOUCHED & 0xff, sizeof(self->samples));
	self->call = (struct pincheck_bench) {
		.kind = variant->row.kind, .path = variant->row.path, .flags = variant->row.flags,
		.addr = (uintptr_t)self->stage.memory, .len = self->stage.length,
		.rounds = ROUNDS, .samples = (uintptr_t)self->samples,
	};
}

STAGE_TEARDOWN(bench)

/* References that all sessions took since the module was loaded. */
static int64_t read_acquired(const FIXTURE_DATA(bench) *self)
{
	struct pincheck_info info;
	int error = pincheck_info(self->stage.session, &info);

	return error ? error : (int64_t)info.acquired;
}

/* Return: the reference counts of all pages, added up, or -errno. */
static int64_t sum_references(const FIXTURE_DATA(bench) *self)
{
	struct pincheck_report report;
	int64_t sum = 0;

	for (size_t i = 0; i < STAGE_PAGES; i++) {
		int error = stage_report(&self->stage, self->stage.memory + i * self->stage.page,
					 &report);

		if (error)
			return error;
		sum += report.refcount;
	}
	return sum;
}

/* ACCURACY, CLEAN. BENCH runs the given rounds on all pages, and leaves no reference. */
CASE(bench, rounds, .rows = "P18")
{
	int64_t before = read_acquired(self), expected = ROUNDS * STAGE_PAGES;
	int64_t counts = sum_references(self);
	struct pincheck_info info;

	ASSERT_LE(0, before);
	ASSERT_LT(0, counts);
	ASSERT_EQ(0, pincheck_bench(self->stage.session, &self->call));
	EXPECT_EQ(STAGE_PAGES, self->call.pages);
	EXPECT_EQ(expected, read_acquired(self) - before);
	for (size_t i = 0; i < ROUNDS; i++) {
		EXPECT_NE(UNTOUCHED, self->samples[i].take_ns);
		EXPECT_NE(UNTOUCHED, self->samples[i].give_ns);
	}
	EXPECT_EQ(UNTOUCHED, self->samples[ROUNDS].take_ns);
	EXPECT_EQ(UNTOUCHED, self->samples[ROUNDS].give_ns);
	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	EXPECT_EQ(0, info.session_pages);
	EXPECT_EQ(0, info.session_holds);
	EXPECT_EQ(0, vm_pin_kib());
	EXPECT_EQ(counts, sum_references(self));
	evidence("rounds=%d pages=%llu references=%lld refs_change=%lld", ROUNDS, self->call.pages,
		 (long long)expected, (long long)counts);
	evidence("round=1 take_ns=%llu give_ns=%llu", self->samples[0].take_ns,
		 self->samples[0].give_ns);
}

/* The call of the case above with one bad field. */
#define ROW(error, ...)									\
	{ #__VA_ARGS__, error, ({							\
		struct pincheck_bench bad = self->call;					\
											\
		bad.__VA_ARGS__;							\
		bad; }) }

CASE(bench, refused, .rows = "P1")
{
	const struct {
		const char *what;
		int error;
		struct pincheck_bench change;
	} rows[] = {
		ROW(-EINVAL, rounds = 0),
		ROW(-EINVAL, rounds = PINCHECK_BENCH_ROUNDS_MAX + 1),
		ROW(-EINVAL, rounds = ~0U),
		ROW(-EINVAL, kind = 0),
		ROW(-EINVAL, kind = PINCHECK_KIND_MEMFD),
		ROW(-EINVAL, kind = ~0U),
		ROW(-EINVAL, path = 0),
		ROW(-EINVAL, path = PINCHECK_PATH_SLOW + 1),
		ROW(-EINVAL, flags |= PINCHECK_HOLD_FORCE),
		ROW(-EINVAL, addr += 1),
		ROW(-EINVAL, len = 0),
		ROW(-EINVAL, len -= 1),
		ROW(-EINVAL, len = ~4095ULL),
		/* The range must end in user space, even if it begins far below. */
		ROW(-E2BIG, len = 1ULL << 40, bad.addr = 1ULL << 30),
		ROW(-EFAULT, len += self->stage.page),
		ROW(-EFAULT, addr -= self->stage.page),
		ROW(-EFAULT, samples = 1),
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pincheck_bench call = rows[i].change;

		EXPECT_EQ(rows[i].error, pincheck_bench(self->stage.session, &call)) {
			TH_LOG("%s", rows[i].what);
		}
	}
	evidence("refused=%zu first=\"%s\"", ARRAY_SIZE(rows), rows[0].what);
}

/* Long-term is for pins: the kernel warns about anything else. */
CASE(bench, longterm, .rows = "P1")
{
	bool pin = variant->row.kind == PINCHECK_KIND_PIN;
	int expected = pin ? 0 : -EINVAL;

	self->call.flags |= PINCHECK_HOLD_LONGTERM;
	EXPECT_EQ(expected, pincheck_bench(self->stage.session, &self->call));
	evidence("longterm=%d", expected);
}

/* CLEAN. A page of the range is unmapped: BENCH releases the pages before it, every round. */
CASE(bench, unmapped_page_refused, .rows = "P18")
{
	int64_t before = read_acquired(self), taken;

	munmap(self->stage.memory + 3 * self->stage.page, self->stage.page);
	EXPECT_EQ(-EFAULT, pincheck_bench(self->stage.session, &self->call));
	taken = read_acquired(self) - before;
	EXPECT_EQ(3, taken);
	EXPECT_EQ(UNTOUCHED, self->samples[0].take_ns);
	evidence("references=%lld note=\"taken before the hole, and given back\"",
		 (long long)taken);
}

PINCHECK_TEST_MAIN
