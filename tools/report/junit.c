// SPDX-License-Identifier: GPL-2.0-only
/* pincheck-report junit: one test suite for each kernel and topic. */
#include <stdlib.h>
#include <string.h>
#include "kernel_run.h"
#include "commands.h"
#include "output.h"
#include "text.h"
#include "../lib/pairs.h"

struct tally {
	unsigned int tests;
	unsigned int failures;
	unsigned int errors;
	unsigned int skipped;
};

/* The element of each outcome. A known failure is skipped, as in pytest, with a type of its own. */
static const struct {
	const char *element;
	const char *type;
	size_t counter;
} elements[KTAP_OUTCOMES] = {
	[KTAP_FAIL] = { "failure", "fail", offsetof(struct tally, failures) },
	[KTAP_SKIP] = { "skipped", "skip", offsetof(struct tally, skipped) },
	[KTAP_XFAIL] = { "skipped", "xfail", offsetof(struct tally, skipped) },
	[KTAP_XPASS] = { "failure", "xpass", offsetof(struct tally, failures) },
	[KTAP_TIMEOUT] = { "error", "timeout", offsetof(struct tally, errors) },
	[KTAP_ERROR] = { "error", "error", offsetof(struct tally, errors) },
};

static void count_case(struct tally *tally, const struct test_case *of)
{
	tally->tests++;
	if (elements[of->outcome].element)
		++*(unsigned int *)((char *)tally + elements[of->outcome].counter);
}

static void write_xml(const char *text, FILE *to)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", to);
			break;
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		default:
			putc(*text, to);
		}
	}
}

static void write_tally(const struct tally *tally, FILE *to)
{
	fprintf(to, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"", tally->tests,
		tally->failures, tally->errors, tally->skipped);
}

static void write_property(const char *name, size_t length, const char *value, FILE *to)
{
	fprintf(to, "<property name=\"%.*s\" value=\"", (int)length, name);
	write_xml(value, to);
	fputs("\"/>", to);
}

static void write_facts(const char *facts, FILE *to)
{
	struct pair pair;

	if (!*facts)
		return;
	fputs("      <properties>", to);
	while (pair_next(&facts, &pair)) {
		char value[FACT_BYTES];

		pair_copy(&pair, value, sizeof(value));
		write_property(pair.key, pair.key_length, value, to);
	}
	fputs("</properties>\n", to);
}

static void write_case(const struct kernel_run *run, const struct test_case *of, FILE *to)
{
	const char *element = elements[of->outcome].element;
	char *name = kernel_run_case_name(run, of);

	fprintf(to, "    <testcase classname=\"%s.%s\" name=\"", run->kernel, of->topic);
	write_xml(name, to);
	fputs("\">\n", to);
	write_facts(of->facts, to);
	if (element) {
		fprintf(to, "      <%s type=\"%s\" message=\"", element, elements[of->outcome].type);
		write_xml(of->reason, to);
		fputs("\"/>\n", to);
	}
	if (*of->evidence) {
		fputs("      <system-out>", to);
		write_xml(of->evidence, to);
		fputs("</system-out>\n", to);
	}
	fputs("    </testcase>\n", to);
	free(name);
}

static void write_release(const char *release, FILE *to)
{
	if (!*release)
		return;
	fputs("    <properties>", to);
	write_property("release", strlen("release"), release, to);
	fputs("</properties>\n", to);
}

static bool in_topic(const struct test_case *of, const char *topic)
{
	return !strcmp(of->topic, topic);
}

static void write_suite(const struct kernel_run *run, const char *topic, FILE *to)
{
	const struct results *results = &run->results;
	json_t *seconds = json_object_get(json_object_get(run->json, "topic_seconds"), topic);
	struct tally tally = { 0 };

	for (size_t i = 0; i < results->count; i++)
		if (in_topic(&results->cases[i], topic))
			count_case(&tally, &results->cases[i]);
	fprintf(to, "  <testsuite name=\"%s.%s\" timestamp=\"%s\"", run->kernel, topic, run->time);
	write_tally(&tally, to);
	if (json_is_number(seconds))
		fprintf(to, " time=\"%.3f\"", json_number_value(seconds));
	fputs(">\n", to);
	write_release(run->release, to);
	for (size_t i = 0; i < results->count; i++)
		if (in_topic(&results->cases[i], topic))
			write_case(run, &results->cases[i], to);
	fputs("  </testsuite>\n", to);
}

static void write_run(const struct kernel_run *run, FILE *to)
{
	json_t *written = json_object();

	for (size_t i = 0; i < run->results.count; i++) {
		const char *topic = run->results.cases[i].topic;

		if (json_object_get(written, topic))
			continue;
		json_object_set_new(written, topic, json_true());
		write_suite(run, topic, to);
	}
	json_decref(written);
}

int command_junit(const struct arguments *arguments)
{
	struct kernel_run *runs = NULL;
	struct tally tally = { 0 };
	struct output output;
	size_t size = 0, kernels = 0;

	for (char **kernel = arguments->operands; *kernel; kernel++) {
		runs = grow(runs, kernels, &size, sizeof(*runs));
		kernel_run_load(&runs[kernels], arguments->results, *kernel);
		for (size_t i = 0; i < runs[kernels].results.count; i++)
			count_case(&tally, &runs[kernels].results.cases[i]);
		kernels++;
	}
	output_open(&output, arguments->output, "junit.xml");
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"pincheck\"", output.to);
	write_tally(&tally, output.to);
	fputs(">\n", output.to);
	for (size_t i = 0; i < kernels; i++) {
		write_run(&runs[i], output.to);
		kernel_run_free(&runs[i]);
	}
	fputs("</testsuites>\n", output.to);
	output_close(&output);
	free(runs);
	return EXIT_PASS;
}
