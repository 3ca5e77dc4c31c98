// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck-report lava: the logs of a lab's jobs on one kernel, its boots and shards, become a run like
 * those of pincheck-vm: KERNEL/results.ktap, console.log and run.json.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <jansson.h>
#include "commands.h"
#include "json.h"
#include "lava_log.h"
#include "merge_stream.h"
#include "output.h"
#include "results.h"
#include "../vm/protocol.h"

#define NO_END		"the machine stopped talking"

/**
 * struct lava_run - the run that comes out of the logs
 * @facts: facts.json of the image; an empty object without it
 * @sent: results that end markers announced; @arrived: those that came
 * @ends: logs with an end marker
 * @panic: the kernel's last words in one of the logs, or ""
 * @topic_seconds: name -> time, by the guest's clock
 * @problems: what is wrong, a line each
 */
struct lava_run {
	const struct arguments *arguments;
	json_t *facts;
	char *name;
	char *release;
	char *machine;
	char *append;
	unsigned int logs;
	unsigned int ends;
	unsigned int begins;
	unsigned long sent;
	unsigned long arrived;
	char *panic;
	json_t *topic_seconds;
	json_t *problems;
	time_t began;
	time_t ended;
};

static void set_string(char **to, char *value)
{
	free(*to);
	*to = value;
}

static bool result_line(const char *line)
{
	line += strspn(line, " ");
	line += strncmp(line, "not ", 4) ? 0 : 4;
	return !strncmp(line, "ok ", 3) && isdigit((unsigned char)line[3]);
}

/* The release comes first, the architecture last. */
static void note_kernel(struct lava_run *run, const char *text)
{
	const char *last = strrchr(text, ' ');

	set_string(&run->release, format_of("%.*s", (int)strcspn(text, " "), text));
	set_string(&run->machine, copy_of(last ? last + 1 : ""));
}

static void note_command_line(struct lava_run *run, const char *text)
{
	set_string(&run->append, copy_of(text));
}

/* "fork took 1.23 s", or of the shards of other boots */
static void note_seconds(struct lava_run *run, const char *text)
{
	char topic[64];
	double seconds;

	if (sscanf(text, "%63s took %lf s", topic, &seconds) == 2)
		json_object_set_new(run->topic_seconds, topic, json_real(seconds));
}

static void note_end(struct lava_run *run, const char *text)
{
	unsigned long results;

	if (sscanf(text, "results=%lu", &results) != 1)
		return;
	run->ends++;
	run->sent += results;
}

static const struct {
	const char *mark;
	void (*note)(struct lava_run *run, const char *text);
} notes[] = {
	{ "# kernel: ", note_kernel },
	{ "# command line: ", note_command_line },
	{ "# " MARK_END, note_end },
	{ "# ", note_seconds },
};

static void read_stream(struct lava_run *run, const char *stream)
{
	char *copy = copy_of(stream), *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		run->arrived += result_line(line);
		for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
			size_t length = strlen(notes[i].mark);

			if (!strncmp(line, notes[i].mark, length)) {
				notes[i].note(run, line + length);
				break;
			}
		}
	}
	free(copy);
}

/* The name and the result that LAVA makes of a result line, see tools/lava/monitor.yaml */
static char *row_of_line(const char *line)
{
	bool failed;
	const char *name, *directive;
	size_t length;
	struct text row = { 0 };

	line += strspn(line, " ");
	failed = !strncmp(line, "not ", 4);
	name = strstr(line, "ok ") + 3;
	name += strspn(name, "0123456789");
	name += strspn(name, " ");
	length = strcspn(name, " ");
	directive = name + length;
	for (size_t i = 0; i < length; i++)
		text_printf(&row, "%c", isalnum((unsigned char)name[i]) ? tolower((unsigned char)name[i]) : '_');
	if (failed || !strncmp(directive, " # XPASS", 8))
		text_printf(&row, " fail");
	else if (!strncmp(directive, " # SKIP", 7) || !strncmp(directive, " # XFAIL", 8))
		text_printf(&row, " skip");
	else
		text_printf(&row, " pass");
	return text_take(&row);
}

static json_t *rows_of_stream(const char *stream)
{
	char *copy = copy_of(stream), *rest = copy, *line;
	json_t *rows = json_array();

	while ((line = strsep(&rest, "\n"))) {
		char *row;

		if (!result_line(line))
			continue;
		row = row_of_line(line);
		json_array_append_new(rows, json_string(row));
		free(row);
	}
	free(copy);
	return rows;
}

static void add_problem(struct lava_run *run, char *problem)
{
	json_array_append_new(run->problems, json_string(problem));
	warnx("%s", problem);
	free(problem);
}

/* LAVA adds a row of its own for a panic. */
static size_t forget_panic(json_t *rows)
{
	size_t count = json_array_size(rows);

	if (count && !strncmp(json_string_value(json_array_get(rows, count - 1)), "kernel_panic ", 13))
		json_array_remove(rows, count - 1);
	return json_array_size(rows);
}

