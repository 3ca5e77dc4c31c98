/* SPDX-License-Identifier: GPL-2.0-only */
/* run.json: what ran, on what, how long, and what it came to. */
#ifndef PINCHECK_VM_RECORD_H
#define PINCHECK_VM_RECORD_H

#include "options.h"

struct guest;
struct guests;
struct machine;
struct suite;
struct verdict;

/**
 * struct run - what the record needs beside the results
 * @guest: that runs now, and @options are its own
 * @accel: the one used
 * @accel_note: why not KVM, or ""
 * @boots: of all guests, with those that were tried again
 * @started: the first guest, by the host's clock
 */
struct run {
	const struct options *options;
	const struct guests *guests;
	const struct guest *guest;
	enum accel accel;
	const char *accel_note;
	unsigned int boots;
	double started;
};

/** record_write() - options->results/run.json. Return: 0 or -1, having complained */
int record_write(const struct run *run, const struct suite *suite, const struct machine *machine,
		 const struct verdict *verdict);

#endif
