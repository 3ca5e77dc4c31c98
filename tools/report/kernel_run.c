// SPDX-License-Identifier: GPL-2.0-only
/* The run on one kernel, read from the files that it left. */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "kernel_run.h"
#include "commands.h"
#include "json.h"
#include "text.h"

static const char *const stages[] = { BUILD_CASE, BOOT_CASE, INSMOD_CASE };

/*
 * The runner says "boot" and, of its second guest, "boot_2"; run-matrix says "build.debian-6.1". All
 * are cases of the run itself.
 */
static void name_run_cases(struct kernel_run *run)
{
	for (size_t i = 0; i < run->results.count; i++) {
		struct test_case *of = &run->results.cases[i];
		size_t length = strcspn(of->name, ".");
		size_t stage = strcspn(of->name, "._");
		bool of_run = !strcmp(of->name, STREAM_CASE);

		if (of->name[length] && strcmp(of->name + length + 1, run->kernel))
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(stages); j++)
			of_run |= strlen(stages[j]) == stage && !strncmp(of->name, stages[j], stage);
		if (!of_run)
			continue;
		of->name[length] = '\0';
		free(of->topic);
		of->topic = copy_of(RUN_TOPIC);
	}
}

static struct test_case *find_case(const struct kernel_run *run, const char *name)
{
	for (size_t i = 0; i < run->results.count; i++)
		if (!strcmp(run->results.cases[i].name, name))
			return &run->results.cases[i];
	return NULL;
}

static void add_run_case(struct kernel_run *run, const char *name, const char *reason)
{
	results_add(&run->results, name, RUN_TOPIC, KTAP_FAIL, reason, "");
}

static void index_names(struct kernel_run *run)
{
	struct results *results = &run->results;
	struct text twice = { 0 };

	for (size_t i = 0; i < results->count; i++) {
		const char *name = results->cases[i].name;

		if (json_object_get(run->names, name))
			text_printf(&twice, "%s ", name);
		else
			json_object_set_new(run->names, name, json_integer((json_int_t)i));
	}
	if (twice.length && !json_object_get(run->names, STREAM_CASE)) {
		json_object_set_new(run->names, STREAM_CASE, json_integer((json_int_t)results->count));
		results_add(results, STREAM_CASE, RUN_TOPIC, KTAP_ERROR, "names came twice", twice.bytes);
	}
	free(twice.bytes);
}

static bool is_red(const struct kernel_run *run)
{
	for (size_t i = 0; i < run->results.count; i++)
		if (ktap_is_failure(run->results.cases[i].outcome))
			return true;
	return false;
}

static bool found_something(const struct kernel_run *run)
{
	for (size_t i = 0; i < run->results.count; i++) {
		const struct test_case *at = &run->results.cases[i];

		if (strcmp(at->topic, RUN_TOPIC) && at->outcome != KTAP_SKIP)
			return true;
	}
	return false;
}

/* A stream without any result: the problem of the stream is the failure of the boot. */
static void add_boot(struct kernel_run *run, bool said_something, const char *reason)
{
	struct test_case *stream = find_case(run, STREAM_CASE);

	if (!stream || said_something) {
		add_run_case(run, BOOT_CASE, reason);
		return;
	}
	free(stream->name);
	free(stream->reason);
	stream->name = copy_of(BOOT_CASE);
	stream->reason = copy_of(reason);
}

/* The last line of the runner's log says why the runner gave up. Return: to be freed */
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

/* A stage or a verdict without a result must not look like a pass. */
static void add_what_is_missing(struct kernel_run *run, bool said_something, const char *otherwise)
{
	const struct test_case *build = find_case(run, BUILD_CASE);
	const char *reason = kernel_run_text(run, "verdict", "reason");
	json_t *verdict = json_object_get(run->json, "verdict");
	json_int_t code = json_integer_value(json_object_get(verdict, "exit_code"));

	if ((build && ktap_is_failure(build->outcome)) || kernel_run_not_run(run))
		return;
	if (!find_case(run, BOOT_CASE))
		add_boot(run, said_something, *reason ? reason : otherwise);
	else if (code > EXIT_FAIL || (code && !is_red(run)))
		add_run_case(run, VERDICT_CASE, *reason ? reason : "the runner says so");
	else if (!is_red(run) && !found_something(run))
		add_run_case(run, VERDICT_CASE, "nothing was tested");
}

/* The time of the results file. SOURCE_DATE_EPOCH makes reports comparable. */
static char *time_of(const char *path)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	struct stat status;

	if (!epoch && !stat(path, &status))
		return time_text(status.st_mtime);
	return time_now();
}

/*
 * The name debian-sid means another kernel every week. The version of the package has the release of
 * Linux, which `uname -r` of some distributions hides: 6.1.192-2 calls itself 6.1.0-56.
 */