/* A monitor that misses a line says nothing. So its rows are compared with those of the log. */
static void compare_rows(struct lava_run *run, const struct lava_log *log, const char *path)
{
	json_t *ours;
	size_t theirs, count, i;

	if (!log->rows)
		return;
	ours = rows_of_stream(log->stream.bytes ?: "");
	theirs = forget_panic(log->rows);
	count = json_array_size(ours);
	for (i = 0; i < count && i < theirs; i++)
		if (!json_equal(json_array_get(ours, i), json_array_get(log->rows, i)))
			break;
	if (i < count || i < theirs) {
		const char *our = json_string_value(json_array_get(ours, i));
		const char *their = json_string_value(json_array_get(log->rows, i));

		add_problem(run, format_of("%s: LAVA has %zu results of %zu; result %zu is '%s', LAVA says '%s'",
					   path, theirs, count, i + 1, our ?: "nothing", their ?: "nothing"));
	}
	json_decref(ours);
}

static void take_log(struct lava_run *run, const struct lava_log *log, const char *path)
{
	unsigned int ends = run->ends;

	run->logs++;
	run->begins += log->stream.length > 0;
	read_stream(run, log->stream.bytes ?: "");
	compare_rows(run, log, path);
	if (*log->panic && !*run->panic)
		set_string(&run->panic, copy_of(log->panic));
	if (run->ends == ends)
		add_problem(run, format_of("%s: %s", path, *log->panic ? log->panic :
					   log->stream.length ? NO_END : "there are no results in it"));
	if (!run->began || (log->began && log->began < run->began))
		run->began = log->began;
	if (log->ended > run->ended)
		run->ended = log->ended;
}

/* Return: the one stream, to be freed; @console: all logs, one after the other */
static char *read_logs(struct lava_run *run, struct text *console)
{
	char *const *paths = run->arguments->operands;
	struct merge_stream stream;

	merge_stream_init(&stream, paths[1]);
	for (; *paths; paths++) {
		struct lava_log log;

		if (lava_log_read(&log, *paths))
			errx(EXIT_USAGE, "cannot read the log %s: %s", *paths, strerror(errno));
		take_log(run, &log, *paths);
		merge_stream_add(&stream, log.stream.bytes ?: "", *log.panic ? log.panic : NO_END);
		text_printf(console, "%s", log.console.bytes ?: "");
		lava_log_free(&log);
	}
	return merge_stream_take(&stream);
}

struct lava_verdict {
	enum exit_code code;
	const char *name;
	char *reason;
};

/* The last case of the stream is the one that the kernel died in, or the one before it. */
static struct lava_verdict verdict_of(const struct lava_run *run, const struct results *results)
{
	unsigned int failed = 0, splats = 0, skipped = 0;

	for (size_t i = 0; i < results->count; i++) {
		failed += ktap_is_failure(results->cases[i].outcome);
		splats += ktap_is_failure(results->cases[i].outcome) &&
			  strstr(results->cases[i].name, "." SPLAT_PREFIX);
		skipped += results->cases[i].outcome == KTAP_SKIP;
	}
	if (*run->panic)
		return (struct lava_verdict) { EXIT_PANIC, "panic", copy_of(run->panic) };
	if (run->begins < run->logs)
		return (struct lava_verdict) { EXIT_NO_BOOT, "no boot", copy_of("a machine sent no results") };
	if (run->ends < run->logs)
		return (struct lava_verdict) { EXIT_TIMEOUT, "timeout", copy_of(NO_END) };
	if (splats)
		return (struct lava_verdict) { EXIT_SPLAT, "splat",
					       format_of("%u parts of the kernel log have a warning", splats) };
	if (run->sent != run->arrived)
		return (struct lava_verdict) { EXIT_FAIL, "fail", format_of("%lu results were sent, %lu arrived",
									      run->sent, run->arrived) };
	if (failed || json_array_size(run->problems))
		return (struct lava_verdict) { EXIT_FAIL, "fail", format_of("%u failed", failed) };
	if (skipped == results->count)
		return (struct lava_verdict) { EXIT_SKIP_ONLY, "skip only", copy_of("every test was skipped") };
	return (struct lava_verdict) { EXIT_PASS, "pass", copy_of("every test passed") };
}

static json_t *totals_json(const struct results *results)
{
	unsigned int totals[KTAP_OUTCOMES] = { 0 };

	for (size_t i = 0; i < results->count; i++)
		totals[results->cases[i].outcome]++;
	return json_pack("{s:i, s:i, s:i, s:i, s:i}", "passed", (int)(totals[KTAP_PASS] + totals[KTAP_XFAIL]),
			 "failed", (int)ktap_failures(totals), "skipped", (int)totals[KTAP_SKIP],
			 "known_failures", (int)totals[KTAP_XFAIL], "stale_expectations", (int)totals[KTAP_XPASS]);
}

