/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CLEAN. What is out on loan: the counters before a test and after it must agree, whatever
 * happened between, or something was taken and not given back. Two witnesses that do not know
 * each other tell: the module of what it took, the kernel of what is pinned.
 */
#ifndef PINCHECK_SELFTESTS_BOOKS_H
#define PINCHECK_SELFTESTS_BOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct books - the module's counters at one moment, over all its sessions */
struct books {
	/** @sessions: open ones, the one that asked not counted */
	uint64_t sessions;
	/** @out: references acquired less those released */
	uint64_t out;
};

/** books_read() - the counters now, through a session opened for it. Return: 0 or -errno */
int books_read(struct books *books);

/** books_balance() - are the books of now those of @before? If not, @why tells a person */
bool books_balance(const struct books *before, char *why, size_t size);

/**
 * books_machine() - has the machine the pins it had at pins_baseline()?
 *
 * Visits every CPU. On a machine that is not only ours O_DIRECT I/O of others shows for moments,
 * so a surplus is looked at again for a moment before it is believed.
 */
bool books_machine(char *why, size_t size);

/**
 * books_wait() - until the books are those of @before, and the machine's pins those at
 * pins_baseline(), or for a second
 *
 * After a process was killed: the kernel ends some of what it had in a work queue (io_uring).
 */
void books_wait(const struct books *before);

/** vm_pin_kib() - VmPin of the calling process in KiB, or -errno */
long vm_pin_kib(void);

#endif
