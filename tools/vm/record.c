// SPDX-License-Identifier: GPL-2.0-only
/* run.json: what ran, on which machine, how long, and the verdict. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../arch/arch.h"
#include "guests.h"
#include "image.h"
#include "machine.h"
#include "record.h"
#include "suite.h"
#include "summary.h"
#include "util.h"
#include "verdict.h"

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *json_seconds(double value)
{
	return value > 0 ? json_real((double)(long)(value * 1000 + 0.5) / 1000) : json_null();
}

json_t *record_kernel(const struct options *options)
{
	const char *slash = strrchr(options->kernel, '/');
	char *release = image_release(options);
	char *config = image_config_sha256(options, release);
	json_t *kernel = json_pack("{s:s, s:s, s:o, s:o, s:s, s:o}", "name", options->name,
				   "architecture", options->arch->machine,
				   "release", text_or_null(release),
				   "package", text_or_null(options->package),
				   "image", slash ? slash + 1 : options->kernel,
				   "config_sha256", text_or_null(config));

	free(release);
	free(config);
	return kernel;
}

/* A guest that never started has no command line: @words is NULL. */
static json_t *words_of(char *const *words, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; words && i < count && words[i]; i++)
		json_array_append_new(array, json_string(words[i]));
	return array;
}

/* The guests after the first one. */
static json_t *own_guests_of(const struct guests *guests)
{
	json_t *array = json_array();

	for (size_t i = 1; i < guests->count; i++) {
		const struct guest *guest = &guests->guests[i];

		json_array_append_new(array, json_pack("{s:o, s:s, s:o}", "topics",
						       words_of(guest->topics, guest->topic_count),
						       "append", guest->parameters, "argv",
						       words_of(guest->argv, SIZE_MAX)));
	}
	return array;
}

static json_t *machine_of(const struct run *run)
{
	char version[256];
	char *const ask[] = { (char *)run->options->qemu, "--version", NULL };

	first_line_of(ask, version, sizeof(version));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:i, s:s, s:s}",
			 "accel", run->accel == ACCEL_KVM ? "kvm" : "tcg",
			 "accel_note", text_or_null(run->accel_note),
			 "qemu", text_or_null(version), "argv",
			 words_of(run->guests->guests[0].argv, SIZE_MAX),
			 "own_guests", own_guests_of(run->guests), "boots", (int)run->boots,
			 "smp", (int)run->options->smp, "memory_mib", (int)run->options->memory_mib,
			 "hugepages", (int)run->options->hugepages,
			 "append", run->options->append, "qemu_args", run->options->qemu_args);
}

static json_t *totals_of(const struct suite *suite, const struct verdict *verdict)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "passed", (int)suite_passed(suite),
			 "failed", (int)summary_failed(suite, verdict),
			 "skipped", (int)suite->totals[KTAP_SKIP],
			 "known_failures", (int)suite->totals[KTAP_XFAIL],
			 "stale_expectations", (int)suite->totals[KTAP_XPASS],
			 "suite_cases", (int)suite->suite_cases);
}

static json_t *topics_of(const struct suite *suite)
{
	json_t *topics = json_object();

	for (size_t i = 0; i < suite->topic_count; i++) {
		const struct topic *topic = &suite->topics[i];

		if (!topic->filtered)
			json_object_set_new(topics, topic->name,
					    json_seconds(topic->ended - topic->began));
	}
	return topics;
}

static json_t *times_of(const struct run *run, const struct suite *suite)
{
	double first = suite->first_test_line ? suite->first_test_line - run->started : 0;
	double end = suite->end_time ? suite->end_time - run->started : 0;

	return json_pack("{s:o, s:o, s:o}", "image_to_first_test_s", json_seconds(first),
			 "image_to_end_s", json_seconds(end),
			 "whole_run_s", json_seconds(run->ended - run->started));
}

static json_t *verdict_json(const struct verdict *verdict)
{
	return json_pack("{s:s, s:s, s:i}", "name", verdict->name, "reason", verdict->reason,
			 "exit_code", (int)verdict->code);
}

int record_write(const struct run *run, const struct suite *suite, const struct verdict *verdict)
{
	const struct options *options = run->options;
	char *path = format_text("%s/run.json", options->results);
	char *srcversion = options->module ? image_module_srcversion(options->module) : NULL;
	char *sha256 = options->module ? image_sha256(options->module) : NULL;
	json_t *problems = json_array();
	json_t *root;
	int error;

	for (size_t i = 0; i < suite->problem_count; i++)
		json_array_append_new(problems, json_string(suite->problems[i]));
	root = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:o, s:o}",
			 "verdict", verdict_json(verdict), "totals", totals_of(suite, verdict),
			 "kernel", record_kernel(options), "module_srcversion", text_or_null(srcversion),
			 "module_sha256", text_or_null(sha256),
			 "filter", text_or_null(options->filter), "machine", machine_of(run),
			 "times", times_of(run, suite),
			 "cases_per_s", suite_cases_per_second(suite),
			 "topic_seconds", topics_of(suite), "stream_problems", problems);
	error = root ? json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : -1;
	if (error)
		complain("cannot write %s", path);
	json_decref(root);
	free(srcversion);
	free(sha256);
	free(path);
	return error;
}
