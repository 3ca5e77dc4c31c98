/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest from power-on to its end. A boot that failed because of the emulator is tried once more.
 */
#ifndef PINCHECK_VM_BOOT_H
#define PINCHECK_VM_BOOT_H

#include <stdbool.h>

struct machine;
struct options;
struct progress;
struct run;
struct shell;
struct suite;

/** boot_topic_seconds() - the deadline of one topic */
long boot_topic_seconds(const struct options *options, bool emulated);

/**
 * boot_run() - boot the guest of @run and follow it to its end
 * @suite: initialized for the first guest; the stream of a later one continues it
 * @shell: gets what comes by the second UART; NULL: @suite does
 *
 * Return: 0, or -1, having complained
 */
int boot_run(struct run *run, struct machine *machine, struct suite *suite, struct shell *shell,
	     struct progress *progress);

#endif
