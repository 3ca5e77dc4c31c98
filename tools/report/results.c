// SPDX-License-Identifier: GPL-2.0-only
/* The cases of a KTAP file as a flat list. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "../lib/pairs.h"
#include "results.h"
#include "text.h"
#include "../vm/protocol.h"

#define FACTS	PAIRS_OF_CASE " "

/**
 * struct reading - a stream on its way into a list
 * @unclaimed: first case whose top-level result has not come yet
 * @inside: problems below the top level, which that result may explain
 * @kinds: the kinds of the problems of the stream itself, each once
 * @details: all problems of the stream
 * @splats: warnings of the kernel by scope; @splat is the scope of the lines that come now
 */
struct reading {
	struct results *results;
	size_t unclaimed;
	struct text inside;
	struct text kinds;
	struct text details;
	json_t *splats;
	char *splat;
};

/* jansson refuses to make a string of bytes that are no UTF-8. */
static bool utf8_valid(const char *string)
{
	json_t *json = json_string(string);

	json_decref(json);
	return json;
}

/* A guest may write any bytes, JSON and XML may not have them. Changes and returns @string. */
static char *printable(char *string)
{
	bool utf8 = utf8_valid(string);

	for (unsigned char *at = (unsigned char *)string; *at; at++)
		if ((*at < ' ' && *at != '\n' && *at != '\t') || (*at >= 0x80 && !utf8))
			*at = '?';
	return string;
}

static void case_init(struct test_case *of, const char *name, const char *topic,
		      enum ktap_outcome outcome, const char *reason, const char *evidence)
{
	*of = (struct test_case) {
		.name = printable(copy_of(name)), .topic = printable(copy_of(topic)), .outcome = outcome,
		.reason = printable(copy_of(reason)), .facts = copy_of(""),
		.evidence = printable(copy_of(evidence)),
	};
}

static void cases_free(struct test_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(cases[i].name);
		free(cases[i].topic);
		free(cases[i].reason);
		free(cases[i].facts);
		free(cases[i].evidence);
	}
	free(cases);
}

struct test_case *results_add(struct results *results, const char *name, const char *topic,
			      enum ktap_outcome outcome, const char *reason, const char *evidence)
{
	results->cases = grow(results->cases, results->count, &results->size,
			      sizeof(*results->cases));
	case_init(&results->cases[results->count], name, topic, outcome, reason, evidence);
	return &results->cases[results->count++];
}

static void add_topic(struct results *results, const struct ktap_test *test)
{
	results->topics = grow(results->topics, results->topic_count, &results->topic_size,
			       sizeof(*results->topics));
	case_init(&results->topics[results->topic_count++], test->name, test->name, test->outcome,
		  test->reason, "");
}

void results_free(struct results *results)
{
	cases_free(results->cases, results->count);
	cases_free(results->topics, results->topic_count);
	*results = (struct results) { 0 };
}

/* Lines of the harness around every case: RUN, OK and FAIL with the name. */
static bool is_noise(const char *line, const struct test_case *of)
{
	static const char *const words[] = { "RUN ", "OK ", "FAIL ", "XFAIL ", "XPASS ", "TIMEOUT " };

	const char *scenario = strrchr(of->name, '.');

	if (!*line || !strncmp(line, "Starting ", 9) || !strncmp(line, MARK_TOPIC, strlen(MARK_TOPIC)))
		return true;
	if (!strncmp(line, "SKIP", 4))
		return !strcmp(line + 4 + strspn(line + 4, " "), of->reason);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strncmp(line, words[i], strlen(words[i])) && strstr(line, of->name))
			return true;
	return strstr(line, ": Test failed") && scenario && !strncmp(line, scenario + 1,
								     strlen(scenario + 1));
}

/* The lines of a case: its facts and its evidence, without those of the harness. */
static void take_diagnostics(struct test_case *of, const char *diagnostics)
{
	struct text evidence = { 0 };
	char *lines = copy_of(diagnostics);
	char *rest = lines;
	char *line;

	while ((line = strsep(&rest, "\n"))) {
		line = text_strip(line);
		if (!strncmp(line, FACTS, strlen(FACTS))) {
			free(of->facts);
			of->facts = printable(copy_of(line + strlen(FACTS)));
		} else if (!is_noise(line, of)) {
			text_printf(&evidence, "%s%s", evidence.length ? "\n" : "", line);
		}
	}
	free(lines);
	free(of->evidence);
	of->evidence = printable(text_take(&evidence));
}

static void add_evidence(struct test_case *of, const char *evidence)
{
	char *both = format_of("%s%s%s", of->evidence, *of->evidence ? "\n" : "", evidence);

	free(of->evidence);
	of->evidence = printable(both);
}

/* A parent that fails because of a subtest adds nothing; one that timed out or crashed does. */
static bool speaks_for_itself(const struct ktap_test *test)
{
	if (!test->subtests)
		return strcmp(test->reason, REASON_FILTER);
	return ktap_is_failure(test->outcome) &&
	       (test->outcome != KTAP_FAIL || !test->failed_subtests);
}

static void add_test(struct reading *reading, const struct ktap_test *test)
{
	take_diagnostics(results_add(reading->results, test->name, test->name, test->outcome,
				     test->reason, ""), test->diagnostics);
}

