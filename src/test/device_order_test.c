// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which orders of device memory are tried, for every page size. With pages of 64 KiB or more, order
 * 0 is the last one. Prints TAP.
 */
#include <stdbool.h>
#include <stdio.h>
#include "hold/device_order.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
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
	unsigned int failed = 0;

	printf("TAP version 13\n1..%zu\n", ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool good = sequence_is(rows[i].page_shift, rows[i].first, rows[i].last);

		printf("%sok %zu device_order.%s\n", good ? "" : "not ", i + 1, rows[i].what);
		failed += !good;
	}
	return failed != 0;
}
