/* SPDX-License-Identifier: GPL-2.0-only */
/* A DMA buffer of the pages of a memfd file: the driver udmabuf holds these pages. */
#ifndef PINCHECK_SELFTESTS_UDMABUF_H
#define PINCHECK_SELFTESTS_UDMABUF_H

#include <stddef.h>

/**
 * udmabuf_create() - a buffer of a part of the file
 * @memfd: of memfd_create(), with F_SEAL_SHRINK
 * @offset: in the file: at a base page
 * @bytes: of the buffer: whole base pages
 *
 * Return: the buffer, a descriptor, or -errno of the driver or of opening /dev/udmabuf.
 */
int udmabuf_create(int memfd, size_t offset, size_t bytes);

#endif
