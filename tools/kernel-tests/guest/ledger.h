/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs could leave behind: pins, settings, hugetlb pages, mounts, shared memory. */
#ifndef PINCHECK_KERNEL_TESTS_LEDGER_H
#define PINCHECK_KERNEL_TESTS_LEDGER_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct ledger - the state of the machine at one time
 * @pins_error: not 0 where the kernel does not count pins
 */
struct ledger {
	struct ledger_entry *entries;
	size_t count;
	uint64_t acquired;
	uint64_t released;
	int pins_error;
};

void ledger_take(struct ledger *ledger);
void ledger_free(struct ledger *ledger);

/**
 * ledger_compare() - call @found for each entry that has another value in @now than @before
 * @was: NULL if there was none, @is: NULL if there is none
 *
 * Return: the number of differences
 */
unsigned int ledger_compare(const struct ledger *before, const struct ledger *now,
			    void (*found)(const char *name, const char *was, const char *is));

/** ledger_restore() - write back the settings that differ from @before, and undo mounts */
void ledger_restore(const struct ledger *before, const struct ledger *now);

#endif
