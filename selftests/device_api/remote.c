// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds on the memory of another process: SYNC with that process, not with the caller; charged to
 * that process; allowed only with the capability that ptrace needs. Each kind and access is a
 * variant.
 */
#include "suite.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "capability.h"
#include "stage.h"

/* The other process has memory at the same address as the stage, with pages of its own. */
FIXTURE(remote)
{
	struct stage stage;
	pid_t other;
	int orders, answers;
};

STAGE_ROWS(remote)

FOR_EACH_SLOW_HOLD_ROW(STAGE_VARIANT, remote)

enum order { FILL, LOOK, UNMAP, VM_PIN };

struct message {
	enum order order;
	long value;
};

static long obey_orders(const struct stage *stage, struct message order)
{
	switch (order.order) {
	case FILL:
		memset(stage->memory, order.value, stage->length);
		return 0;
	case LOOK:
		return stage->memory[order.value];
	case UNMAP:
		return munmap(stage->memory + order.value * stage->page, stage->page);
	case VM_PIN:
		return vm_pin_kib();
	}
	return -EINVAL;
}

static void other_process(const struct stage *stage, int orders, int answers)
{
	struct message order;
	long answer;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(stage->session);
	while (read(orders, &order, sizeof(order)) == sizeof(order)) {
		answer = obey_orders(stage, order);
		if (write(answers, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	_exit(0);
}

static long send_order(FIXTURE_DATA(remote) *self, enum order what, long value)
{
	struct message order = { what, value };
	long answer;

	if (write(self->orders, &order, sizeof(order)) != sizeof(order) ||
	    read(self->answers, &answer, sizeof(answer)) != sizeof(answer))
		return -EPIPE;
	return answer;
}

FIXTURE_SETUP(remote)
{
	int orders[2], answers[2];

	ASSERT_STAGE_OPEN(&self->stage);
	ASSERT_EQ(0, pipe(orders));
	ASSERT_EQ(0, pipe(answers));
	self->other = fork();
	ASSERT_LE(0, self->other);
	if (!self->other) {
		close(orders[1]);
		close(answers[0]);
		other_process(&self->stage, orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	self->orders = orders[1];
	self->answers = answers[0];
	ASSERT_EQ(0, send_order(self, FILL, 0x21));
}

static void end_other(FIXTURE_DATA(remote) *self)
{
	if (self->other <= 0)
		return;
	close(self->orders);
	close(self->answers);
	waitpid(self->other, NULL, 0);
	self->other = 0;
}

FIXTURE_TEARDOWN(remote)
{
	end_other(self);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int hold_other(FIXTURE_DATA(remote) *self, struct hold_row row, int pid)
{
	self->stage.hold = (struct pincheck_hold) {
		.flags = row.flags, .kind = row.kind, .path = row.path, .pid = pid,
		.addr = (uintptr_t)self->stage.memory, .len = self->stage.length,
	};
	return pincheck_hold(self->stage.session, &self->stage.hold);
}

/* The bytes that the device reads show which page a hold has. */
static int device_byte(FIXTURE_DATA(remote) *self, size_t offset)
{
	unsigned char byte;

	if (pincheck_read(self->stage.session, self->stage.hold.hold, offset, &byte, 1) != 1)
		return -1;
	return byte;
}

CASE(remote, both_ways, .rows = "B3 B4")
{
	const bool write = variant->row.flags & PINCHECK_HOLD_WRITE;
	const size_t last = self->stage.length - 1;
	unsigned char mine = self->stage.memory[last], byte = 0x55;

	ASSERT_EQ(0, hold_other(self, variant->row, self->other));
	EXPECT_EQ(STAGE_PAGES, self->stage.hold.pages);
	EXPECT_EQ(STAGE_PAGES, self->stage.hold.slow_pages);
	EXPECT_EQ(0x21, device_byte(self, last));
	EXPECT_EQ(0, send_order(self, FILL, 0x31));
	EXPECT_EQ(0x31, device_byte(self, last));
	EXPECT_EQ(write ? 1 : -EPERM, pincheck_write(self->stage.session, self->stage.hold.hold,
						     last, &byte, 1));
	EXPECT_EQ(write ? 0x55 : 0x31, send_order(self, LOOK, last));
	EXPECT_EQ(mine, self->stage.memory[last]);
	evidence("pid=%d note=\"device and process see each other's writes, the caller sees neither\"",
		 self->other);
}

/* The address means nothing in the caller: PAGES answers that it does not know the mapping. */
CASE(remote, pages_are_theirs, .rows = "P13 P27")
{
	struct pincheck_page pages[STAGE_PAGES];

	ASSERT_EQ(0, hold_other(self, variant->row, self->other));
	ASSERT_EQ(0, pincheck_pages(self->stage.session, self->stage.hold.hold, 0, STAGE_PAGES,
				    pages));
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		EXPECT_NE(stage_pfn(self->stage.memory + i * self->stage.page), pages[i].pfn);
		EXPECT_EQ(PINCHECK_MAPPED_UNKNOWN, pages[i].mapped);
		EXPECT_EQ(PINCHECK_PATH_SLOW, pages[i].path);
	}
	evidence("pages=%u note=\"not the caller's\"", STAGE_PAGES);
}

/* The process ends and its memory goes, but the held pages stay unchanged. */
CASE(remote, process_ends, .rows = "P20")
{
	ASSERT_EQ(0, hold_other(self, variant->row, self->other));
	end_other(self);
	EXPECT_EQ(0x21, device_byte(self, 0));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(self->stage.session, self->stage.hold.hold));
	evidence("pages=%u note=\"process gone, pages read and released\"", STAGE_PAGES);
}

CASE(remote, charged_to_them, .rows = "P9 P27")
{
	long kib = self->stage.length / 1024;

	ASSERT_EQ(0, send_order(self, VM_PIN, 0));
	ASSERT_EQ(0, hold_other(self, variant->row, self->other));
	EXPECT_EQ(kib, send_order(self, VM_PIN, 0));
	EXPECT_EQ(0, vm_pin_kib());
	EXPECT_EQ(STAGE_PAGES, pincheck_release(self->stage.session, self->stage.hold.hold));
	EXPECT_EQ(0, send_order(self, VM_PIN, 0));
	evidence("vm_pin_kib=%ld own_vm_pin_kib=0", kib);
}

/* The limit of the other process counts, not that of the caller. */
CASE(remote, their_limit, .rows = "P9 P27")
{
	const struct rlimit own = { 0, RLIM_INFINITY };
	struct rlimit theirs = { self->stage.length, RLIM_INFINITY };

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &own));
	ASSERT_EQ(0, prlimit(self->other, RLIMIT_MEMLOCK, &theirs, NULL));
	ASSERT_EQ(0, capability_drop(CAP_IPC_LOCK));
	ASSERT_EQ(0, hold_other(self, variant->row, self->other));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(self->stage.session, self->stage.hold.hold));
	theirs.rlim_cur--;
	ASSERT_EQ(0, prlimit(self->other, RLIMIT_MEMLOCK, &theirs, NULL));
	EXPECT_EQ(-ENOMEM, hold_other(self, variant->row, self->other));
	EXPECT_EQ(PINCHECK_REASON_MEMLOCK, self->stage.hold.reason);
	EXPECT_EQ(0, send_order(self, VM_PIN, 0));
	evidence("own_limit=0 pages=%d below_its_limit=ENOMEM", STAGE_PAGES);
}

/* The other process lacks a page that the caller has mapped: the answer names that page. */
CASE(remote, hole, .rows = "P7 P27")
{
	ASSERT_EQ(0, send_order(self, UNMAP, 3));
	EXPECT_EQ(-EFAULT, hold_other(self, variant->row, self->other));
	EXPECT_EQ(PINCHECK_REASON_UNMAPPED, self->stage.hold.reason);
	EXPECT_EQ(3, self->stage.hold.pages);
	EXPECT_EQ((uintptr_t)self->stage.memory + 3 * self->stage.page,
		  self->stage.hold.fail_addr);
	evidence("hole=3 errno=EFAULT reason=%s", pincheck_reason_name(self->stage.hold.reason));
}

CASE(remote, needs_ptrace, .rows = "P5")
{
	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, capability_drop(CAP_SYS_PTRACE));
	EXPECT_EQ(-EPERM, hold_other(self, variant->row, self->other));
	EXPECT_EQ(PINCHECK_REASON_CAPABILITY, self->stage.hold.reason);
	EXPECT_EQ(0, hold_other(self, variant->row, 0));
	ASSERT_EQ(0, capability_raise(CAP_SYS_PTRACE));
	EXPECT_EQ(0, hold_other(self, variant->row, self->other));
	evidence("without_cap_sys_ptrace=EPERM own_memory=held with_cap_sys_ptrace=held");
}

