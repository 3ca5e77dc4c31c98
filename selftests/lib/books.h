/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CLEAN. What is out on loan, machine wide: the counters before a test and after it must agree,
 * whatever happened between, or something was taken and not given back.
 */
#ifndef SELFTESTS_LIB_BOOKS_H
#define SELFTESTS_LIB_BOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct books - counters at one moment, told by two witnesses that do not know each other */
struct books {
	/** @sessions: open sessions, the one that asked not counted */
	uint64_t sessions;
	/** @module_out: references the module says are out: acquired less released */
	uint64_t module_out;
	/** @kernel_out: pins the kernel says are out: nr_foll_pin_acquired less released */
	uint64_t kernel_out;
	/** @acquired: references ever taken by the module: a test that took none tested nothing */
	uint64_t acquired;
};

/** books_read() - the counters now, through a session opened for it. Return: 0 or -errno */
int books_read(struct books *books);

/**
 * books_balance() - are the books of now those of @before?
 *
 * @why: what does not agree, for a person, when they are not
 *
 * The kernel's counter is machine wide; on a machine that is not only ours O_DIRECT I/O of others
 * shows in it for moments, so it is read again a bounded number of times before it is believed.
 */
bool books_balance(const struct books *before, char *why, size_t size);

/** vm_pin_kib() - VmPin of the calling process in KiB, or -errno */
long vm_pin_kib(void);

#endif