char *kernel_run_release(const struct kernel_run *run)
{
	const char *package = kernel_run_text(run, "kernel", "package");
	const char *colon = strchr(package, ':');
	const char *revision, *candidate;
	char *release;

	if (!*package)
		return copy_of(kernel_run_text(run, "kernel", "release"));
	package = colon ? colon + 1 : package;
	revision = strrchr(package, '-');
	release = format_of("%.*s", (int)(revision ? revision - package : (long)strlen(package)), package);
	candidate = strstr(release, "~rc");
	if (candidate)
		release[candidate - release] = '-';
	return release;
}

/* debian-sid (7.2.13), but debian-sid@7.2.13 as it is. Return: to be freed */
static char *title_of(const struct kernel_run *run)
{
	const char *named = strchr(run->kernel, '@');

	if (!*run->release || (named && !strcmp(named + 1, run->release)))
		return copy_of(run->kernel);
	return format_of("%s (%s)", run->kernel, run->release);
}

void kernel_run_load(struct kernel_run *run, const char *directory, const char *kernel)
{
	char *build = format_of("%s/%s/build.ktap", directory, kernel);
	char *suite = format_of("%s/%s/results.ktap", directory, kernel);
	char *facts = format_of("%s/%s/run.json", directory, kernel);
	char *words = last_words(directory, kernel);
	size_t built;

	*run = (struct kernel_run) { .kernel = kernel, .names = json_object() };
	run->json = json_load_file(facts, 0, NULL);
	if (!json_is_object(run->json)) {
		json_decref(run->json);
		run->json = json_object();
	}
	run->release = kernel_run_release(run);
	run->title = title_of(run);
	results_read(&run->results, build);
	built = run->results.topic_count;
	results_read(&run->results, suite);
	run->time = time_of(suite);
	name_run_cases(run);
	add_what_is_missing(run, run->results.topic_count > built, words);
	index_names(run);
	free(words);
	free(build);
	free(suite);
	free(facts);
}

void kernel_run_free(struct kernel_run *run)
{
	results_free(&run->results);
	json_decref(run->json);
	json_decref(run->names);
	free(run->release);
	free(run->title);
	free(run->time);
}

struct kernel_run *kernel_runs_load(const struct arguments *arguments, const char *command,
				    size_t *count)
{
	struct kernel_run *runs = NULL;
	size_t size = 0;

	*count = 0;
	for (char **kernel = arguments->operands; *kernel; kernel++) {
		struct kernel_run *run;

		runs = grow(runs, *count, &size, sizeof(*runs));
		run = &runs[*count];
		kernel_run_load(run, arguments->results, *kernel);
		if (kernel_run_not_run(run))
			kernel_run_free(run);
		else
			++*count;
	}
	if (!*count)
		errx(EXIT_USAGE, "%s takes kernels that were run, and none of these was: make matrix",
		     command);
	return runs;
}

void kernel_runs_free(struct kernel_run *runs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		kernel_run_free(&runs[i]);
	free(runs);
}

const char *kernel_run_short_name(const struct kernel_run *run)
{
	return *run->release ? run->release : run->kernel;
}

const char *kernel_run_not_run(const struct kernel_run *run)
{
	const struct test_case *build = find_case(run, BUILD_CASE);

	return build && build->outcome == KTAP_SKIP ? build->reason : NULL;
}

const struct test_case *kernel_run_find(const struct kernel_run *run, const char *name)
{
	const json_t *number = json_object_get(run->names, name);

	if (!number)
		return NULL;
	return &run->results.cases[json_integer_value(number)];
}

const struct test_case *kernel_run_topic(const struct kernel_run *run, const char *name)
{
	for (size_t i = 0; i < run->results.topic_count; i++)
		if (!strcmp(run->results.topics[i].name, name))
			return &run->results.topics[i];
	return NULL;
}

const struct test_case *kernel_run_broken_stage(const struct kernel_run *run)
{
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		const struct test_case *stage = kernel_run_find(run, stages[i]);

		if (stage && ktap_is_failure(stage->outcome))
			return stage;
	}
	return NULL;
}

const char *kernel_run_text(const struct kernel_run *run, const char *group, const char *key)
{
	const json_t *in = group ? json_object_get(run->json, group) : run->json;
	const char *text = json_string_value(json_object_get(in, key));

	return text ? text : "";
}

char *kernel_run_case_name(const struct kernel_run *run, const struct test_case *of)
{
	return strcmp(of->topic, RUN_TOPIC) ? copy_of(of->name) :
	       format_of("%s.%s", of->name, run->kernel);
}

bool kernel_run_is_of_guest(const char *topic)
{
	return !strcmp(topic, "clean") || !strncmp(topic, "clean_", strlen("clean_"));
}
