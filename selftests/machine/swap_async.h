/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swapping to a device that is not synchronous.
 *
 * A page that is read in from a synchronous device (zram, brd: SWP_SYNCHRONOUS_IO) does not stay in
 * the swap cache, and its swap entry is freed at once: the page must be written again to be swapped
 * out again, which hides a dirty bit that was lost. From other devices the page comes through the
 * swap cache, and where the page is clean, the next reclaim drops it without a write.
 *
 * The guest of pincheck-vm has such a device and names it in $PINCHECK_SWAP_ASYNC. It is off until a
 * test asks for it, so that other tests keep swapping to zram. A test of any topic:
 *
 *	SUITE_NEEDS(NEEDS_SWAP_ASYNC);
 *	ASSERT_DONE(swap_async_on());
 *	ASSERT_DONE(swap_async_evict(start, bytes));	// the pages are on the device only
 *	(void)*(volatile char *)start;			// a clean page, and in the swap cache
 *	...
 *	ASSERT_DONE(swap_async_off());
 */
#ifndef PINCHECK_SELFTESTS_SWAP_ASYNC_H
#define PINCHECK_SELFTESTS_SWAP_ASYNC_H

#include <stdbool.h>
#include <stddef.h>

/** swap_async_offered() - for NEEDS_SWAP_ASYNC */
bool swap_async_offered(void);

/**
 * swap_async_on() - from now on the kernel swaps out to the asynchronous device
 *
 * Nothing happens if the device is on. Other swap devices are turned off and on again, because each
 * CPU keeps slots of the device that it last used, whatever the priorities say.
 *
 * Return: 0 or a negative errno.
 */
int swap_async_on(void);

/**
 * swap_async_off() - turn the device off: the kernel reads its pages back
 *
 * The suite does this at the end of a topic, and so does the runner after a topic that was killed.
 *
 * Return: 0, also if the device was off, or a negative errno.
 */
int swap_async_off(void);

/**
 * swap_async_evict() - the pages are on the swap device, and nowhere in memory
 * @start: anonymous memory of the caller, which nobody else maps and nobody holds
 * @bytes: its length
 *
 * MADV_PAGEOUT alone leaves a page in the swap cache during the write and after it.
 *
 * Return: 0, -EBUSY if a page stays in memory, or another negative errno.
 */
int swap_async_evict(void *start, size_t bytes);

#endif
