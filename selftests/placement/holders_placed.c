// SPDX-License-Identifier: GPL-2.0-only
/*
 * holders_placed: memory in ZONE_MOVABLE, which is promised to be movable, and drivers of the kernel's own.
 * What a driver holds for long has to leave first (d1e153fea2a8, Linux 5.13; memfd_pin_folios(): 89c1905d9c14,
 * Linux 6.11). Topic placement shows the same of the module's holds.
 */
#include "placement_suite.h"
#include <unistd.h>
#include "pin_accounting.h"
#include "rdma_link.h"

SUITE_EVENT("migrate")
TOPIC(holders_placed)
TOPIC_VARIANT(holders_placed, base, rdma)
TOPIC_VARIANT(holders_placed, base, uring)
TOPIC_VARIANT(holders_placed, base, v4l2)
TOPIC_VARIANT(holders_placed, base, xdp)
TOPIC_VARIANT(holders_placed, thp_pmd, rdma)
TOPIC_VARIANT(holders_placed, thp_pmd, uring)
TOPIC_VARIANT(holders_placed, shmem_shared, rdma)
TOPIC_VARIANT(holders_placed, shmem_shared, udmabuf)
TOPIC_VARIANT(holders_placed, base, rdma_odp)
/* The kernel takes these for short. Each lasts until somebody answers, reads or acknowledges. */
TOPIC_VARIANT(holders_placed, base, odirect)
TOPIC_VARIANT(holders_placed, base, process_vm)
TOPIC_VARIANT(holders_placed, base, vmsplice)
TOPIC_VARIANT(holders_placed, base, zerocopy)

SUITE_PREPARE
{
	rdma_link_for_run();
}

/* PLACEMENT, SYNC. */
SCENARIO(holders_placed, longterm_leaves, .rows = "B5 R45", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .needs = NEEDS_MOVABLE)
{
	place_longterm_leaves(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/* A frame of V4L2 has a size of its own. */
static bool driver_takes_parts(const void *variant)
{
	const struct product *product = variant;

	return product->hold != &hold_v4l2;
}

/* PLACEMENT, ACCURACY. Only held pages leave. */
SCENARIO(holders_placed, part_leaves, .rows = "B5 R45", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .not_memory = MEMORY_LARGE, .exists = driver_takes_parts, .needs = NEEDS_MOVABLE)
{
	place_part_leaves(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/* PLACEMENT. A page that the driver faults in comes from a zone where it may stay. A file has its page. */
SCENARIO(holders_placed, longterm_faults_in, .rows = "B5 R45",
	 .hold = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM, .not_memory = MEMORY_SHMEM, .needs = NEEDS_MOVABLE)
{
	place_longterm_faults_in(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/* PLACEMENT, ISOLATION, SYNC. A child shares the page; with MAP_SHARED its mapping moves with the page. */
SCENARIO(holders_placed, longterm_of_shared, .rows = "B5 R22 R45", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .needs = NEEDS_MOVABLE)
{
	place_longterm_of_shared(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/* PLACEMENT, ACCURACY. A driver that holds for a short time moves no page. */
SCENARIO(holders_placed, short_stays, .rows = "B5", .not_hold = HOLD_LONGTERM, .needs = NEEDS_MOVABLE)
{
	place_short_stays(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/* PLACEMENT, ACCURACY. Such a driver keeps the page where it is: a long-term pin is refused, and leaks nothing. */
SCENARIO(holders_placed, longterm_beside_short, .rows = "B5 R45 R48",
	 .not_hold = HOLD_MIRROR | HOLD_LONGTERM, .needs = NEEDS_MOVABLE)
{
	place_longterm_beside_short(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/* PLACEMENT, CLEAN: the driver does not get the page where it is, and keeps no pin. */
static void verdict_driver_refused(struct subject *subject, struct verdict *verdict)
{
	int answer = subject_hold(subject), error;
	int64_t surplus;

	error = subject_release(subject);
	verdict_start(verdict, "PLACEMENT");
	if (!error)
		error = pins_surplus(&surplus);
	if (error)
		return verdict_failed(verdict, "cannot count", error);
	if (!answer)
		verdict_broken(verdict, "pinned where it blocks migration", 0);
	if (surplus)
		verdict_broken(verdict, "what was refused stays pinned", 0);
	verdict_note(verdict, "hold=%s outcome=\"%s\" pins_surplus=%lld", subject->product->hold->name,
		     answer ? strerror(-answer) : "held", (long long)surplus);
}

/* PLACEMENT, ACCURACY. A pipe keeps the page where it is: the driver is refused, and leaks no pin. */
SCENARIO(holders_placed, longterm_beside_pipe, .rows = "B5 B19 R48", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .not_memory = MEMORY_LARGE, .needs = NEEDS_MOVABLE)
{
	struct witness before;
	int pipe;

	ASSERT_DONE(starts_in_movable(subject, &before));
	pipe = pipe_takes_pages(&subject->memory);
	ASSERT_DONE(pipe);
	EXPECT_VERDICT(verdict_driver_refused, subject);
	close(pipe);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PLACED(subject, &before);
	EXPECT_SYNC(subject, BEFORE);
}

TOPIC_NEEDS("rdma v4l2 movable");
PINCHECK_TEST_MAIN
