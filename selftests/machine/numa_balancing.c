// SPDX-License-Identifier: GPL-2.0-only
/* NUMA balancing. */
#include <stddef.h>
#include <unistd.h>
#include "knob_journal.h"
#include "numa_balancing.h"

#define NUMA_BALANCING	"/proc/sys/kernel/numa_balancing"

/* Since Linux 5.13 (8a99b6833c88) in debugfs; before in sysctl. What there is not is not set. */
static const struct {
	const char *path;
	long value;
} numa_settings[] = {
	{ NUMA_BALANCING, 1 },
	{ "/sys/kernel/debug/sched/numa_balancing/scan_delay_ms", 1 },
	{ "/sys/kernel/debug/sched/numa_balancing/scan_period_min_ms", 1 },
	{ "/sys/kernel/debug/sched/numa_balancing/scan_period_max_ms", 20 },
	{ NUMA_BALANCING "_scan_delay_ms", 1 },
	{ NUMA_BALANCING "_scan_period_min_ms", 1 },
	{ NUMA_BALANCING "_scan_period_max_ms", 20 },
};

bool numa_balancing_offered(void)
{
	return !access(NUMA_BALANCING, W_OK);
}

/* No write without a change: the switch is a static key of the scheduler (Documentation/emulation.md). */
void numa_balancing_prepare(void)
{
	for (size_t i = 0; i < sizeof(numa_settings) / sizeof(*numa_settings); i++) {
		const char *path = numa_settings[i].path;

		if (!access(path, W_OK) && knob_number(path) != numa_settings[i].value)
			knob_change_for_run(path, numa_settings[i].value);
	}
}
