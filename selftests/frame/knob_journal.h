/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings of /proc and /sys that a case changes. What each was before is written into a journal that
 * the suite shares with its cases: the suite puts the setting back when the case is over, whether it
 * passed, failed or was killed.
 */
#ifndef PINCHECK_SELFTESTS_KNOB_JOURNAL_H
#define PINCHECK_SELFTESTS_KNOB_JOURNAL_H

#include <stddef.h>
#include "../../tools/lib/knob.h"

/** knob_journal_bytes() - how much memory the journal takes */
size_t knob_journal_bytes(void);

/**
 * knob_journal_open() - for the suite, before it forks cases
 * @shared: knob_journal_bytes() of zeroes that the suite shares with them
 *
 * Everything is put back when the caller exits, and when SIGINT, SIGTERM or SIGHUP ends it.
 */
void knob_journal_open(void *shared);

/** knob_change() - write @value to the setting @path, until the case is over. Return: 0 or -errno */
int knob_change(const char *path, const char *value);

/** knob_change_number() - the same for a number */
int knob_change_number(const char *path, long number);

/** knob_change_for_run() - the same, until all cases of this program are over */
int knob_change_for_run(const char *path, long number);

/** knob_mark() - the place in the journal that knob_restore() goes back to */
unsigned int knob_mark(void);

/** knob_restore() - put back what was changed after @mark, last first. Return: 0 or -errno */
int knob_restore(unsigned int mark);

#endif
