// SPDX-License-Identifier: GPL-2.0-only
/*
 * file_thp: a file has a huge page in the page cache, and a process maps the file privately. A
 * long-term pin for reading must get a copy, but up to this day the fault maps the huge page of the
 * file each time that the pin asks for the copy: the call never returns (R44). So another process
 * makes the call, and is killed once it used ENDLESS_MS of CPU time. Invariant: SYNC.
 */
#include "suite.h"
#include <sys/mman.h>
#include <unistd.h>
#include "file.h"
#include "stage.h"
#include "waiter.h"

FIXTURE(file_thp)
{
	struct stage stage;
	int file;
	char *mapped;
	struct hold_row row;
	pid_t waiter;
};

FIXTURE_VARIANT(file_thp)
{
	struct hold_row row;
};

#define FILE_THP_VARIANT(name, kind, path, flags)						\
	STAGE_VARIANT(file_thp, name, kind, path, flags)

FOR_EACH_HOLD_ROW(FILE_THP_VARIANT)

SUITE_EVENT("write")
SUITE_FACTS(file_thp)
{
	facts->memory = "tmpfs_thp";
	facts->hold = name;
}

FIXTURE_SETUP(file_thp)
{
	char why[WHY];

	SUITE_NEEDS(NEEDS_THP | NEEDS_SHMEM);
	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
	self->file = file_make_huge();
	ASSERT_DONE(self->file);
	self->row = variant->row;
}

FIXTURE_TEARDOWN(file_thp)
{
	waiter_end(&self->waiter);
	munmap(self->mapped, PMD_BYTES);
	close(self->file);
	/* The counters are back when the session is closed, and a waiter that was killed is gone. */
	close(self->stage.session);
	self->stage.session = -1;
	pin_accounting_wait(&self->stage.before);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* One PMD maps the huge page of the file. Return: 0 or a negative errno. */
static int map_huge(FIXTURE_DATA(file_thp) *self, int flags)
{
	struct pincheck_report report;
	int error;

	self->mapped = usermem_map(PMD_BYTES, flags, self->file);
	if (self->mapped == MAP_FAILED)
		return -errno;
	(void)*(volatile char *)self->mapped;
	error = stage_report(&self->stage, self->mapped, &report);
	if (error)
		return error;
	evidence("pfn=%llx order=%u mapped_by_pmd=%d", report.pfn, report.order,
		 report.entire_mapcount);
	if (PAGE_BYTES << report.order != PMD_BYTES || !report.entire_mapcount)
		return cause_say(-EAGAIN, "no PMD maps a huge page of the file");
	return 0;
}

/* In the waiter: holds the memory, writes to it and reads as the device does. Return: 0 or -errno. */
static int hold_write_and_read(void *argument)
{
	FIXTURE_DATA(file_thp) *self = argument;
	static const char mine[] = "the process wrote this";
	struct stage *stage = &self->stage;
	char seen[sizeof(mine)] = "";
	int error;

	(void)*(volatile char *)self->mapped;
	error = stage_hold(stage, self->row, self->mapped, PMD_BYTES);
	if (error)
		return error;
	memcpy(self->mapped + PMD_BYTES / 2, mine, sizeof(mine));
	if (pincheck_read(stage->session, stage->hold.hold, PMD_BYTES / 2, seen, sizeof(seen)) !=
	    sizeof(seen))
		error = -EIO;
	else if ((self->row.flags & HOLD_LT) && memcmp(seen, mine, sizeof(mine)))
		error = -EBADMSG;
	pincheck_release(stage->session, stage->hold.hold);
	return error;
}

/* SYNC: the hold is given at once, and a long-term pin's device sees what the process writes. */
static void verdict_given(FIXTURE_DATA(file_thp) *self, struct verdict *verdict)
{
	int answer = -ETIME;
	int64_t cpu_ms = 0;
	bool dies = true;

	verdict_start(verdict, "SYNC");
	self->waiter = waiter_start(hold_write_and_read, self);
	if (self->waiter < 0)
		return verdict_failed(verdict, "cannot fork", self->waiter);
	if (!waiter_returns(&self->waiter, &answer, &cpu_ms)) {
		verdict_broken(verdict, "the call does not return", 0);
		dies = waiter_dies(&self->waiter);
		if (!dies)
			verdict_broken(verdict, "and cannot be killed", 0);
	} else if (answer == -EBADMSG) {
		verdict_broken(verdict, "the device does not see the write of the process", 0);
	} else if (answer) {
		return verdict_failed(verdict, "cannot hold the memory", answer);
	}
	verdict_note(verdict, "returned=%d cpu_ms=%lld killed=%d", answer != -ETIME,
		     (long long)cpu_ms, answer == -ETIME && dies);
}

/* SYNC. Nobody wrote to the mapping yet. */
CASE(file_thp, private_mapping, .rows = "R23 R44")
{
	ASSERT_DONE(map_huge(self, MAP_PRIVATE));
	EXPECT_VERDICT(verdict_given, self);
}

/* SYNC. The control: in a shared mapping the huge page of the file is the right one. */
CASE(file_thp, shared_mapping, .rows = "R44")
{
	ASSERT_DONE(map_huge(self, MAP_SHARED));
	EXPECT_VERDICT(verdict_given, self);
}

PINCHECK_TEST_MAIN
