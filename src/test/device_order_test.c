// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which orders of device memory are tried, for every page size. With pages of 64 KiB or more, order
 * 0 is the last one. Prints TAP.
 */
#include <stdbool.h>
#include "hold/device_order.h"
#include "tools/lib/array.h"
#include "tools/lib/test/tap.h"

#define STEPS_MAX	64	/* more than any sequence has: an endless one fails */

static const struct {
	const char *what;
	unsigned int page_shift;
	int first;
	int last;
} rows[] = {
	{ "pages_of_4k",	12, 9, 4 },
	{ "pages_of_8k",	13, 8, 3 },
	{ "pages_of_16k",	14, 7, 2 },
	{ "pages_of_64k",	16, 5, 0 },
	{ "pages_of_256k",	18, 3, 0 },
	{ "pages_of_2m",	21, 0, 0 },
	{ "pages_of_4m",	22, 0, 0 },
};

/* True if the orders are @first, each time one less, down to @last, and then none. */
static bool sequence_is(unsigned int page_shift, int first, int last)
{
	int order = device_order_first(page_shift), next, steps;

	if (order != first)
		return false;
	for (steps = 0; steps < STEPS_MAX; steps++, order = next) {
		next = device_order_next(order, page_shift);
		if (next < 0)
			return order == last;
		if (next != order - 1)
			return false;
	}
	return false;
}

int main(void)
{
	tap_begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		tap_verdict(sequence_is(rows[i].page_shift, rows[i].first, rows[i].last),
			    "device_order.%s", rows[i].what);
	return tap_end();
}
