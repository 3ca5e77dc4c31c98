/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which sizes of the block of device memory are tried, as arithmetic without a kernel: host unit
 * tests include this file as it is.
 */
#ifndef PINCHECK_DEVICE_ORDER_H
#define PINCHECK_DEVICE_ORDER_H

#include <linux/pincheck.h>

/* The smallest block: enough for mappings by pages. Order 0 where a page has 64 KiB. */
#define DEVICE_BYTES_MIN	(64UL << 10)

/* Order of the smallest block of pages that has @bytes; 0 when a page is larger. */
static inline int device_order_of(unsigned long bytes, unsigned int page_shift)
{
	int order = 0;

	while (1UL << page_shift << order < bytes)
		order++;
	return order;
}

/** device_order_first() - the order to try first: that of all the memory a device has */
static inline int device_order_first(unsigned int page_shift)
{
	return device_order_of(PINCHECK_DEVICE_BYTES, page_shift);
}

/** device_order_next() - the order to try after @order has failed; -1: there is none */
static inline int device_order_next(int order, unsigned int page_shift)
{
	return order > device_order_of(DEVICE_BYTES_MIN, page_shift) ? order - 1 : -1;
}

#endif
