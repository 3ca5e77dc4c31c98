/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is plugged and unplugged: pincheck-vm resizes a virtio-mem device when a test asks.
 *
 * The device plugs units of a few MiB. In a memory block that is plugged in part, the other pages
 * are PageOffline and their reference count means nothing; unplugging turns free pages into such
 * pages. The memory is in ZONE_MOVABLE of a NUMA node of its own.
 *
 * A topic gets the device by TOPIC_NEEDS("virtio_mem").
 */
#ifndef PINCHECK_SELFTESTS_VIRTIO_MEM_H
#define PINCHECK_SELFTESTS_VIRTIO_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** virtio_mem_offered() - for NEEDS_VIRTIO_MEM */
bool virtio_mem_offered(void);

/** virtio_mem_ask() - ask the host for @mib MiB of memory in the device, without waiting */
void virtio_mem_ask(unsigned int mib);

/** virtio_mem_plugged() - KiB of memory that the kernel has from the device now */
long virtio_mem_plugged(void);

/**
 * virtio_mem_range() - physical addresses of the device's memory blocks
 * @first: receives the first byte
 * @end: receives the byte after the last; 0 if the device has no block
 */
void virtio_mem_range(uint64_t *first, uint64_t *end);

/**
 * virtio_mem_resize() - ask for @mib MiB, and wait until the kernel has exactly that
 *
 * A device without memory must have no memory block, either.
 *
 * Return: 0, or -ETIMEDOUT.
 */
int virtio_mem_resize(unsigned int mib);

#endif
