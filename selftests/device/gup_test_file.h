/* SPDX-License-Identifier: GPL-2.0-only */
/* The debugfs file gup_test of gup_test.ko: see gup_test(4) and NEEDS_GUP_TEST. */
#ifndef PINCHECK_SELFTESTS_GUP_TEST_FILE_H
#define PINCHECK_SELFTESTS_GUP_TEST_FILE_H

#include <stdbool.h>
#include <linux/gup_test.h>

#define GUP_TEST_FILE	"/sys/kernel/debug/gup_test"

/** gup_test_offered() - for NEEDS_GUP_TEST */
bool gup_test_offered(void);

/** gup_test_load() - load gup_test.ko, if it is not loaded. Return: 0 or -errno */
int gup_test_load(void);

/**
 * gup_test_load_twin() - load gup_test.ko under another name
 *
 * The kernel refuses a second module of the same name before the module could say why.
 *
 * Return: 0, or -errno: that of the module's init.
 */
int gup_test_load_twin(void);

/** gup_test_unload_now() - unload it. Return: 0 or -errno, -EWOULDBLOCK while it is in use */
int gup_test_unload_now(void);

/** gup_test_unload() - the same, and wait a moment for processes that were killed */
int gup_test_unload(void);

/** gup_test_open() - Return: a descriptor (close-on-exec) or -errno; -ENODEV: the file is the kernel's own */
int gup_test_open(void);

/** gup_test_call() - ioctl(). Return: 0 or -errno */
int gup_test_call(int file, unsigned long command, void *argument);

#endif
