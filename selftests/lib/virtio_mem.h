/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that comes and goes: a virtio-mem device, which pincheck-vm resizes when a test asks.
 *
 * The device plugs in units of a few MiB. The rest of a memory block that is plugged in part is
 * PageOffline pages, with no reference count that means anything to others; unplugging makes such
 * pages of pages that were free. The memory is in ZONE_MOVABLE of a NUMA node of its own.
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

/** virtio_mem_ask() - ask the host for @mib MiB of memory in the device. Does not wait for it */
void virtio_mem_ask(unsigned int mib);

/** virtio_mem_plugged() - KiB of memory that the kernel has from the device now */
long virtio_mem_plugged(void);

/**
 * virtio_mem_range() - the memory blocks that the device has, whole, by physical address
 * @first: gets the first byte
 * @end: gets the byte after the last; 0 where there are none
 */
void virtio_mem_range(uint64_t *first, uint64_t *end);

/**
 * virtio_mem_resize() - ask for @mib MiB, and wait until the kernel has just that
 *
 * Without memory in the device there is no memory block of it either.
 *
 * Return: 0, or -ETIMEDOUT.
 */
int virtio_mem_resize(unsigned int mib);

#endif
