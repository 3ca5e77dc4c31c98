/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a topic needs of the machine and other topics are better off without. The host gives the
 * guest what the topics of a run need; the guest has it only while such a topic runs.
 */
#ifndef PINCHECK_VM_NEEDS_H
#define PINCHECK_VM_NEEDS_H

#include <stdbool.h>
#include <stddef.h>

enum need {
	/** @NEED_FILE_SYSTEMS: xfs, btrfs and overlay take longer to load than most topics to run */
	NEED_FILE_SYSTEMS	= 1U << 0,
	/** @NEED_MOVABLE: a block of memory in ZONE_MOVABLE */
	NEED_MOVABLE		= 1U << 1,
	/** @NEED_VIRTIO_MEM: a virtio-mem device, whose memory is a second NUMA node */
	NEED_VIRTIO_MEM		= 1U << 2,
	/** @NEED_PMEM: persistent memory with ext4 on it, mounted with DAX */
	NEED_PMEM		= 1U << 3,
	/** @NEED_EDU: QEMU's edu device behind an Intel IOMMU */
	NEED_EDU		= 1U << 4,
	/** @NEED_SHARE: of a shell: a directory of the host by 9p */
	NEED_SHARE		= 1U << 5,
	NEEDS_ALL		= (1U << 6) - 1,
};

/** need_name() - of the table in needs.c: the end of the name of a file that belongs to the need */
const char *need_name(enum need need);

/** needs_topics() - rows of the table in needs.c; needs_topic() is the name of one */
size_t needs_topics(void);
const char *needs_topic(size_t row);

/** needs_of_topic() - enum need, of the table in needs.c */
unsigned int needs_of_topic(const char *topic);

/**
 * topic_may_be_chosen() - can a glob of @filter choose a case of @topic?
 *
 * What stands before the first wildcard of the glob tells. An empty filter chooses all.
 */
bool topic_may_be_chosen(const char *topic, const char *filter);

#endif
