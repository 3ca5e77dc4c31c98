// SPDX-License-Identifier: GPL-2.0-only
/* pincheck-report kcidb: KCIDB I/O data, version 5.3, for `kcidb-submit` or a REST endpoint. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "kernel_run.h"
#include "commands.h"
#include "json.h"
#include "output.h"
#include "text.h"

#define VERSION_MAJOR		5
#define VERSION_MINOR		3
#define MAX_EXCERPT		16384

/**
 * struct report - the lists of the submission
 * @known: ids of the issues that @issues has
 */
struct report {
	const struct arguments *arguments;
	const char *origin;
	json_t *checkouts;
	json_t *builds;
	json_t *tests;
	json_t *issues;
	json_t *incidents;
	json_t *known;
};

/* A test that did not end is no verdict on the kernel. A known failure fails, with an incident. */
static const char *const statuses[KTAP_OUTCOMES] = {
	[KTAP_PASS] = "PASS",
	[KTAP_FAIL] = "FAIL",
	[KTAP_SKIP] = "SKIP",
	[KTAP_XFAIL] = "FAIL",
	[KTAP_XPASS] = "PASS",
	[KTAP_TIMEOUT] = "ERROR",
	[KTAP_ERROR] = "ERROR",
};

static void set_text(json_t *object, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(object, key, json_string(text));
}

/* The end of the evidence matters most: it stands just before the verdict. */
static void set_excerpt(json_t *object, const char *evidence)
{
	size_t length = strlen(evidence);
	const char *from = length > MAX_EXCERPT ? evidence + length - MAX_EXCERPT : evidence;

	while ((*from & 0xc0) == 0x80)
		from++;
	set_text(object, "log_excerpt", from);
}

/*
 * pincheck:NAME-RELEASE-TIME is the id of a run, its checkout and its build. Machines of several
 * architectures may end at the same second. Return: to be freed
 */
static char *run_id(const struct report *report, const struct kernel_run *run)
{
	const char *release = kernel_run_text(run, "kernel", "release");
	const char *architecture = report->arguments->architecture;

	return format_of("%s:%s-%s%s%s-%s", report->origin, run->kernel, *release ? release : "unknown",
			 architecture ? "-" : "", architecture ? architecture : "", run->time);
}

/* A resource needs an address: the lists are empty without --log-url. */
static void set_files(const struct report *report, const struct kernel_run *run, json_t *test)
{
	static const char *const names[] = { "results.ktap", "run.json" };
	const char *url = report->arguments->log_url;
	json_t *files;

	if (!url)
		return;
	files = json_array();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		json_array_append_new(files, json_pack("{s:s, s:o}", "name", names[i], "url",
						       json_sprintf("%s/%s/%s", url, run->kernel, names[i])));
	json_object_set_new(test, "log_url", json_sprintf("%s/%s/console.log", url, run->kernel));
	json_object_set_new(test, "output_files", files);
}

static void set_duration(const struct kernel_run *run, json_t *test, const char *topic)
{
	json_t *seconds = json_object_get(json_object_get(run->json, "topic_seconds"), topic);

	if (json_is_number(seconds))
		json_object_set(test, "duration", seconds);
}

static void add_checkout(struct report *report, const struct kernel_run *run, const char *id)
{
	json_t *checkout = json_pack("{s:s, s:s, s:b}", "id", id, "origin", report->origin,
				     "valid", 1);
	size_t distribution = strcspn(run->kernel, "-");

	if (run->kernel[distribution])
		json_object_set_new(checkout, "tree_name",
				    json_stringn(run->kernel, distribution));
	if (report->arguments->commit)
		set_text(checkout, "git_commit_hash", report->arguments->commit);
	if (report->arguments->repository)
		set_text(checkout, "git_repository_url", report->arguments->repository);
	/* An empty hash says that there are no patches. */
	if (report->arguments->patchset)
		json_object_set_new(checkout, "patchset_hash", json_string(report->arguments->patchset));
	set_text(checkout, "comment", kernel_run_text(run, "kernel", "release"));
	json_array_append_new(report->checkouts, checkout);
}

