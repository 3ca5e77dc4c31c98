/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of the measurements that needs programs of the suite and of the kernel: of the guest only. */
#ifndef PINCHECK_BENCH_CASES_H
#define PINCHECK_BENCH_CASES_H

#include "tools/bench/bench.h"

/**
 * bench_cases() - instructions of a case of the topics of COW, against those of a case of cow.c
 *
 * The programs are beside this one, as tools/run-bench puts them there. Return: 0 or a negative errno.
 */
int bench_cases(const struct bench *bench);

#endif
