// SPDX-License-Identifier: GPL-2.0-only
/* KSM, on request. */
#include <errno.h>
#include <sched.h>
#include "../../tools/lib/array.h"
#include "../../tools/lib/cause.h"
#include "knob_journal.h"
#include "ksm_scan.h"

/* ksmd looks at a page twice before it merges it, and takes it in on the third look at most. */
#define SCANS		4

static long ksm_scans(void)
{
	return knob_number(KSM_DIR "full_scans");
}

/* What ksmd has to be set to, in this order. */
static const struct {
	const char *path;
	long fast;
} ksm_settings[] = {
	{ KSM_DIR "sleep_millisecs", 0 },
	{ KSM_DIR "pages_to_scan", 1000 },
	{ KSM_DIR "run", 1 },
};

int ksm_scan(bool (*has_time)(void))
{
	unsigned int mark = knob_mark();
	long end = ksm_scans() + SCANS;
	int error = 0, back;

	for (size_t i = 0; i < ARRAY_SIZE(ksm_settings) && !error; i++)
		error = knob_change_number(ksm_settings[i].path, ksm_settings[i].fast);
	while (!error && ksm_scans() < end && has_time())
		sched_yield();
	if (!error && ksm_scans() < end)
		error = cause_say(-ETIMEDOUT, "ksmd did not go over all memory %d times within the time "
				  "of the case. Let it have a CPU", SCANS);
	back = knob_restore(mark);
	return error ? error : back;
}
