// SPDX-License-Identifier: GPL-2.0-only
/*
 * others_vhost: a thread of the kernel, vhost, writes packets to memory that a device holds, as it does
 * for a virtual machine whose device is passed through. vhost uses the page tables of the process, the
 * device has its pages: both must be the same.
 */
#include "other_suite.h"
#include "other_write.h"
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
	return vhost_net_receive(buffers, memory->samples);
}

/* SYNC. vhost writes by the address; the device must find the bytes in its page. */
OTHER_EVENT(others_vhost, received, .rows = "B10 B11", .needs = NEEDS_VHOST) {
	.happen = receive_by_vhost, .then = AFTER
};

TOPIC_NEEDS("vhost");
PINCHECK_TEST_MAIN
