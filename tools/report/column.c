// SPDX-License-Identifier: GPL-2.0-only
/* One kernel's run, out of the files that it left. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "column.h"
#include "commands.h"
#include "json.h"
#include "text.h"

static const char *const stages[] = { BUILD_CASE, BOOT_CASE, INSMOD_CASE };

/* The runner says "boot", run-matrix "build.debian-6.1": both are cases of the run itself. */
static void name_run_cases(struct column *column)
{
	for (size_t i = 0; i < column->results.count; i++) {
		struct test_case *of = &column->results.cases[i];
		size_t length = strcspn(of->name, ".");
		bool of_run = !strcmp(of->name, STREAM_CASE);

		if (of->name[length] && strcmp(of->name + length + 1, column->kernel))
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(stages); j++)
			of_run |= strlen(stages[j]) == length && !strncmp(of->name, stages[j], length);
		if (!of_run)
			continue;
		of->name[length] = '\0';
		free(of->topic);
		of->topic = copy_of(RUN_TOPIC);
	}
}

static struct test_case *find_case(const struct column *column, const char *name)
{
	for (size_t i = 0; i < column->results.count; i++)
		if (!strcmp(column->results.cases[i].name, name))
			return &column->results.cases[i];
	return NULL;
}

static void add_run_case(struct column *column, const char *name, const char *reason)
{
	results_add(&column->results, name, RUN_TOPIC, KTAP_FAIL, reason, "");
}

static void index_names(struct column *column)
{
	struct results *results = &column->results;
	struct text twice = { 0 };

	for (size_t i = 0; i < results->count; i++) {
		const char *name = results->cases[i].name;

		if (json_object_get(column->names, name))
			text_printf(&twice, "%s ", name);
		else
			json_object_set_new(column->names, name, json_integer((json_int_t)i));
	}
	if (twice.length && !json_object_get(column->names, STREAM_CASE)) {
		json_object_set_new(column->names, STREAM_CASE, json_integer((json_int_t)results->count));
		results_add(results, STREAM_CASE, RUN_TOPIC, KTAP_ERROR, "names came twice", twice.bytes);
	}
	free(twice.bytes);
}

static bool is_red(const struct column *column)
{
	for (size_t i = 0; i < column->results.count; i++)
		if (ktap_is_failure(column->results.cases[i].outcome))
			return true;
	return false;
}

static bool found_something(const struct column *column)
{
	for (size_t i = 0; i < column->results.count; i++) {
		const struct test_case *at = &column->results.cases[i];

		if (strcmp(at->topic, RUN_TOPIC) && at->outcome != KTAP_SKIP)
			return true;
	}
	return false;
}

/* No result at all: what is wrong with the stream is what there is to say of the boot. */
static void add_boot(struct column *column, bool said_something, const char *reason)
{
	struct test_case *stream = find_case(column, STREAM_CASE);

	if (!stream || said_something) {
		add_run_case(column, BOOT_CASE, reason);
		return;
	}
	free(stream->name);
	free(stream->reason);
	stream->name = copy_of(BOOT_CASE);
	stream->reason = copy_of(reason);
}

/* The last line of the runner's own log: all there is when it gave up. Return: to be freed */
static char *last_words(const char *directory, const char *kernel)
{
	char *path = format_of("%s/%s/run.log", directory, kernel);
	char *log = file_read(path, NULL);
	char *words, *line;

	free(path);
	if (!log)
		return copy_of("there are no results");
	text_strip(log);
	line = strrchr(log, '\n');
	words = copy_of(line ? line + 1 : log);
	free(log);
	return words;
}

/* Nothing that is missing may look like a pass. */
static void add_what_is_missing(struct column *column, bool said_something, const char *otherwise)
{
	const struct test_case *build = find_case(column, BUILD_CASE);
	const char *reason = column_text(column, "verdict", "reason");
	json_t *verdict = json_object_get(column->run, "verdict");
	json_int_t code = json_integer_value(json_object_get(verdict, "exit_code"));

	if ((build && ktap_is_failure(build->outcome)) || column_not_run(column))
		return;
	if (!find_case(column, BOOT_CASE))
		add_boot(column, said_something, *reason ? reason : otherwise);
	else if (code > EXIT_FAIL || (code && !is_red(column)))
		add_run_case(column, VERDICT_CASE, *reason ? reason : "the runner says so");
	else if (!is_red(column) && !found_something(column))
		add_run_case(column, VERDICT_CASE, "nothing was tested");
}

