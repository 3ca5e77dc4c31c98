// SPDX-License-Identifier: GPL-2.0-only
/*
 * holders_whitelist: which memory drivers of the kernel's own take. A driver that writes for long must not get
 * pages of a file whose file system tracks dirtying (8ac268436e6d, a6e79df92e4a: Linux 6.5), and no driver
 * gets secret memory. Of a private mapping it gets the copy of the process.
 */
#include "whitelist_suite.h"
#include "rdma_link.h"

#define LONGTERM_HOLDERS(X, topic, memory)							\
	X(topic, memory, rdma)									\
	X(topic, memory, uring)									\
	X(topic, memory, v4l2)									\
	X(topic, memory, xdp)

/* These two write, too: a read of a file, and a copy to this process. */
#define SHORT_HOLDERS(X, topic, memory)								\
	X(topic, memory, odirect)								\
	X(topic, memory, process_vm)

#define SHORT_READERS(X, topic, memory)								\
	X(topic, memory, vmsplice)								\
	X(topic, memory, zerocopy)

TOPIC(holders_whitelist)
LONGTERM_HOLDERS(TOPIC_VARIANT, holders_whitelist, ext4_shared)
SHORT_HOLDERS(TOPIC_VARIANT, holders_whitelist, ext4_shared)
SHORT_READERS(TOPIC_VARIANT, holders_whitelist, ext4_shared)
LONGTERM_HOLDERS(TOPIC_VARIANT, holders_whitelist, ext4_private)
SHORT_HOLDERS(TOPIC_VARIANT, holders_whitelist, ext4_private)
TOPIC_VARIANT(holders_whitelist, shmem_private, rdma)
LONGTERM_HOLDERS(TOPIC_VARIANT, holders_whitelist, secret)
SHORT_HOLDERS(TOPIC_VARIANT, holders_whitelist, secret)
SHORT_READERS(TOPIC_VARIANT, holders_whitelist, secret)

SUITE_PREPARE
{
	rdma_link_for_run();
}

/* Before Linux 6.5 io_uring refuses mappings of files by a rule of its own, private ones, too. */
static bool driver_refuses_files(const struct subject *subject)
{
	char kernel[64];

	if (subject->product->hold != &hold_uring || subject_is(subject, MEMORY_SECRET))
		return false;
	kernel_version(kernel, sizeof(kernel));
	return kernel_in_range(kernel, "<6.5", NULL) > 0;
}

/* WHITELIST, ACCURACY. After writeback the file system would not notice the device's writes (B38). */
SCENARIO(holders_whitelist, tracked_refused, .rows = "B5 B38 B39 R53", .event = "none",
	 .memory = MEMORY_TRACKED, .hold = HOLD_WRITE | HOLD_LONGTERM)
{
	holder_is_refused(_metadata, subject, driver_refuses_files(subject) ? -EOPNOTSUPP : -EFAULT);
}

/* WHITELIST, SYNC. A driver that holds for a short time, or only reads, gets the pages of the file. */
SCENARIO(holders_whitelist, tracked_given, .rows = "B39", .event = "write", .memory = MEMORY_TRACKED,
	 .not_hold = HOLD_LONGTERM)
{
	EXPECT_VERDICT(verdict_answer, subject, 0);
	if (!subject->hold.taken)
		return;
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

/* WHITELIST, SYNC, FILE. The copy is made first: the device never writes to the file. */
SCENARIO(holders_whitelist, original_copied, .rows = "B4 B5 R23 R55", .event = "write",
	 .memory = MEMORY_ORIGINAL, .hold = HOLD_WRITE)
{
	holder_gets_copy(_metadata, subject, driver_refuses_files(subject) ? -EOPNOTSUPP : 0);
}

/* WHITELIST. */
SCENARIO(holders_whitelist, secret_refused, .rows = "B50 R56", .event = "none", .memory = MEMORY_SECRET)
{
	EXPECT_VERDICT(verdict_answer, subject, -EFAULT);
}

TOPIC_NEEDS("rdma v4l2");
PINCHECK_TEST_MAIN
