/* SPDX-License-Identifier: GPL-2.0-only */
/* The results of a topic: names that are unique, and failures that are known. */
#ifndef PINCHECK_KERNEL_TESTS_RESULTS_H
#define PINCHECK_KERNEL_TESTS_RESULTS_H

#include <stdbool.h>
#include "../../ktap/ktap.h"

/** kernel_is_from() - is the running kernel @version or later? */
bool kernel_is_from(const char *version);

/** results_begin() - of @topic; reads the known issues. They stand in @directory */
void results_begin(const char *topic, const char *directory);

/**
 * results_add() - print one result, as TOPIC.VARIANT.NAME
 *
 * A failure that is known is an expected one; the reason of one that comes and goes begins with "race: ". A second result of the same name gets a number.
 */
void results_add(enum ktap_outcome outcome, const char *variant, const char *name, const char *reason);

/** results_race_ended() - since the last call: did a race that is known end a run before it was whole? */
bool results_race_ended(void);

/** results_end() - print the plan. Return: the exit status */
int results_end(void);

#endif