static void add_build(struct report *report, const struct kernel_run *run, const char *id)
{
	const struct test_case *built = kernel_run_find(run, BUILD_CASE);
	const char *architecture = report->arguments->architecture ?:
				   kernel_run_text(run, "kernel", "architecture");
	json_t *misc = json_object();
	json_t *build = json_pack("{s:s, s:s, s:s, s:s*, s:s, s:s, s:o}", "id", id, "checkout_id", id,
				  "origin", report->origin, "architecture",
				  *architecture ? architecture : NULL, "config_name", run->kernel,
				  "status", built ? statuses[built->outcome] : "PASS", "misc", misc);

	set_text(misc, "release", run->release);
	set_text(misc, "package", kernel_run_text(run, "kernel", "package"));
	set_text(misc, "config_sha256", kernel_run_text(run, "kernel", "config_sha256"));
	set_text(misc, "module_srcversion", kernel_run_text(run, NULL, "module_srcversion"));
	if (built) {
		set_text(build, "comment", built->reason);
		set_excerpt(build, built->evidence);
	}
	json_array_append_new(report->builds, build);
}

/*
 * The reason "R13 R20: why" becomes pincheck:known-r13-r20: an id stays the same when somebody words
 * the reason better. Return: to be freed
 */
static char *issue_id(const struct report *report, const char *reason)
{
	struct text id = { 0 };

	text_printf(&id, "%s:known", report->origin);
	for (bool dash = true; *reason && *reason != ':'; reason++) {
		if (!isalnum((unsigned char)*reason)) {
			dash = true;
			continue;
		}
		text_printf(&id, "%s%c", dash ? "-" : "", tolower((unsigned char)*reason));
		dash = false;
	}
	return text_take(&id);
}

static void add_issue(struct report *report, const char *id, const char *reason)
{
	if (json_object_get(report->known, id))
		return;
	json_object_set_new(report->known, id, json_true());
	json_array_append_new(report->issues,
			      json_pack("{s:s, s:i, s:s, s:s, s:{s:b}}", "id", id, "version", 1,
					"origin", report->origin, "comment", reason,
					"culprit", "code", 1));
}

/* A test that is a topic may have several. */
static json_t *incident_id(const struct report *report, const char *test_id, const char *issue)
{
	return report->arguments->by_topic ? json_sprintf("%s-%s", test_id, strchr(issue, ':') + 1) :
					     json_string(test_id);
}

static void add_incident(struct report *report, const char *test_id, const char *reason)
{
	char *issue = issue_id(report, reason);

	add_issue(report, issue, reason);
	json_array_append_new(report->incidents,
			      json_pack("{s:o, s:s, s:s, s:i, s:s, s:b}", "id", incident_id(report, test_id, issue),
					"origin", report->origin, "issue_id", issue,
					"issue_version", 1, "test_id", test_id, "present", 1));
	free(issue);
}

/* Facts of the machine that may influence a result; run.json has the command line of QEMU. */
static json_t *environment_of(const struct kernel_run *run)
{
	static const char *const keys[] = { "accel", "qemu", "smp", "memory_mib" };
	json_t *misc = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_t *value = json_object_get(json_object_get(run->json, "machine"), keys[i]);

		if (value && !json_is_null(value))
			json_object_set(misc, keys[i], value);
	}
	return json_pack("{s:s, s:o}", "comment", "QEMU guest", "misc", misc);
}

static void add_test(struct report *report, const struct kernel_run *run, const char *build_id,
		     const struct test_case *of)
{
	char *id = format_of("%s-%s", build_id, of->name);
	json_t *misc = json_facts(of->facts);
	json_t *test = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o}", "id", id,
				 "build_id", build_id, "origin", report->origin,
				 "path", json_sprintf("pincheck.%s", of->name),
				 "status", statuses[of->outcome], "start_time", run->time,
				 "misc", misc);

	json_object_set_new(misc, "outcome", json_string(ktap_outcome_name(of->outcome)));
	set_text(test, "comment", of->reason);
	set_excerpt(test, of->evidence);
	json_object_set_new(test, "environment", environment_of(run));
	if (!strcmp(of->name, of->topic))
		set_duration(run, test, of->topic);
	if (strcmp(statuses[of->outcome], "PASS") && of->outcome != KTAP_SKIP)
		set_files(report, run, test);
	json_array_append_new(report->tests, test);
	if (of->outcome == KTAP_XFAIL)
		add_incident(report, id, *of->reason ? of->reason : "known issue");
	free(id);
}

/**
 * struct topic_sum - the cases of a topic as one test
 * @worst_of: the place of the topic's status in status_order
 * @outcomes: number of cases with each
 * @failures: name and evidence of those that failed
 * @reasons: of known failures, each once
 */
struct topic_sum {
	size_t worst_of;
	unsigned int outcomes[KTAP_OUTCOMES];
	struct text failures;
	json_t *reasons;
};

