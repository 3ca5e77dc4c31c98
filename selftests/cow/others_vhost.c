// SPDX-License-Identifier: GPL-2.0-only
/*
 * others_vhost: a thread of the kernel, vhost, writes packets to memory that a device holds, as it does
 * for a virtual machine whose device is passed through. vhost uses the page tables of the process, the
 * device has its pages: both must be the same.
 */
#include "../../tools/lib/vmstat.h"
#include "each_cpu.h"
#include "other_suite.h"
#include "other_write.h"
#include "pin_accounting.h"
#include "vhost_net.h"

#define OTHERS_VHOST_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, get_rw_fast)		X(topic, memory, mirror_rw)

TOPIC(others_vhost)
OTHERS_VHOST_HOLDS(TOPIC_VARIANT, others_vhost, base)
OTHERS_VHOST_HOLDS(TOPIC_VARIANT, others_vhost, thp_pmd)
OTHERS_VHOST_HOLDS(TOPIC_VARIANT, others_vhost, shmem_shared)
OTHERS_VHOST_HOLDS(TOPIC_VARIANT, others_vhost, hugetlb)

static int receive_by_vhost(struct subject *subject)
{
	const struct memory *memory = &subject->memory;
	struct vhost_net_buffer buffers[SAMPLES];
	uint64_t words[SAMPLES][AREA_WORDS];

	for (size_t i = 0; i < memory->samples; i++) {
		pattern_make(memory, CPU_AREA, i, AFTER, words[i]);
		buffers[i] = (struct vhost_net_buffer) {
			.start = area_address(memory, i), .bytes = words[i], .size = AREA_BYTES,
		};
	}
	return vhost_net_receive(buffers, memory->samples, NULL);
}

/* SYNC. vhost writes by the address; the device must find the bytes in its page. */
OTHER_EVENT(others_vhost, received, .rows = "B10 B11", .needs = NEEDS_VHOST) {
	.happen = receive_by_vhost, .then = AFTER
};

/* Of each sample: where vhost's log has its bits. The areas of tests are elsewhere. */
#define LOG_PLACE	3072
#define RING_PLACE	3080

/* The guest's pages whose bits are in the pages of the samples, one bit for each round. */
static struct vhost_net_log log_in_memory(const struct memory *memory, int round)
{
	struct vhost_net_log log = { .base = memory->start };

	for (size_t i = 0; i < memory->samples; i++)
		log.page[i] = (memory->sample[i] * PAGE_BYTES + LOG_PLACE) * 8 + round;
	log.ring_page = RING_PLACE * 8;
	return log;
}

/* vhost receives packets somewhere, and notes that in the memory under test. */
static int log_packets(const struct memory *memory, int round)
{
	static char places[SAMPLES][AREA_BYTES] __attribute__((aligned(AREA_BYTES)));
	struct vhost_net_log log = log_in_memory(memory, round);
	struct vhost_net_buffer buffers[SAMPLES];

	for (size_t i = 0; i < memory->samples; i++)
		buffers[i] = (struct vhost_net_buffer) {
			.start = places[i], .bytes = "logged", .size = AREA_BYTES / 2,
		};
	return vhost_net_receive(buffers, memory->samples, &log);
}

static const char *const log_events[] = { "none", "clear_refs", "mprotect", "reclaim", "fork" };

static int happen_between_logs(struct subject *subject, int round)
{
	struct memory *memory = &subject->memory;

	switch (round) {
	case 1:
		return memory_clear_refs();
	case 2:
		return memory_reprotect(memory);
	case 3:
		return subject_is(subject, MEMORY_HUGETLB) ? 0 :
		       usermem_try_page_out(memory->start, memory->bytes);
	case 4:
		return subject_fork(subject, 1);
	}
	return 0;
}

/* TRACKING: the bits of all rounds up to @round are there, for the process and for the device. */
static void verdict_logged(struct subject *subject, int round, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	unsigned char expected = (2U << round) - 1, seen = 0, device = expected;
	int error = 0;

	verdict_start(verdict, "TRACKING");
	for (size_t i = 0; i < memory->samples && verdict->kept; i++) {
		size_t offset = memory->sample[i] * PAGE_BYTES + LOG_PLACE;

		seen = *(volatile unsigned char *)(memory->start + offset);
		if (!subject_holds(subject, HOLD_NONE))
			error = subject->hold.kind->ops->device_read(&subject->hold, offset, &device, 1);
		if (error)
			return verdict_failed(verdict, "the device cannot read", error);
		if (seen != expected || device != expected)
			verdict_broken(verdict, "a bit of the log is lost", memory->sample[i]);
	}
	verdict_note(verdict, "event=%s bits=%x device_bits=%x bits_expected=%x", log_events[round], seen,
		     device, expected);
}

/* @acquired: pins since the machine booted */
static int count_pins(uint64_t *acquired)
{
	uint64_t released;
	int64_t surplus;
	int error = pins_surplus(&surplus);	/* adds the shares of all CPUs */

	return error ? error : vmstat_pins(acquired, &released);
}

/*
 * TRACKING, SYNC. vhost's log of the guest's dirty pages, by which a virtual machine migrates, lies in memory
 * that a device holds. For each bit vhost pins the page of the log for a moment (set_bit_to_user()): no
 * bit is lost, whatever happened to the page since the bit before.
 */
SCENARIO(others_vhost, logged, .rows = "B10 B11 R13 R14 R20", .event = "VHOST_SET_LOG_BASE", .not_hold = HOLD_GET,
	 .needs = NEEDS_VHOST)
{
	uint64_t before, after;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(count_pins(&before));
	for (int round = 0; round < (int)(sizeof(log_events) / sizeof(*log_events)); round++) {
		ASSERT_DONE(happen_between_logs(subject, round));
		ASSERT_DONE(log_packets(&subject->memory, round));
		EXPECT_VERDICT(verdict_logged, subject, round);
	}
	ASSERT_DONE(count_pins(&after));
	/* Up to Linux 6.3 vhost's thread is no thread of the process, and runs on any CPU. */
	ASSERT_DONE(each_cpu_drains_lru());
	evidence("pins_acquired=%llu", (unsigned long long)(after - before));
}

TOPIC_NEEDS("vhost");
PINCHECK_TEST_MAIN
