/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest from power-on to its end. A boot that failed because of the emulator is tried once more.
 */
#ifndef PINCHECK_VM_BOOT_H
#define PINCHECK_VM_BOOT_H

#include <stdbool.h>
#include "machine.h"
#include "options.h"
#include "suite.h"

struct guest;
struct logs;
struct progress;
struct run;
struct shell;

/**
 * struct boot - one guest
 * @options: those of the guest
 * @suite: reads its results, for the deadlines; the suite of the run hears them in its turn
 * @tries: how often it was started
 * @over: it came to its end, and is not tried again
 */
struct boot {
	struct guest *guest;
	struct options options;
	struct machine machine;
	struct suite suite;
	unsigned int tries;
	bool over;
};

/** boot_topic_seconds() - the deadline of one topic */
long boot_topic_seconds(const struct options *options, bool emulated);

/** boot_prepare() - make initramfs and command line of @guest. Return: 0, or -1, having complained */
int boot_prepare(const struct run *run, struct boot *boot, struct guest *guest);

/** boot_say() - tell the person that @guest starts. @beside: while another one is up */
void boot_say(const struct run *run, const struct guest *guest, bool beside,
	      struct progress *progress);

/**
 * boot_begin() - start a guest that is prepared
 * @shell: receives the bytes of the second serial line; NULL: the suite receives them
 */
void boot_begin(struct run *run, struct boot *boot, struct shell *shell);

/** boot_look() - after machines_wait(): try once more what deserves it, or note that it is over */
void boot_look(struct run *run, struct boot *boot, struct logs *logs, struct progress *progress);

/** boot_came_to_its_end() - is it over, and was there neither panic nor hang? */
bool boot_came_to_its_end(const struct boot *boot);

/** boot_free() - of a guest that is over or never began */
void boot_free(struct boot *boot);

#endif