/* The status of a topic is the last of these that a case has. */
static const char *const status_order[] = { "SKIP", "PASS", "FAIL", "ERROR" };

static size_t place_of_status(const char *status)
{
	size_t place = 0;

	while (strcmp(status_order[place], status))
		place++;
	return place;
}

static void add_to_sum(struct topic_sum *sum, const struct test_case *of)
{
	size_t place = place_of_status(statuses[of->outcome]);

	sum->outcomes[of->outcome]++;
	if (place > sum->worst_of)
		sum->worst_of = place;
	if (ktap_is_failure(of->outcome))
		text_printf(&sum->failures, "%s: %s %s\n%s%s", of->name, ktap_outcome_name(of->outcome),
			    of->reason, of->evidence, *of->evidence ? "\n" : "");
	if (of->outcome == KTAP_XFAIL)
		json_object_set_new(sum->reasons, *of->reason ? of->reason : "known issue", json_true());
}

static json_t *counts_json(const struct topic_sum *sum)
{
	json_t *counts = json_object();

	for (size_t i = 0; i < KTAP_OUTCOMES; i++)
		if (sum->outcomes[i])
			json_object_set_new(counts, ktap_outcome_name((enum ktap_outcome)i),
					    json_integer(sum->outcomes[i]));
	return counts;
}

static void add_topic_test(struct report *report, const struct kernel_run *run, const char *build_id,
			   const char *topic)
{
	struct topic_sum sum = { .reasons = json_object() };
	char *id = format_of("%s-%s", build_id, topic);
	const char *reason;
	json_t *test, *value;

	for (size_t i = 0; i < run->results.count; i++)
		if (!strcmp(run->results.cases[i].topic, topic) &&
		    strcmp(run->results.cases[i].name, BUILD_CASE))
			add_to_sum(&sum, &run->results.cases[i]);
	test = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "id", id, "build_id", build_id,
			 "origin", report->origin, "path", json_sprintf("pincheck.%s", topic),
			 "status", status_order[sum.worst_of], "start_time", run->time,
			 "misc", counts_json(&sum), "environment", environment_of(run));
	set_duration(run, test, topic);
	set_files(report, run, test);
	if (sum.failures.length)
		set_excerpt(test, sum.failures.bytes);
	json_array_append_new(report->tests, test);
	json_object_foreach(sum.reasons, reason, value)
		add_incident(report, id, reason);
	json_decref(sum.reasons);
	free(sum.failures.bytes);
	free(id);
}

static void add_topic_tests(struct report *report, const struct kernel_run *run, const char *build_id)
{
	json_t *done = json_object();

	for (size_t i = 0; i < run->results.count; i++) {
		const char *topic = run->results.cases[i].topic;

		if (!strcmp(run->results.cases[i].name, BUILD_CASE) || json_object_get(done, topic))
			continue;
		json_object_set_new(done, topic, json_true());
		add_topic_test(report, run, build_id, topic);
	}
	json_decref(done);
}

static void add_run(struct report *report, const struct kernel_run *run)
{
	char *id = run_id(report, run);

	add_checkout(report, run, id);
	add_build(report, run, id);
	if (report->arguments->by_topic)
		add_topic_tests(report, run, id);
	for (size_t i = 0; i < run->results.count && !report->arguments->by_topic; i++)
		if (strcmp(run->results.cases[i].name, BUILD_CASE))
			add_test(report, run, id, &run->results.cases[i]);
	free(id);
}

int command_kcidb(const struct arguments *arguments)
{
	struct report report = {
		.arguments = arguments, .origin = arguments->origin, .checkouts = json_array(), .builds = json_array(),
		.tests = json_array(), .issues = json_array(), .incidents = json_array(),
		.known = json_object(),
	};
	struct output output;
	json_t *json;

	for (char **kernel = arguments->operands; *kernel; kernel++) {
		struct kernel_run run;

		kernel_run_load(&run, arguments->results, *kernel);
		add_run(&report, &run);
		kernel_run_free(&run);
	}
	json = json_pack("{s:{s:i, s:i}, s:o, s:o, s:o, s:o, s:o}", "version", "major", VERSION_MAJOR,
			 "minor", VERSION_MINOR, "checkouts", report.checkouts, "builds",
			 report.builds, "tests", report.tests, "issues", report.issues,
			 "incidents", report.incidents);
	output_open(&output, arguments->output, "kcidb.json");
	json_dumpf(json, output.to, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	putc('\n', output.to);
	output_close(&output);
	json_decref(json);
	json_decref(report.known);
	return EXIT_PASS;
}
