/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI device that this process drives itself, by vfio-pci, and memory that VFIO's type1 driver maps
 * for the device: as programs do that run virtual machines with devices, or drivers of their own.
 */
#ifndef PINCHECK_SELFTESTS_VFIO_H
#define PINCHECK_SELFTESTS_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct vfio - a device, and the container that has its mappings: descriptors
 * @container: what is mapped for the device
 * @group: of the IOMMU
 * @device: its registers
 */
struct vfio {
	int container;
	int group;
	int device;
};

/** vfio_offered() - are vfio-pci and the type1 driver there, and may this process use them? */
bool vfio_offered(void);

/**
 * vfio_open() - open the device in @path (pci.h), in a container of its own
 *
 * The device stays with vfio-pci afterwards: to take it away would wait for each process that has
 * inherited a descriptor.
 *
 * Return: 0 or a negative errno, see cause_of().
 */
int vfio_open(struct vfio *vfio, const char *path);

/** vfio_close() - all mappings end, unless another process has inherited the descriptors */
void vfio_close(struct vfio *vfio);

/** vfio_map() - the device may read, and if @writable write, memory at its address @iova. Return: 0 or -errno */
int vfio_map(const struct vfio *vfio, uint64_t iova, const void *start, size_t bytes, bool writable);

/** vfio_unmap() - and no more. Return: 0 or a negative errno */
int vfio_unmap(const struct vfio *vfio, uint64_t iova, size_t bytes);

/** vfio_log_begin() - begin to log which mapped pages the device may have written. Return: 0 or -errno */
int vfio_log_begin(const struct vfio *vfio);

/**
 * vfio_log_read() - which of the pages mapped from @iova on the device may have written since last asked
 * @bits: receives a bit for each page
 */
int vfio_log_read(const struct vfio *vfio, uint64_t iova, size_t bytes, uint64_t *bits);

/** vfio_read() - read 32 bits at @place of region @region (VFIO_PCI_...). Return: 0 or a negative errno */
int vfio_read(const struct vfio *vfio, unsigned int region, size_t place, uint32_t *value);

/** vfio_write() - write @bytes bytes of @value */
int vfio_write(const struct vfio *vfio, unsigned int region, size_t place, uint32_t value, size_t bytes);

#endif