/* What the image knows of its kernel; what the machine said, if the image is not there. */
static json_t *kernel_json(const struct lava_run *run)
{
	json_t *kernel = json_object_get(run->facts, "kernel");

	kernel = json_is_object(kernel) ? json_copy(kernel) : json_object();
	json_object_set_new(kernel, "name", json_string(run->name));
	if (*run->release)
		json_object_set_new(kernel, "release", json_string(run->release));
	if (*run->machine)
		json_object_set_new(kernel, "architecture", json_string(run->machine));
	return kernel;
}

static json_t *fact_or_null(const struct lava_run *run, const char *key)
{
	json_t *fact = json_object_get(run->facts, key);

	return fact ? json_incref(fact) : json_null();
}

static json_t *run_json(const struct lava_run *run, const struct results *results)
{
	struct lava_verdict verdict = verdict_of(run, results);
	json_t *machine = json_pack("{s:s, s:o, s:o, s:s, s:i}", "lab", "LAVA", "smp", fact_or_null(run, "smp"),
				    "memory_mib", fact_or_null(run, "memory_mib"), "append", run->append,
				    "boots", (int)run->logs);
	json_t *json = json_pack("{s:{s:s, s:s, s:i}, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o}, s:O, s:O}",
				 "verdict", "name", verdict.name, "reason", verdict.reason, "exit_code",
				 (int)verdict.code, "totals", totals_json(results), "kernel", kernel_json(run),
				 "module_srcversion", fact_or_null(run, "module_srcversion"),
				 "module_sha256", fact_or_null(run, "module_sha256"),
				 "filter", fact_or_null(run, "filter"), "machine", machine,
				 "times", "whole_run_s", run->began ? json_integer(run->ended - run->began) :
				 json_null(), "topic_seconds", run->topic_seconds, "stream_problems", run->problems);

	free(verdict.reason);
	return json;
}

static char *write_text(const char *directory, const char *file, const char *text)
{
	struct output output;

	output_open(&output, directory, file);
	fputs(text, output.to);
	output_close(&output);
	return format_of("%s/%s", directory, file);
}

/* The results are as old as the run: a report says when that was. */
static void set_time(const char *path, time_t time)
{
	const struct timespec times[2] = { { .tv_sec = time }, { .tv_sec = time } };

	if (time)
		utimensat(AT_FDCWD, path, times, 0);
}

static void read_facts(struct lava_run *run)
{
	const struct arguments *arguments = run->arguments;
	json_error_t error;
	const char *name;

	run->facts = arguments->facts ? json_load_file(arguments->facts, 0, &error) : json_object();
	if (!json_is_object(run->facts))
		errx(EXIT_USAGE, "cannot read %s: %s. It is the facts.json of the image", arguments->facts,
		     error.text);
	name = json_string_value(json_object_get(json_object_get(run->facts, "kernel"), "name"));
	run->name = copy_of(arguments->name ? arguments->name : name ? name : "custom");
}

static int write_run(struct lava_run *run)
{
	char *directory = format_of("%s/%s", run->arguments->output, run->name);
	struct text console = { 0 };
	char *stream = read_logs(run, &console);
	char *path = write_text(directory, "results.ktap", stream), *text;
	struct results results = { 0 };
	json_t *json, *verdict;
	int code;

	set_time(path, run->ended);
	free(path);
	free(write_text(directory, "console.log", console.bytes ?: ""));
	path = format_of("%s/results.ktap", directory);
	results_read(&results, path);
	json = run_json(run, &results);
	text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	free(write_text(directory, "run.json", text));
	verdict = json_object_get(json, "verdict");
	code = (int)json_integer_value(json_object_get(verdict, "exit_code"));
	printf("%s: %s: %s; %s\n", run->name, json_string_value(json_object_get(verdict, "name")),
	       json_string_value(json_object_get(verdict, "reason")), directory);
	json_decref(json);
	results_free(&results);
	free(text);
	free(path);
	free(stream);
	free(console.bytes);
	free(directory);
	return code;
}

int command_lava(const struct arguments *arguments)
{
	struct lava_run run = {
		.arguments = arguments, .release = copy_of(""), .machine = copy_of(""),
		.append = copy_of(""), .panic = copy_of(""), .topic_seconds = json_object(),
		.problems = json_array(),
	};
	int code;

	if (!*arguments->operands)
		errx(EXIT_USAGE, "lava takes logs of jobs: pincheck-report lava --facts facts.json LOG...");
	read_facts(&run);
	code = write_run(&run);
	json_decref(run.facts);
	json_decref(run.topic_seconds);
	json_decref(run.problems);
	free(run.name);
	free(run.release);
	free(run.machine);
	free(run.append);
	free(run.panic);
	return code;
}
