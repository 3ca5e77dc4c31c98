/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU's edu device (docs/specs/edu of QEMU), driven by VFIO. Its DMA engine moves bytes between memory
 * and a buffer of the device, a page at most, and ends 100 ms after it began.
 */
#ifndef PINCHECK_SELFTESTS_EDU_H
#define PINCHECK_SELFTESTS_EDU_H

#include "vfio.h"

/** EDU_BUFFER - bytes of the buffer */
#define EDU_BUFFER	4096
/** EDU_ADDRESSES - addresses of memory that the device can use are below this */
#define EDU_ADDRESSES	(1ULL << 28)

/** edu_open() - find the device and open it, for DMA. Return: 0 or a negative errno, see cause_of() */
int edu_open(struct vfio *vfio);

/** edu_fetch() - the device copies @bytes from address @iova into its buffer. Return: 0 or -errno */
int edu_fetch(const struct vfio *vfio, uint64_t iova, size_t bytes);

/** edu_deliver() - the device copies the first @bytes of its buffer to address @iova */
int edu_deliver(const struct vfio *vfio, uint64_t iova, size_t bytes);

#endif