/* GUP-fast reads the page tables of the caller: it would give the wrong pages. */
CASE(remote, not_by_the_fast_path, .rows = "P1")
{
	struct hold_row row = variant->row;

	row.path = PINCHECK_PATH_FAST;
	EXPECT_EQ(-EINVAL, hold_other(self, row, self->other));
	EXPECT_EQ(PINCHECK_REASON_ARGUMENT, self->stage.hold.reason);
	evidence("path=fast errno=EINVAL");
}

CASE(remote, no_such_process, .rows = "P27")
{
	pid_t gone = self->other;

	EXPECT_EQ(-EINVAL, hold_other(self, variant->row, -1));
	EXPECT_EQ(-ESRCH, hold_other(self, variant->row, 0x7fffffff));
	EXPECT_EQ(PINCHECK_REASON_ARGUMENT, self->stage.hold.reason);
	end_other(self);
	EXPECT_EQ(-ESRCH, hold_other(self, variant->row, gone));
	/* Number 2 is kthreadd, unless the suite runs in a PID namespace. */
	if (!access("/proc/2/exe", F_OK))
		return;
	EXPECT_EQ(-ESRCH, hold_other(self, variant->row, 2));
	evidence("negative=EINVAL nobody=ESRCH gone=ESRCH without_memory=ESRCH");
}

PINCHECK_TEST_MAIN
