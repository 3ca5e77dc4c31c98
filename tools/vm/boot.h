/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest from power-on to its end, booted once more where the emulator failed it. */
#ifndef PINCHECK_VM_BOOT_H
#define PINCHECK_VM_BOOT_H

#include <stdbool.h>

struct machine;
struct options;
struct run;
struct shell;
struct suite;

/** boot_topic_seconds() - what one topic may take */
long boot_topic_seconds(const struct options *options, bool emulated);

/**
 * boot_run() - boot the machine of @run and follow it to its end
 * @shell: gets what comes by the second UART; NULL: @suite does
 *
 * Return: 0, or -1, having complained
 */
int boot_run(struct run *run, struct machine *machine, struct suite *suite, struct shell *shell);

#endif