/* When the run ended; SOURCE_DATE_EPOCH makes reports comparable, and a run without results ends now. */
static char *time_of(const char *path)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	struct stat status;

	if (!epoch && !stat(path, &status))
		return time_text(status.st_mtime);
	return time_now();
}

/*
 * A role means another kernel every week. The package's version tells the release of Linux, which
 * `uname -r` of some distributions hides: 6.1.192-2 calls itself 6.1.0-56.
 */
static char *release_of(const struct column *column)
{
	const char *package = column_text(column, "kernel", "package");
	const char *colon = strchr(package, ':');
	const char *revision, *candidate;
	char *release;

	if (!*package)
		return copy_of(column_text(column, "kernel", "release"));
	package = colon ? colon + 1 : package;
	revision = strrchr(package, '-');
	release = format_of("%.*s", (int)(revision ? revision - package : (long)strlen(package)), package);
	candidate = strstr(release, "~rc");
	if (candidate)
		release[candidate - release] = '-';
	return release;
}

/* debian-sid (7.2.13); debian-sid@7.2.13 says as much. Return: to be freed */
static char *title_of(const struct column *column)
{
	const char *named = strchr(column->kernel, '@');

	if (!*column->release || (named && !strcmp(named + 1, column->release)))
		return copy_of(column->kernel);
	return format_of("%s (%s)", column->kernel, column->release);
}

void column_load(struct column *column, const char *directory, const char *kernel)
{
	char *build = format_of("%s/%s/build.ktap", directory, kernel);
	char *suite = format_of("%s/%s/results.ktap", directory, kernel);
	char *run = format_of("%s/%s/run.json", directory, kernel);
	char *words = last_words(directory, kernel);
	size_t built;

	*column = (struct column) { .kernel = kernel, .names = json_object() };
	column->run = json_load_file(run, 0, NULL);
	if (!json_is_object(column->run)) {
		json_decref(column->run);
		column->run = json_object();
	}
	column->release = release_of(column);
	column->title = title_of(column);
	results_read(&column->results, build);
	built = column->results.topic_count;
	results_read(&column->results, suite);
	column->time = time_of(suite);
	name_run_cases(column);
	add_what_is_missing(column, column->results.topic_count > built, words);
	index_names(column);
	free(words);
	free(build);
	free(suite);
	free(run);
}

void column_free(struct column *column)
{
	results_free(&column->results);
	json_decref(column->run);
	json_decref(column->names);
	free(column->release);
	free(column->title);
	free(column->time);
}

const char *column_not_run(const struct column *column)
{
	const struct test_case *build = find_case(column, BUILD_CASE);

	return build && build->outcome == KTAP_SKIP ? build->reason : NULL;
}

const struct test_case *column_find(const struct column *column, const char *name)
{
	const json_t *number = json_object_get(column->names, name);

	if (!number)
		return NULL;
	return &column->results.cases[json_integer_value(number)];
}

const struct test_case *column_topic(const struct column *column, const char *name)
{
	for (size_t i = 0; i < column->results.topic_count; i++)
		if (!strcmp(column->results.topics[i].name, name))
			return &column->results.topics[i];
	return NULL;
}

const struct test_case *column_broken_stage(const struct column *column)
{
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		const struct test_case *stage = column_find(column, stages[i]);

		if (stage && ktap_is_failure(stage->outcome))
			return stage;
	}
	return NULL;
}

const char *column_text(const struct column *column, const char *group, const char *key)
{
	const json_t *in = group ? json_object_get(column->run, group) : column->run;
	const char *text = json_string_value(json_object_get(in, key));

	return text ? text : "";
}

char *column_case_name(const struct column *column, const struct test_case *of)
{
	return strcmp(of->topic, RUN_TOPIC) ? copy_of(of->name) :
	       format_of("%s.%s", of->name, column->kernel);
}
