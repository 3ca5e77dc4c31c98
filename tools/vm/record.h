/* SPDX-License-Identifier: GPL-2.0-only */
/* run.json: what ran, on which machine, how long, and the verdict. */
#ifndef PINCHECK_VM_RECORD_H
#define PINCHECK_VM_RECORD_H

#include <jansson.h>
#include "options.h"

struct guests;
struct suite;
struct verdict;

/**
 * struct run - what the record needs beside the results
 * @options: of the person
 * @accel: the accelerator in use
 * @accel_note: why not KVM, or ""
 * @boots: of all guests, with those that were tried again
 * @started: when the first guest started, by the host's clock
 * @ended: when the last one ended
 */
struct run {
	const struct options *options;
	struct guests *guests;
	enum accel accel;
	const char *accel_note;
	unsigned int boots;
	double started;
	double ended;
};

/** record_kernel() - what is known of the kernel image. Return: a new reference */
json_t *record_kernel(const struct options *options);

/** record_write() - options->results/run.json. Return: 0 or -1, having complained */
int record_write(const struct run *run, const struct suite *suite, const struct verdict *verdict);

#endif
