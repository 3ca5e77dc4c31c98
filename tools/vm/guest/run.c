// SPDX-License-Identifier: GPL-2.0-only
/* Insert the module, run the topics, check that nothing is left, send the end marker. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../protocol.h"
#include "guest.h"

const char *result_name(const struct config *config, const char *name)
{
	char *numbered;

	if (config->guest < 2 || asprintf(&numbered, "%s_%ld", name, config->guest) < 0)
		return name;
	return numbered;
}

static bool insert_module_under_test(const struct config *config)
{
	const char *name = result_name(config, "insmod");
	int error;

	if (!*config->module)
		return true;
	error = module_insert(config->module);
	scope_add(name, kmsg_check(name));
	if (error)
		kmsg_report_tail(3);
	report_result(!error, name, error ? "%s" : NULL, strerror(-error));
	return !error;
}

void run_topics(const struct config *config)
{
	unsigned int topics = topics_count();

	clean_baseline();
	if (insert_module_under_test(config)) {
		topics_run(config);
		clean_check(config);
	} else {
		topics_refuse("the module did not load");
		report_result(true, result_name(config, "clean"), "SKIP the module did not load");
	}
	report(MARK_END "results=%u topics=%u", report_results(), topics);
}
