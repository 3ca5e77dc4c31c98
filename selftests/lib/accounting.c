// SPDX-License-Identifier: GPL-2.0-only
/* How many pins the machine has, as its own counters say. */
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
 * Adds the share of each CPU to the counters. Without CONFIG_SMP there are no shares, and no such
 * file.
 */
static int fold_cpu_shares(void)
{
	int error = knob_set(STAT_REFRESH, "1");

	return error == -ENOENT && pins_exact() ? 0 : error;
}

static int read_pin_balance(int64_t *balance)
{
	uint64_t acquired = 0, released = 0;
	int error = fold_cpu_shares();

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
	return read_pin_balance(&baseline);
}

int pins_surplus(int64_t *surplus)
{
	int error = read_pin_balance(surplus);

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
