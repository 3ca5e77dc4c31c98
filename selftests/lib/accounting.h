/* SPDX-License-Identifier: GPL-2.0-only */
/* How many pins the machine has: /proc/vmstat nr_foll_pin_acquired less nr_foll_pin_released. */
#ifndef PINCHECK_SELFTESTS_ACCOUNTING_H
#define PINCHECK_SELFTESTS_ACCOUNTING_H

#include <stdbool.h>
#include <stdint.h>

/** pins_exact() - can the counters be read exactly, with the share that each CPU keeps? */
bool pins_exact(void);

/** pins_surplus() - pins that the machine has now beyond those at pins_baseline() */
int pins_surplus(int64_t *surplus);

/** accounting_pin_bias() - what one pin adds to the refcount of a small folio */
int accounting_pin_bias(void);

#endif
