/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The ioctls of /sys/kernel/debug/gup_test: names, numbers and layouts of the kernel's
 * mm/gup_test.h, which modules and programs cannot include. See gup_test(4).
 *
 * The kernel has this interface if it is built with CONFIG_GUP_TEST, and no distribution sets that.
 * PIN_LONGTERM_TEST_* came with 6.2 (c77369b437f9).
 */
#ifndef _UAPI_LINUX_GUP_TEST_H
#define _UAPI_LINUX_GUP_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Most pages that DUMP_USER_PAGES_TEST prints. */
#define GUP_TEST_MAX_PAGES_TO_DUMP	8

/* In test_flags of DUMP_USER_PAGES_TEST: take pins (FOLL_PIN), not plain references (FOLL_GET). */
#define GUP_TEST_FLAG_DUMP_PAGES_USE_PIN	0x1

/**
 * struct gup_test - the argument of the commands that take pages and give them back at once
 * @get_delta_usec: out: microseconds that it took to get the pages
 * @put_delta_usec: out: microseconds that it took to give them back
 * @addr: first address
 * @size: bytes; out: bytes of the pages that came
 * @nr_pages_per_call: pages that the module asks for in each call of GUP
 * @gup_flags: FOLL_* of the running kernel
 * @test_flags: GUP_TEST_FLAG_*
 * @which_pages: numbers of the pages to print, from 1 on; 0: none. Out: 0 for a page that did not
 *	come
 */
struct gup_test {
	__u64 get_delta_usec;
	__u64 put_delta_usec;
	__u64 addr;
	__u64 size;
	__u32 nr_pages_per_call;
	__u32 gup_flags;
	__u32 test_flags;
	__u32 which_pages[GUP_TEST_MAX_PAGES_TO_DUMP];
};

/* Flags of struct pin_longterm_test: FOLL_WRITE; and GUP-fast instead of the slow path. */
#define PIN_LONGTERM_TEST_FLAG_USE_WRITE	1
#define PIN_LONGTERM_TEST_FLAG_USE_FAST		2

/**
 * struct pin_longterm_test - the argument of PIN_LONGTERM_TEST_START
 * @addr: first address
 * @size: bytes
 * @flags: PIN_LONGTERM_TEST_FLAG_*
 */
struct pin_longterm_test {
	__u64 addr;
	__u64 size;
	__u32 flags;
};

#define GUP_FAST_BENCHMARK	_IOWR('g', 1, struct gup_test)
#define PIN_FAST_BENCHMARK	_IOWR('g', 2, struct gup_test)
#define PIN_LONGTERM_BENCHMARK	_IOWR('g', 3, struct gup_test)
#define GUP_BASIC_TEST		_IOWR('g', 4, struct gup_test)
#define PIN_BASIC_TEST		_IOWR('g', 5, struct gup_test)
#define DUMP_USER_PAGES_TEST	_IOWR('g', 6, struct gup_test)
#define PIN_LONGTERM_TEST_START	_IOW('g', 7, struct pin_longterm_test)
#define PIN_LONGTERM_TEST_STOP	_IO('g', 8)
#define PIN_LONGTERM_TEST_READ	_IOW('g', 9, __u64)

#endif