/* A subtest that is named without its topic gets a name that is unique in the run. */
static void set_topic(struct test_case *of, const char *topic)
{
	size_t length = strlen(topic);

	free(of->topic);
	of->topic = copy_of(topic);
	if (strncmp(of->name, topic, length) || (of->name[length] && of->name[length] != '.')) {
		char *name = format_of("%s.%s", topic, of->name);

		free(of->name);
		of->name = name;
	}
}

/* The top-level result has come: the cases that stood below it belong to its topic. */
static void claim_cases(struct reading *reading, const struct ktap_test *test)
{
	struct results *results = reading->results;
	struct text *inside = &reading->inside;

	add_topic(results, test);
	while (reading->unclaimed < results->count)
		set_topic(&results->cases[reading->unclaimed++], test->name);
	if (speaks_for_itself(test))
		add_test(reading, test);
	if (inside->length && ktap_is_failure(test->outcome) && reading->unclaimed < results->count) {
		add_evidence(&results->cases[results->count - 1], text_strip(inside->bytes));
	} else if (inside->length && !ktap_is_failure(test->outcome)) {
		text_printf(&reading->kinds, "%s%s: its subtests are not complete",
			    reading->kinds.length ? ", " : "", test->name);
		text_append(&reading->details, inside->bytes, inside->length);
	}
	inside->length = 0;
	reading->unclaimed = results->count;
}

static void on_test(void *context, const struct ktap_test *test)
{
	struct reading *reading = context;

	if (!test->depth)
		claim_cases(reading, test);
	else if (speaks_for_itself(test))
		add_test(reading, test);
}

static void on_problem(void *context, enum ktap_problem kind, unsigned int depth,
		       const char *detail)
{
	const char *name = ktap_problem_name(kind);
	struct reading *reading = context;

	text_printf(depth ? &reading->inside : &reading->details, "%s: %s\n", name, detail);
	if ((!depth || kind == KTAP_CUT_LINE) && !(reading->kinds.bytes && strstr(reading->kinds.bytes, name)))
		text_printf(&reading->kinds, "%s%s", reading->kinds.length ? ", " : "", name);
}

/* "pincheck-vm splat: fork: WARNING...", then lines of it that are indented. */
static void on_diagnostic(void *context, unsigned int depth, const char *text)
{
	struct reading *reading = context;
	const char *before;
	char *lines;

	(void)depth;
	if (!strncmp(text, MARK_SPLAT, strlen(MARK_SPLAT))) {
		text += strlen(MARK_SPLAT);
		free(reading->splat);
		reading->splat = format_of("%.*s", (int)strcspn(text, ":"), text);
		text += strcspn(text, ":");
		text += strspn(text, ": ");
	} else if (!reading->splat || *text != ' ') {
		free(reading->splat);
		reading->splat = NULL;
		return;
	}
	before = json_string_value(json_object_get(reading->splats, reading->splat));
	lines = printable(format_of("%s%s%s", before ? before : "", before ? "\n" : "", text));
	json_object_set_new(reading->splats, reading->splat, json_string(lines));
	free(lines);
}

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), behind = strlen(end);

	return length > behind && !strcmp(name + length - behind, end);
}

/* A splat is evidence of the case that failed for it, or of the stream that ends with it. */
static void place_splats(struct reading *reading)
{
	const char *scope;
	json_t *lines;

	json_object_foreach(reading->splats, scope, lines) {
		char *name = format_of("." SPLAT_PREFIX "%s", scope);
		struct results *results = reading->results;
		size_t i = 0;

		while (i < results->count && !ends_with(results->cases[i].name, name))
			i++;
		if (i < results->count)
			add_evidence(&results->cases[i], json_string_value(lines));
		else
			text_printf(&reading->details, "%s: %s\n", scope, json_string_value(lines));
		free(name);
	}
	json_decref(reading->splats);
	free(reading->splat);
}

static const struct ktap_ops reading_ops = {
	.test = on_test,
	.diagnostic = on_diagnostic,
	.problem = on_problem,
};

/* The stream is over. A case without a top-level result gets the topic that begins its name. */
static void conclude_reading(struct reading *reading)
{
	struct results *results = reading->results;

	for (size_t i = reading->unclaimed; i < results->count; i++) {
		char *topic = copy_of(results->cases[i].name);

		topic[strcspn(topic, ".")] = '\0';
		set_topic(&results->cases[i], topic);
		free(topic);
	}
	place_splats(reading);
	if (reading->inside.length)
		text_append(&reading->details, reading->inside.bytes, reading->inside.length);
	if (reading->details.length)
		results_add(results, STREAM_CASE, STREAM_CASE, KTAP_ERROR,
			    reading->kinds.length ? reading->kinds.bytes : "not complete",
			    text_strip(reading->details.bytes));
	free(reading->inside.bytes);
	free(reading->kinds.bytes);
	free(reading->details.bytes);
}

int results_read(struct results *results, const char *path)
{
	struct reading reading = {
		.results = results, .unclaimed = results->count, .splats = json_object(),
	};
	int error = ktap_read(path, &reading_ops, &reading);

	if (error)
		json_decref(reading.splats);
	else
		conclude_reading(&reading);
	return error;
}
