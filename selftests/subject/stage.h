/* SPDX-License-Identifier: GPL-2.0-only */
/* The stage of the tests of the device: a session, STAGE_PAGES base pages, one hold on them. */
#ifndef PINCHECK_SELFTESTS_STAGE_H
#define PINCHECK_SELFTESTS_STAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/pincheck.h>
#include "evidence.h"
#include "hold_rows.h"
#include "pin_accounting.h"

#define STAGE_PAGES	8
#define WHY		160	/* bytes of a reason for a person */

struct stage {
	/** @before: counters of the module before the stage opened its session */
	struct pin_accounting before;
	/** @session: of the device; -1 once closed */
	int session;
	/** @page: bytes of a base page */
	size_t page;
	/** @length: bytes of @memory */
	size_t length;
	/** @memory: STAGE_PAGES base pages, written, with an unmapped page on either side */
	unsigned char *memory;
	/** @hold: the last answer of HOLD; .hold is 0 if the stage has no hold */
	struct pincheck_hold hold;
};

/** struct hold_row - one way to hold pages: a row of the table in hold_rows.h, as data */
struct hold_row {
	__u32 kind;
	__u32 path;
	__u32 flags;
};

/** STAGE_ROW() - initializes a struct hold_row */
#define STAGE_ROW(kind, path, flags)	{ PINCHECK_KIND_##kind, PINCHECK_PATH_##path, flags }

/** STAGE_VARIANT() - the variant @name of @topic, which has a struct hold_row row */
#define STAGE_VARIANT(topic, name, kind, path, flags)						\
	FIXTURE_VARIANT_ADD(topic, name) { .row = STAGE_ROW(kind, path, flags) };

/** STAGE_ROWS() - the variants of @topic have a struct hold_row row, which names their hold */
#define STAGE_ROWS(topic)									\
	FIXTURE_VARIANT(topic) { struct hold_row row; };					\
	SUITE_FACTS(topic)									\
	{											\
		facts->hold = name;								\
	}

/**
 * stage_open() - read the module's counters, open a session, map and write the memory
 *
 * Return: 0 or -errno; @why then says what failed and what mends it.
 */
int stage_open(struct stage *stage, char *why, size_t size);

/** ASSERT_STAGE_OPEN() - stage_open() for FIXTURE_SETUP */
#define ASSERT_STAGE_OPEN(stage) do {								\
	char stage_why[WHY];									\
												\
	ASSERT_EQ(0, stage_open(stage, stage_why, sizeof(stage_why)))				\
		TH_LOG("%s", stage_why);							\
} while (0)

/** stage_hold() - take a hold as in @row; stage->hold is the answer. Return: 0 or -errno */
int stage_hold(struct stage *stage, struct hold_row row, const void *address, size_t length);

/** stage_hold_all() - take a hold as in @row on the whole memory */
int stage_hold_all(struct stage *stage, struct hold_row row);

/**
 * stage_close() - close the session, unmap, and compare the counters with those of stage_open()
 * @machine: compare the pins of the machine, too, which takes longer
 *
 * Return: true if nothing is left; if not, @why says what is left.
 */
bool stage_close(struct stage *stage, bool machine, char *why, size_t size);

/** EXPECT_STAGE_CLEAN() - for FIXTURE_TEARDOWN; compares the machine once for each variant */
#define EXPECT_STAGE_CLEAN(stage) do {								\
	bool stage_machine = !suite_current || suite_current->ends_variant;			\
	char stage_why[WHY] = "";								\
												\
	EXPECT_TRUE(stage_close(stage, stage_machine, stage_why, sizeof(stage_why))) {		\
		TH_LOG("CLEAN: %s", stage_why);							\
	}											\
} while (0)

/** STAGE_TEARDOWN() - for a topic whose fixture owns nothing but the stage */
#define STAGE_TEARDOWN(topic)									\
	FIXTURE_TEARDOWN(topic)									\
	{											\
		EXPECT_STAGE_CLEAN(&self->stage);						\
	}

/** stage_use_all_cpus() - let a race use all CPUs: the suite runs on one CPU */
void stage_use_all_cpus(void);

/** stage_use_one_cpu() - the calling thread stays on the @nth of the CPUs that it may use, from 0 */
void stage_use_one_cpu(unsigned int nth);

/** stage_no_huge_pages() - only base pages in this range. Return: 0 or -errno */
int stage_no_huge_pages(void *start, size_t bytes);

/** stage_pfn() - Return: the page frame number that is mapped at @address, or 0 */
uint64_t stage_pfn(const void *address);

/** stage_report() - read the report of the page mapped at @address. Return: 0 or -errno */
int stage_report(const struct stage *stage, const void *address, struct pincheck_report *report);

#endif
