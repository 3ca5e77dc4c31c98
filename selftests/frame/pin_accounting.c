// SPDX-License-Identifier: GPL-2.0-only
/* The references and pins that are held, by the counters of module and kernel. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/knob.h"
#include "../../tools/lib/pincheck.h"
#include "../../tools/lib/vmstat.h"
#include "clock.h"
#include "pin_accounting.h"

#define STAT_REFRESH	"/proc/sys/vm/stat_refresh"

static int64_t baseline;

bool pins_exact(void)
{
	return sysconf(_SC_NPROCESSORS_CONF) == 1 || !access(STAT_REFRESH, F_OK);
}

bool pins_readable(void)
{
	return access(STAT_REFRESH, F_OK) || !access(STAT_REFRESH, W_OK);
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

int pin_bias(void)
{
	static int bias;
	struct pincheck_info info;
	int session;

	if (bias || pincheck_is_forbidden())
		return bias;
	session = pincheck_open();
	if (session < 0)
		return 0;
	if (!pincheck_info(session, &info))
		bias = info.pin_bias;
	close(session);
	return bias;
}

int pin_accounting_read(struct pin_accounting *now)
{
	struct pincheck_info info;
	int session, error;

	*now = (struct pin_accounting){ 0 };
	if (pincheck_is_forbidden())
		return 0;
	session = pincheck_open();
	if (session < 0)
		return session;
	error = pincheck_info(session, &info);
	close(session);
	now->sessions = info.sessions - 1;
	now->references = info.acquired - info.released;
	return error;
}

bool pin_accounting_agrees(const struct pin_accounting *before, char *why, size_t size)
{
	struct pin_accounting now;
	int error = pin_accounting_read(&now);

	if (error)
		snprintf(why, size, "the counters cannot be read: error %d", error);
	else if (now.sessions != before->sessions)
		snprintf(why, size, "%" PRIu64 " sessions are open, %" PRIu64 " were before",
			 now.sessions, before->sessions);
	else if (now.references != before->references)
		snprintf(why, size, "module: %" PRId64 " references not given back",
			 (int64_t)(now.references - before->references));
	else
		return true;
	return false;
}

bool pins_agree(char *why, size_t size)
{
	int64_t surplus = 0, end = moment_end();
	int error;

	do {
		error = pins_surplus(&surplus);
	} while (!error && surplus && moment_goes_on(end));
	if (error)
		snprintf(why, size, "the machine's pins cannot be read: error %d", error);
	else if (surplus)
		snprintf(why, size, "nr_foll_pin: %" PRId64 " pins not given back", surplus);
	return !error && !surplus;
}

void pin_accounting_wait(const struct pin_accounting *before)
{
	int64_t end = nanoseconds() + 1000000000, surplus;
	char why[120];

	while ((!pin_accounting_agrees(before, why, sizeof(why)) || pins_surplus(&surplus) ||
		surplus) && moment_goes_on(end))
		;
}

/* The line of /proc/self/status that begins with @name, or -errno */
static long status_kib(const char *name)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[128];
	long kib = -ENOENT;

	if (!status)
		return -errno;
	while (kib < 0 && fgets(line, sizeof(line), status))
		if (!strncmp(line, name, strlen(name)))
			kib = atol(line + strlen(name));
	fclose(status);
	return kib;
}

long vm_pin_kib(void)
{
	return status_kib("VmPin:");
}

long vm_lck_kib(void)
{
	return status_kib("VmLck:");
}
