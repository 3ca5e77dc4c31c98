/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Things that a topic needs of the machine and that disturb other topics. The program of the topic
 * names them: TOPIC_NEEDS() of selftests/frame/suite_main.h puts the words into a section of it. The
 * guest has a device or a file system only while a topic runs that needs it.
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
	/** @NEED_CRYPTO: modules of algorithms, which one topic uses */
	NEED_CRYPTO		= 1U << 6,
	/** @NEED_VHOST: network devices of virtual machines */
	NEED_VHOST		= 1U << 7,
	/** @NEED_GIGANTIC: more memory, and two hugetlb pages of a GiB: with own_guest */
	NEED_GIGANTIC		= 1U << 8,
	/** @NEED_CPUS: three CPUs at least: with own_guest */
	NEED_CPUS		= 1U << 9,
	/** @NEED_RDMA: an RDMA device of software */
	NEED_RDMA		= 1U << 10,
	/** @NEED_VFIO: drivers by which a process drives a device: with edu */
	NEED_VFIO		= 1U << 11,
	/** @NEED_V4L2: video devices of software */
	NEED_V4L2		= 1U << 12,
	NEEDS_ALL		= (1U << 13) - 1,
};

/**
 * struct needs - what the program of a topic says
 * @bits: enum need
 * @own_guest: the topic shares a guest only with topics that have the same needs
 * @parameters: of the kernel, separated by spaces; they imply @own_guest
 * @config: a guest of its own is of use only on a kernel with this option; "" for any kernel
 */
struct needs {
	unsigned int bits;
	bool own_guest;
	char parameters[256];
	char config[64];
};

/** need_name() - the word for @need, also the end of the name of a file that belongs to it */
const char *need_name(enum need need);

/**
 * needs_read() - read the needs of a topic from its @program, which may name none
 * @unknown: gets the first word that is none of: a name of a need, own_guest, PARAMETER=VALUE,
 *	CONFIG_OPTION
 *
 * Return: 0, or -EINVAL for an unknown word
 */
int needs_read(const char *program, struct needs *needs, char *unknown, size_t size);

/**
 * topic_may_be_chosen() - can a glob of @filter choose a case of @topic?
 *
 * Compares what stands before the first wildcard of the glob. An empty filter chooses all.
 */
bool topic_may_be_chosen(const char *topic, const char *filter);

#endif
