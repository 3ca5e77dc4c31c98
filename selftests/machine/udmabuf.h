/* SPDX-License-Identifier: GPL-2.0-only */
/* A DMA buffer of the pages of a memfd file: the driver udmabuf holds these pages. */
#ifndef PINCHECK_SELFTESTS_UDMABUF_H
#define PINCHECK_SELFTESTS_UDMABUF_H

#include <stddef.h>

/**
 * udmabuf_create() - a buffer of the file from its beginning
 * @memfd: of memfd_create(), with F_SEAL_SHRINK
 * @bytes: of the buffer: whole pages of the file
 *
 * Return: the buffer, a descriptor, or -errno of the driver or of opening /dev/udmabuf.
 */
int udmabuf_create(int memfd, size_t bytes);

#endif
