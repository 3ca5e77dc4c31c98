// SPDX-License-Identifier: GPL-2.0-only
/* CLEAN: every pin is given back, no splat, no new taint, and the module unloads. */
#include <inttypes.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../../lib/knob.h"
#include "../../lib/vmstat.h"
#include "../protocol.h"
#include "guest.h"

/* io_uring unpins its buffers from a worker, some time after its process is gone. */
#define SETTLE_SECONDS	10

/* Few kernels have kmemleak: Documentation/debug-kernel.md */
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

struct pins {
	uint64_t acquired;
	uint64_t released;
};

static struct pins first, last;
static int pins_error;
static struct scope scopes[MAX_TOPICS + 4];
static unsigned int scope_count;

static int pins_now(struct pins *pins)
{
	char refreshed[64];

	int length = file_read("/proc/sys/vm/stat_refresh", refreshed, sizeof(refreshed));

	/* Whoever is not root reads the counters without the share of each CPU. */
	if (length == -EACCES)
		return length;
	return vmstat_pins(&pins->acquired, &pins->released);
}

void clean_baseline(void)
{
	pins_error = pins_now(&first);
	last = first;
	knob_set(KMEMLEAK, "clear");
}

void clean_pins_since(const char *topic)
{
	struct pins now;

	if (pins_error || pins_now(&now))
		return;
	report("%s pins: acquired %" PRIu64 ", released %" PRIu64, topic,
	       now.acquired - last.acquired, now.released - last.released);
	last = now;
}

void scope_add(const char *name, unsigned int splats)
{
	struct scope *scope = &scopes[scope_count];

	if (scope_count == ARRAY_SIZE(scopes))
		return;
	snprintf(scope->name, sizeof(scope->name), "%s", name);
	scope->splats = splats;
	scope_count++;
}

static bool check_pins(void)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	double deadline = monotonic_seconds() + SETTLE_SECONDS;
	uint64_t acquired, released;
	struct pins now;

	if (pins_error) {
		report_subresult(true, "pins", pins_error == -EACCES ? "SKIP needs root" :
				 "SKIP kernel has no nr_foll_pin counters");
		return true;
	}
	do {
		if (pins_now(&now)) {
			report_subresult(false, "pins", "ERROR /proc/vmstat is gone");
			return false;
		}
		acquired = now.acquired - first.acquired;
		released = now.released - first.released;
	} while (acquired != released && monotonic_seconds() < deadline &&
		 !nanosleep(&pause, NULL));
	report_subresult(acquired == released, "pins", "acquired %" PRIu64 ", released %" PRIu64,
			 acquired, released);
	return acquired == released;
}

static bool check_rmmod(const struct config *config)
{
	const char *scope = result_name(config, "rmmod");
	int error = module_remove(config->module);

	if (error == -ENOSYS) {
		report_subresult(true, "rmmod",
				 "SKIP needs modules that can be removed (CONFIG_MODULE_UNLOAD)");
		error = 0;
	} else {
		report_subresult(!error, "rmmod", error ? "%s" : NULL, strerror(-error));
	}
	scope_add(scope, kmsg_check(scope));
	return !error;
}

static bool names_module(const char *line)
{
	return strstr(line, "[pincheck]") || strstr(line, "[gup_test]") ||
	       strstr(line, "[pincheck_interleave]");
}

/*
 * Count the leaked objects that the modules allocated: the trace of such an object names its module.
 */
static unsigned int count_leaks(void)
{
	FILE *leaks = fopen(KMEMLEAK, "re");
	char line[256], object[256] = "";
	unsigned int count = 0;

	while (leaks && fgets(line, sizeof(line), leaks)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "unreferenced object", 19))
			snprintf(object, sizeof(object), "%s", line);
		if (!names_module(line) || !*object)
			continue;
		report("%s%s", object, line);
		*object = '\0';
		count++;
	}
	if (leaks)
		fclose(leaks);
	return count;
}

static bool check_kmemleak(void)
{
	unsigned int leaks;

	/* kmemleak reports an object from its second scan on. */
	knob_set(KMEMLEAK, "scan");
	knob_set(KMEMLEAK, "scan");
	leaks = count_leaks();
	report_subresult(!leaks, "kmemleak", "%u objects of the modules", leaks);
	return !leaks;
}

void clean_check(const struct config *config)
{
	bool has_module = *config->module;
	bool has_kmemleak = has_module && !access(KMEMLEAK, W_OK);
	bool ok;

	report_subtests(1 + has_kmemleak + has_module + scope_count + has_module);
	ok = check_pins();
	if (has_kmemleak)
		ok &= check_kmemleak();
	if (has_module)
		ok &= check_rmmod(config);
	for (unsigned int i = 0; i < scope_count; i++) {
		char name[80];

		snprintf(name, sizeof(name), SPLAT_PREFIX "%.63s", scopes[i].name);
		if (scopes[i].splats)
			report_subresult(false, name, "%u in the kernel log", scopes[i].splats);
		else
			report_subresult(true, name, kmsg_readable() ? NULL :
					 "SKIP needs the kernel's log (CONFIG_PRINTK)");
		ok &= !scopes[i].splats;
	}
	report_result(ok, result_name(config, "clean"), NULL);
}
