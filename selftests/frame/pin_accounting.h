/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CLEAN. The references and pins that are held: the counters before and after a test must agree,
 * or the test leaked. Two independent witnesses: the module counts its references, the kernel the
 * machine's pins (/proc/vmstat: nr_foll_pin_acquired less nr_foll_pin_released).
 */
#ifndef PINCHECK_SELFTESTS_PIN_ACCOUNTING_H
#define PINCHECK_SELFTESTS_PIN_ACCOUNTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct pin_accounting - the module's counters at one moment, over all its sessions */
struct pin_accounting {
	/** @sessions: open sessions, without the one that reads the counters */
	uint64_t sessions;
	/** @references: references acquired less those released */
	uint64_t references;
};

/** pin_accounting_read() - read the counters, in a session of its own. Return: 0 or -errno */
int pin_accounting_read(struct pin_accounting *now);

/** pin_accounting_agrees() - are the counters those of @before? If not, @why says which differ */
bool pin_accounting_agrees(const struct pin_accounting *before, char *why, size_t size);

/**
 * pin_accounting_wait() - wait a second at most until all counters are back
 * @before: the module's; those of the machine are from pins_baseline()
 *
 * After a process was killed: the kernel releases some of its pins in a work queue (io_uring).
 */
void pin_accounting_wait(const struct pin_accounting *before);

/** pins_exact() - can the machine's counters be read exactly, with the share of each CPU? */
bool pins_exact(void);

/** pins_readable() - may this process have the machine's counters read exactly? Else it is no root */
bool pins_readable(void);

/** pins_baseline() - remember how many pins the machine has. Return: 0 or a negative errno */
int pins_baseline(void);

/** pins_surplus() - pins that the machine has now beyond those at pins_baseline() */
int pins_surplus(int64_t *surplus);

/**
 * pins_agree() - does the machine have the pins it had at pins_baseline()?
 *
 * Visits every CPU. O_DIRECT I/O of other processes pins for moments, so only a surplus that lasts
 * counts. If the answer is no, @why names the difference.
 */
bool pins_agree(char *why, size_t size);

/** pin_bias() - what one pin adds to the refcount of a small folio; 0 if the module is not there */
int pin_bias(void);

/** vm_pin_kib() - VmPin of the calling process in KiB, or -errno */
long vm_pin_kib(void);

/** vm_lck_kib() - VmLck of the calling process in KiB, or -errno */
long vm_lck_kib(void);

#endif
