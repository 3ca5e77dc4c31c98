// SPDX-License-Identifier: GPL-2.0-only
/*
 * whitelist_race: the whitelist as policy where the range has memory of two kinds, and where
 * truncation takes a page's mapping while the module checks it. One variant a file and a path.
 */
#include "suite.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "file.h"
#include "stage.h"

#define PAGES		4
#define BYTES		(PAGES * PAGE_BYTES)
#define ATTEMPTS	400		/* at least */
#define TRUNCATIONS	50		/* meanwhile, at least */
#define ATTEMPTS_MAX	400000

FIXTURE(whitelist_race)
{
	struct stage stage;
	/* PAGES of anonymous memory, then PAGES of the file. */
	unsigned char *start;
	/* Counts the child's truncations. */
	volatile unsigned int *truncated;
	int file;
};

FIXTURE_VARIANT(whitelist_race)
{
	const struct file_kind *file;
	struct hold_row row;
	struct case_facts facts;
};

#define RACE(fs, path_lower, path_)								\
	FIXTURE_VARIANT_ADD(whitelist_race, fs##_shared_pin_rw_lt_##path_lower)			\
	{											\
		.file = &file_##fs,								\
		.row = { PINCHECK_KIND_PIN, PINCHECK_PATH_##path_,				\
			 PINCHECK_HOLD_WRITE | PINCHECK_HOLD_LONGTERM |				\
			 PINCHECK_HOLD_WHITELIST },						\
		.facts = { .memory = #fs "_shared", .hold = "pin_rw_lt_" #path_lower,		\
			   .event = "truncate" },						\
	};

RACE(ext4, fast, FAST)
RACE(ext4, slow, SLOW)
RACE(ramfs, fast, FAST)
RACE(ramfs, slow, SLOW)
RACE(memfd, fast, FAST)
RACE(memfd, slow, SLOW)

SUITE_FACTS(whitelist_race)
{
	*facts = variant->facts;
}

FIXTURE_SETUP(whitelist_race)
{
	unsigned char *file;

	self->start = MAP_FAILED;
	SUITE_NEEDS(variant->file->needs);
	ASSERT_STAGE_OPEN(&self->stage);
	self->file = variant->file->open(BYTES);
	ASSERT_LE(0, self->file) TH_LOG("%s: %s", variant->file->name, strerror(-self->file));
	self->start = mmap(NULL, 2 * BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->start);
	memset(self->start, 1, BYTES);
	file = mmap(self->start + BYTES, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		    self->file, 0);
	ASSERT_NE(MAP_FAILED, (void *)file);
	memset(file, 1, BYTES);
	self->truncated = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->truncated);
}

FIXTURE_TEARDOWN(whitelist_race)
{
	if (self->start == MAP_FAILED)
		return;
	munmap(self->start, 2 * BYTES);
	munmap((void *)self->truncated, PAGE_BYTES);
	close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static bool attempts_go_on(int attempt, unsigned int truncated)
{
	return suite_goes_on(attempt >= ATTEMPTS &&
			     (truncated >= TRUNCATIONS || attempt >= ATTEMPTS_MAX));
}

static bool is_denied(const FIXTURE_VARIANT(whitelist_race) *race)
{
	return race->file->whitelist == PINCHECK_WHITELIST_DENY;
}

/* WHITELIST. HOLD names the refused page, and releases the pages before it. */
CASE(whitelist_race, part_of_range, .rows = "B39")
{
	struct pincheck_hold *hold = &self->stage.hold;
	__u64 file = (uintptr_t)self->start + BYTES;
	int error = stage_hold(&self->stage, variant->row, self->start, 2 * BYTES);

	evidence("file=%s outcome=%s reason=%s pages=%llu note=\"behind anonymous pages\"",
		 variant->file->name, error ? strerrorname_np(-error) : "given",
		 pincheck_reason_name(hold->reason), hold->pages);
	ASSERT_EQ(is_denied(variant) ? -EFAULT : 0, error);
	EXPECT_EQ(is_denied(variant) ? PAGES : 2 * PAGES, hold->pages);
	if (error) {
		struct pincheck_info info;

		EXPECT_EQ(PINCHECK_REASON_FILE, hold->reason);
		EXPECT_EQ(file, hold->fail_addr);
		ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
		EXPECT_EQ(0, info.session_holds);
		EXPECT_EQ(0, info.session_pages);
	}
}

static void truncate_for_ever(int file, volatile unsigned int *count)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;; ++*count) {
		if (ftruncate(file, 0) || ftruncate(file, BYTES))
			_exit(1);
		sched_yield();
	}
}

/*
 * WHITELIST. A page whose mapping vanished never passes for anonymous memory, so a refused file is
 * refused at every moment.
 */
CASE(whitelist_race, truncated_meanwhile, .rows = "B42")
{
	unsigned int given = 0, refused = 0, before, i;
	pid_t child;

	stage_use_all_cpus();
	child = fork();
	if (!child)
		truncate_for_ever(self->file, self->truncated);
	ASSERT_LT(0, child);
	while (!*self->truncated && !waitpid(child, NULL, WNOHANG))
		sched_yield();
	before = *self->truncated;
	for (i = 0; attempts_go_on(i, *self->truncated - before); i++) {
		int error = stage_hold(&self->stage, variant->row, self->start + BYTES, BYTES);

		given += !error;
		refused += error == -EFAULT || error == -EAGAIN;
		if (!error)
			pincheck_release(self->stage.session, self->stage.hold.hold);
		sched_yield();
	}
	evidence("file=%s truncated=%u attempts=%u given=%u refused=%u", variant->file->name,
		 *self->truncated - before, i, given, refused);
	EXPECT_OFTEN(TRUNCATIONS, *self->truncated - before);
	EXPECT_EQ(i, given + refused);
	if (is_denied(variant))
		EXPECT_EQ(0, given);
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, NULL, 0));

	/* The control: the same after the last truncation. */
	ASSERT_EQ(0, ftruncate(self->file, BYTES));
	EXPECT_EQ(is_denied(variant) ? -EFAULT : 0,
		  stage_hold(&self->stage, variant->row, self->start + BYTES, BYTES));
}

PINCHECK_TEST_MAIN
