// SPDX-License-Identifier: GPL-2.0-only
/* The machine's balance of pins. */
#include <errno.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/vmstat.h"
#include "accounting.h"
#include "../../tools/lib/knob.h"
#include "subject.h"

#define STAT_REFRESH	"/proc/sys/vm/stat_refresh"

static int64_t baseline;

bool pins_exact(void)
{
	return sysconf(_SC_NPROCESSORS_CONF) == 1 || !access(STAT_REFRESH, F_OK);
}

/*
 * Adds up the parts that each CPU has. A kernel without CONFIG_SMP has no parts and no such file.
 */
static int fold_pieces_in(void)
{
	int error = knob_set(STAT_REFRESH, "1");

	return error == -ENOENT && pins_exact() ? 0 : error;
}

static int balance_of_pins(int64_t *balance)
{
	uint64_t acquired = 0, released = 0;
	int error = fold_pieces_in();

	if (error)
		return error;
	error = vmstat_pins(&acquired, &released);
	*balance = acquired - released;
	return error == -ENOENT ? cause_say(error, "/proc/vmstat has no nr_foll_pin_acquired: the "
					    "kernel counts no events (CONFIG_VM_EVENT_COUNTERS)") :
				  error;
}

int pins_baseline(void)
{
	return balance_of_pins(&baseline);
}

int pins_surplus(int64_t *surplus)
{
	int error = balance_of_pins(surplus);

	*surplus -= baseline;
	return error;
}

int accounting_pin_bias(void)
{
	static int bias;
	struct pincheck_info info;
	int session;

	if (bias)
		return bias;
	session = pincheck_open();
	if (session < 0)
		return 0;
	if (!pincheck_info(session, &info))
		bias = info.pin_bias;
	close(session);
	return bias;
}
