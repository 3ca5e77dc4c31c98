// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck-report merge: results of many machines and shards become one directory of runs, with a run a
 * kernel, release and architecture, and of these the matrix and first-bad.md.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "matrix.h"
#include "merge_column.h"
#include "merge_first_bad.h"
#include "merge_stream.h"
#include "output.h"
#include "text.h"

/**
 * struct merge_runs - all that were found
 */
struct merge_runs {
	struct merge_run *list;
	size_t count;
	size_t size;
};

static void find_runs(struct merge_runs *runs, const char *directory)
{
	DIR *entries = opendir(directory);
	struct dirent *entry;

	if (!entries)
		errx(EXIT_USAGE, "cannot read the directory of runs %s: %s", directory, strerror(errno));
	while ((entry = readdir(entries))) {
		char *path = format_of("%s/%s", directory, entry->d_name);

		runs->list = grow(runs->list, runs->count, &runs->size, sizeof(*runs->list));
		/* The kernel's own tests are no part of the suite. */
		if (entry->d_name[0] != '.' && !strstr(entry->d_name, KERNEL_TESTS))
			runs->count += merge_run_load(&runs->list[runs->count], path, entry->d_name);
		free(path);
	}
	closedir(entries);
}

/* Verdicts of runs, from the best to the worst */
static const int verdict_order[] = {
	EXIT_SKIP_ONLY, EXIT_PASS, EXIT_FAIL, EXIT_SPLAT, EXIT_TIMEOUT, EXIT_PANIC, EXIT_NO_BOOT, EXIT_USAGE,
};

static size_t place_of_verdict(const json_t *json)
{
	json_t *verdict = json_object_get(json, "verdict");
	int code = (int)json_integer_value(json_object_get(verdict, "exit_code"));
	size_t place = 0;

	while (place + 1 < ARRAY_SIZE(verdict_order) && verdict_order[place] != code)
		place++;
	return place;
}

/* The worst verdict counts, and each part has its topics. */
static void merge_facts(json_t *into, json_t *from)
{
	json_t *seconds = json_object_get(into, "topic_seconds");

	if (!json_object_get(into, "verdict") || place_of_verdict(from) > place_of_verdict(into))
		json_object_set(into, "verdict", json_object_get(from, "verdict"));
	if (seconds)
		json_object_update(seconds, json_object_get(from, "topic_seconds"));
	else
		json_object_set(into, "topic_seconds", json_object_get(from, "topic_seconds"));
}

static void write_merged(const char *directory, const char *file, const char *text)
{
	struct output output;

	output_open(&output, directory, file);
	fputs(text, output.to);
	output_close(&output);
}

static char *read_in(const struct merge_run *run, const char *file)
{
	char *path = format_of("%s/%s", run->path, file), *text = file_read(path, NULL);

	free(path);
	return text;
}

/* A kernel that did not build, or need not run, has no results. */
static void write_streams(const struct merge_run *parts, size_t count, const char *directory)
{
	char *build = read_in(parts, "build.ktap"), *text;
	struct merge_stream stream;

	if (build)
		write_merged(directory, "build.ktap", build);
	free(build);
	if (count == 1) {
		text = read_in(parts, "results.ktap");
		if (text)
			write_merged(directory, "results.ktap", text);
		free(text);
		return;
	}
	merge_stream_init(&stream, true);
	for (size_t i = 0; i < count; i++) {
		text = read_in(&parts[i], "results.ktap");
		merge_stream_add(&stream, text ? text : "", "the stream ends here");
		free(text);
	}
	text = merge_stream_take(&stream);
	write_merged(directory, "results.ktap", text);
	free(text);
}

/* @parts share a column. */
static void write_column(const struct merge_run *parts, size_t count, const char *output)
{
	char *directory = format_of("%s/%s", output, parts->column), *text;
	json_t *json = json_deep_copy(parts->json);
	json_t *kernel = json_object_get(json, "kernel");

	for (size_t i = 1; i < count; i++)
		merge_facts(json, parts[i].json);
	if (json_is_object(kernel))
		json_object_set_new(kernel, "name", json_string(parts->kernel));
	write_streams(parts, count, directory);
	text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	write_merged(directory, "run.json", text);
	json_decref(json);
	free(text);
	free(directory);
}

/* Return: names of the columns, NULL at the end */
static char **write_columns(const struct merge_runs *runs, const char *output)
{
	char **names = NULL;
	size_t size = 0, columns = 0, next;

	for (size_t i = 0; i < runs->count; i = next) {
		for (next = i + 1; next < runs->count; next++)
			if (strcmp(runs->list[next].column, runs->list[i].column))
				break;
		names = grow(names, columns + 1, &size, sizeof(*names));
		names[columns++] = runs->list[i].column;
		names[columns] = NULL;
		write_column(&runs->list[i], next - i, output);
	}
	return names;
}

static void refuse_own_output(const struct arguments *arguments)
{
	for (char *const *directory = arguments->operands; *directory; directory++)
		if (!strcmp(*directory, arguments->output))
			errx(EXIT_USAGE, "%s is a directory to read and the one to write: give another, --output DIR",
			     *directory);
}

int command_merge(const struct arguments *arguments)
{
	struct merge_runs runs = { 0 };
	struct matrix matrix;
	char **names;
	int code;

	refuse_own_output(arguments);
	for (char *const *directory = arguments->operands; *directory; directory++)
		find_runs(&runs, *directory);
	if (!runs.count)
		errx(EXIT_USAGE, "merge takes directories with KERNEL/results.ktap: pincheck-report merge -o DIR DIR...");
	merge_name_columns(runs.list, runs.count);
	names = write_columns(&runs, arguments->output);
	matrix_build(&matrix, arguments->output, names);
	code = matrix_write_forms(&matrix, arguments->output);
	merge_write_first_bad(&matrix, arguments->output);
	printf("%zu runs, %zu columns, %zu rows: %s/matrix.html\n", runs.count, matrix.run_count,
	       matrix.row_count, arguments->output);
	matrix_free(&matrix);
	for (size_t i = 0; i < runs.count; i++)
		merge_run_free(&runs.list[i]);
	free(runs.list);
	free(names);
	return code;
}
