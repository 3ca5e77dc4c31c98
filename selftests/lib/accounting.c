// SPDX-License-Identifier: GPL-2.0-only
/* The machine's balance of pins. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "accounting.h"
#include "../../tools/lib/knob.h"
#include "subject.h"

#define STAT_REFRESH	"/proc/sys/vm/stat_refresh"

static int64_t baseline;

static int number_after(const char *text, const char *name, int64_t *number)
{
	const char *at = strstr(text, name);

	if (!at)
		return cause_say(-ENOENT, "/proc/vmstat has no %s: the kernel counts no events "
				 "(CONFIG_VM_EVENT_COUNTERS)", name);
	*number = strtoll(at + strlen(name), NULL, 10);
	return 0;
}

bool pins_exact(void)
{
	return sysconf(_SC_NPROCESSORS_CONF) == 1 || !access(STAT_REFRESH, F_OK);
}

/* A kernel without CONFIG_SMP keeps no pieces, and has no such file. */
static int fold_pieces_in(void)
{
	int error = knob_set(STAT_REFRESH, "1");

	return error == -ENOENT && pins_exact() ? 0 : error;
}

/*
 * The counters live in per-CPU pieces that are folded in now and then; only after stat_refresh
 * are they exact. One read of vmstat is enough: both lines are in its first part.
 */
static int balance_of_pins(int64_t *balance)
{
	int vmstat = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	int error = vmstat < 0 ? -errno : fold_pieces_in();
	int64_t acquired = 0, released = 0;
	char text[4096];
	ssize_t got;

	got = error ? 0 : read(vmstat, text, sizeof(text) - 1);
	if (got < 0)
		error = -errno;
	if (!error) {
		text[got] = '\0';
		error = number_after(text, "nr_foll_pin_acquired ", &acquired);
	}
	if (!error)
		error = number_after(text, "nr_foll_pin_released ", &released);
	if (vmstat >= 0)
		close(vmstat);
	*balance = acquired - released;
	return error;
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
