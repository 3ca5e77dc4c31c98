// SPDX-License-Identifier: GPL-2.0-only
/* The pins that are left, by records that are made up: who takes, who gives back, in which order. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/test/tap.h"
#include "tools/pincheck/leak_pins.h"

static struct leak_pins *pins;

static struct pincheck_traced call_of(__u64 number, pid_t pid, __u32 function, __s64 result)
{
	struct pincheck_traced call = {
		.type = PINCHECK_TRACED_CALL, .flags = PINCHECK_TRACED_INSIDE, .call = number,
		.pid = pid, .tid = pid, .function = function, .result = result,
	};

	if (function >= PINCHECK_FUNCTION_UNPIN_USER_PAGE)
		call.flags |= PINCHECK_TRACED_RELEASE;
	return call;
}

static __u64 run_of(__u64 pfn, __u64 pages)
{
	return pfn << 16 | pages;
}

static void add_call(__u64 number, pid_t pid, __u32 function, __u64 pfn, __u64 pages)
{
	struct pincheck_traced call = call_of(number, pid, function, pages);

	call.call_runs[0] = run_of(pfn, pages);
	leak_pins_add(pins, &call);
}

static void begin_test(void)
{
	leak_pins_free(pins);
	memset(pins, 0, sizeof(*pins));
}

#define TAKE	PINCHECK_FUNCTION_PIN_USER_PAGES_FAST
#define GIVE	PINCHECK_FUNCTION_UNPIN_USER_PAGES

static void test_parts(void)
{
	begin_test();
	add_call(1, 10, TAKE, 100, 8);
	tap_verdict(leak_pins_left(pins, true) == 8, "a call has taken 8 pins");
	add_call(2, 11, GIVE, 103, 1);
	add_call(3, 0, GIVE, 107, 1);
	tap_verdict(leak_pins_left(pins, true) == 6, "others give pins back, page by page");
	add_call(4, 10, GIVE, 103, 1);
	tap_verdict(leak_pins_left(pins, true) == 6 && pins->unknown == 1,
		    "a pin that is given back twice was somebody else's");
	tap_verdict(pins->acquired == 8 && pins->released == 3, "the sums are those of the calls");
}

static void test_takers(void)
{
	const struct taker *taker;

	begin_test();
	add_call(1, 10, TAKE, 100, 1);
	add_call(2, 11, TAKE, 100, 1);
	add_call(3, 10, GIVE, 100, 1);
	for (taker = pins->takers; taker && taker->call.pid != 11; taker = taker->next)
		;
	tap_verdict(taker && taker->left == 1 && leak_pins_left(pins, true) == 1,
		    "the pin of the process that gives back goes first");
	add_call(4, 12, GIVE, 100, 1);
	tap_verdict(!leak_pins_left(pins, true) && !pins->unknown, "without one, that of another goes");
}

/* Two processors write their records in turns. */
static void test_turns(void)
{
	struct pincheck_traced first = call_of(1, 10, TAKE, 4), second = call_of(2, 11, GIVE, 2);
	struct pincheck_traced more = { .type = PINCHECK_TRACED_PAGES, .call = 1 };

	begin_test();
	first.call_runs[0] = run_of(100, 1);
	first.call_runs[1] = run_of(200, 1);
	second.call_runs[0] = run_of(100, 2);
	leak_pins_add(pins, &first);
	leak_pins_add(pins, &second);
	more.runs[0] = run_of(300, 1);
	more.runs[1] = run_of(400, 1);
	leak_pins_add(pins, &more);
	tap_verdict(leak_pins_left(pins, true) == 3 && pins->unknown == 1,
		    "each record counts for its own call");
	more.call = 1 + OPEN_CALLS;
	leak_pins_add(pins, &more);
	tap_verdict(pins->cut == 1, "pages of a call that was not seen are noted");
}

static void test_folios(void)
{
	struct pincheck_traced give = call_of(2, 10, PINCHECK_FUNCTION_UNPIN_USER_FOLIO, 3);
	struct pincheck_traced take = call_of(3, 10, PINCHECK_FUNCTION_FOLIO_ADD_PINS, 5);

	begin_test();
	add_call(1, 10, TAKE, 130, 4);
	give.flags |= PINCHECK_TRACED_FOLIO;
	give.call_runs[0] = run_of(128, 16);
	leak_pins_add(pins, &give);
	tap_verdict(leak_pins_left(pins, true) == 1, "3 pins of a folio go, on whichever page they are");
	take.flags |= PINCHECK_TRACED_FOLIO;
	take.call_runs[0] = run_of(128, 16);
	leak_pins_add(pins, &take);
	tap_verdict(leak_pins_left(pins, true) == 6, "5 more pins of a folio come");
	give.call = 4;
	give.result = 7;
	leak_pins_add(pins, &give);
	tap_verdict(!leak_pins_left(pins, true) && pins->unknown == 1, "one more goes than there was");
}

static void test_failures(void)
{
	struct pincheck_traced failed = call_of(1, 10, TAKE, -14);

	begin_test();
	failed.call_runs[0] = run_of(100, 1);
	leak_pins_add(pins, &failed);
	tap_verdict(!leak_pins_left(pins, true) && !pins->acquired, "a call that fails takes nothing");
	failed = call_of(2, 10, TAKE, 1);
	failed.flags &= ~PINCHECK_TRACED_INSIDE;
	failed.call_runs[0] = run_of(100, 1);
	leak_pins_add(pins, &failed);
	tap_verdict(!leak_pins_left(pins, true) && leak_pins_left(pins, false) == 1,
		    "pins of others are theirs");
}

int main(void)
{
	pins = calloc(1, sizeof(*pins));
	if (!pins)
		tap_bail_out("no memory");
	tap_begin();
	test_parts();
	test_takers();
	test_turns();
	test_folios();
	test_failures();
	leak_pins_free(pins);
	free(pins);
	return tap_end();
}
