/* SPDX-License-Identifier: GPL-2.0-only */
/* Device I/O on one page. */
#ifndef PINCHECK_DEVICE_IO_H
#define PINCHECK_DEVICE_IO_H

#include <linux/types.h>

struct page;

/**
 * struct io_part - the part of one device I/O that lies in one page
 * @index: of the page in its hold
 * @offset: of the first byte in the page
 * @len: bytes
 * @write: from the device to memory
 * @bounce: the bytes, in a page of kernel memory, which never faults
 */
struct io_part {
	unsigned long index;
	unsigned int offset;
	unsigned int len;
	bool write;
	void *bounce;
};

int device_access(struct page *page, const struct io_part *part);

#endif
