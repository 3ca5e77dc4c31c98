// SPDX-License-Identifier: GPL-2.0-only
/* Scenarios by kernels. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "matrix.h"
#include "merge_column.h"
#include "text.h"
#include "../lib/pairs.h"
#include "../vm/protocol.h"

const char *const state_names[STATES] = {
	[STATE_PASS] = "pass",
	[STATE_FAIL] = "fail",
	[STATE_SKIP] = "skip",
	[STATE_XFAIL] = "xfail",
	[STATE_XPASS] = "xpass",
	[STATE_TIMEOUT] = "timeout",
	[STATE_MISSING] = "missing",
};

const char *const state_signs[STATES] = {
	[STATE_PASS] = "✓",
	[STATE_FAIL] = "✗",
	[STATE_SKIP] = "–",
	[STATE_XFAIL] = "x",
	[STATE_XPASS] = "!",
	[STATE_TIMEOUT] = "T",
	[STATE_MISSING] = "?",
};

enum state state_of(enum ktap_outcome outcome)
{
	static const enum state states[KTAP_OUTCOMES] = {
		[KTAP_PASS] = STATE_PASS,
		[KTAP_FAIL] = STATE_FAIL,
		[KTAP_SKIP] = STATE_SKIP,
		[KTAP_XFAIL] = STATE_XFAIL,
		[KTAP_XPASS] = STATE_XPASS,
		[KTAP_TIMEOUT] = STATE_TIMEOUT,
		[KTAP_ERROR] = STATE_FAIL,
	};

	return states[outcome];
}

/* Cases of one topic are grouped by the first of these facts that they name. */
static char *kind_of(const char *facts)
{
	static const char *const keys[] = { "memory", "hold", "event" };
	char kind[FACT_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (pairs_find(facts, keys[i], kind, sizeof(kind)))
			break;
	return copy_of(kind);
}

char *row_codes(const struct row *row)
{
	char codes[FACT_BYTES];

	return pairs_find(row->facts, "rows", codes, sizeof(codes)) ? format_of(" (%s)", codes) :
	       copy_of("");
}

/* The topic that ends a complete stream is that of the runner. Return: its name, or NULL */
static const char *last_topic(const struct kernel_run *run)
{
	size_t count = run->results.topic_count;

	return count && !kernel_run_find(run, STREAM_CASE) ? run->results.topics[count - 1].name : NULL;
}

static bool stands_last(const struct matrix *matrix, const char *topic)
{
	for (size_t i = 0; i < matrix->run_count; i++) {
		const char *last = last_topic(&matrix->runs[i]);

		if (last && !strcmp(last, topic))
			return true;
	}
	return false;
}

/* Groups keep the order in which they first came: @seen has the number of each. */
static uint64_t rank_of(json_t *seen, const char *group)
{
	json_t *rank = json_object_get(seen, group);

	if (!rank) {
		rank = json_integer((json_int_t)json_object_size(seen));
		json_object_set_new(seen, group, rank);
	}
	return (uint64_t)json_integer_value(rank);
}

static uint64_t rank_row(const struct matrix *matrix, json_t *seen, const struct row *row)
{
	char *kind = format_of("%s %s", row->topic, row->kind);
	uint64_t topic = rank_of(seen, row->topic);
	uint64_t rank;

	if (!strcmp(row->topic, RUN_TOPIC))
		topic = 0;
	else if (stands_last(matrix, row->topic))
		topic = USHRT_MAX;
	else
		topic++;
	/* Within a group, cases stay in the order of the suite. */
	rank = topic << 48 | rank_of(seen, kind) << 32 | matrix->row_count;
	free(kind);
	return rank;
}

/* The result of a topic itself gets a row if the topic failed or has no cases. */
static bool deserves_row(const struct test_case *at, json_t *topics)
{
	if (strcmp(at->name, at->topic))
		return true;
	return ktap_is_failure(at->outcome) || !json_object_get(topics, at->topic);
}

static void add_rows(struct matrix *matrix, const struct kernel_run *run, json_t *topics,
		     json_t *names, json_t *groups)
{
	for (size_t i = 0; i < run->results.count; i++) {
		const struct test_case *at = &run->results.cases[i];
		struct row *row;

		if (!deserves_row(at, topics) || json_object_get(names, at->name))
			continue;
		json_object_set_new(names, at->name, json_true());
		matrix->rows = grow(matrix->rows, matrix->row_count, &matrix->row_size,
				    sizeof(*matrix->rows));
		row = &matrix->rows[matrix->row_count++];
		*row = (struct row) { .name = copy_of(at->name), .topic = copy_of(at->topic) };
		row->facts = copy_of(at->facts);
		row->kind = kind_of(row->facts);
		row->rank = rank_row(matrix, groups, row);
	}
}

static void collect_topics(const struct kernel_run *run, json_t *topics)
{
	for (size_t i = 0; i < run->results.count; i++)
		if (strcmp(run->results.cases[i].name, run->results.cases[i].topic))
			json_object_set_new(topics, run->results.cases[i].topic, json_true());
}

static int by_rank(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static void collect_rows(struct matrix *matrix)
{
	json_t *topics = json_object(), *names = json_object(), *groups = json_object();

	for (size_t i = 0; i < matrix->run_count; i++)
		collect_topics(&matrix->runs[i], topics);
	for (size_t i = 0; i < matrix->run_count; i++)
		add_rows(matrix, &matrix->runs[i], topics, names, groups);
	if (matrix->row_count)
		qsort(matrix->rows, matrix->row_count, sizeof(*matrix->rows), by_rank);
	json_decref(topics);
	json_decref(names);
	json_decref(groups);
}

static bool is_filtered(const struct kernel_run *run)
{
	const char *filter = kernel_run_text(run, NULL, "filter");

	return *filter && strcmp(filter, "*");
}

static void set_cell(struct cell *cell, enum state state, bool red, const char *reason)
{
	cell->state = state;
	cell->red = red;
	cell->reason = copy_of(reason);
}

/* The topic ran on this kernel without this case. Return: false if it does not explain that */
static bool explain_by_topic(struct cell *cell, const struct row *row,
			     const struct test_case *topic)
{
	char *reason;

	if (topic->outcome == KTAP_SKIP) {
		bool filtered = !strcmp(topic->reason, REASON_FILTER);

		set_cell(cell, filtered ? STATE_MISSING : STATE_SKIP, false, topic->reason);
		return true;
	}
	if (!strcmp(row->name, row->topic)) {
		set_cell(cell, STATE_PASS, false, "ran to its end");
		return true;
	}
	if (topic->outcome != KTAP_TIMEOUT && topic->outcome != KTAP_ERROR)
		return false;
	reason = format_of("%s did not get there: %s %s", topic->name,
			   ktap_outcome_name(topic->outcome), topic->reason);
	set_cell(cell, STATE_MISSING, false, reason);
	free(reason);
	return true;
}

/* Finds out why this kernel has no result for a case that other kernels have. */
static void explain_absence(struct cell *cell, const struct row *row, const struct kernel_run *run)
{
	const struct test_case *stage = kernel_run_broken_stage(run);
	const struct test_case *topic = kernel_run_topic(run, row->topic);

	if (!strcmp(row->name, STREAM_CASE) || !strcmp(row->name, VERDICT_CASE)) {
		set_cell(cell, stage ? STATE_MISSING : STATE_PASS, false, "");
	} else if (stage) {
		char *reason = format_of("%s.%s failed: %s", stage->name, run->kernel,
					 stage->reason);

		set_cell(cell, STATE_MISSING, false, reason);
		free(reason);
	} else if (!strcmp(row->topic, RUN_TOPIC)) {
		set_cell(cell, STATE_MISSING, false, "not part of this run");
	} else if (topic && explain_by_topic(cell, row, topic)) {
		return;
	} else if (kernel_run_find(run, VERDICT_CASE)) {
		set_cell(cell, STATE_MISSING, false, kernel_run_find(run, VERDICT_CASE)->reason);
	} else if (kernel_run_find(run, STREAM_CASE)) {
		set_cell(cell, STATE_MISSING, false, "the result stream is not complete");
	} else if (is_filtered(run)) {
		set_cell(cell, STATE_MISSING, false, REASON_FILTER);
	} else if (kernel_run_is_of_guest(row->topic)) {
		/* Which topic runs in which guest depends on the kernel. */
		set_cell(cell, STATE_MISSING, false, "checked of another guest");
	} else {
		set_cell(cell, STATE_MISSING, true, "no result here, although other kernels have one");
	}
}

static void fill_cell(struct cell *cell, const struct row *row, const struct kernel_run *run)
{
	cell->of = kernel_run_find(run, row->name);
	if (!cell->of)
		explain_absence(cell, row, run);
	else
		set_cell(cell, state_of(cell->of->outcome), ktap_is_failure(cell->of->outcome),
			 cell->of->outcome == KTAP_XPASS && !*cell->of->reason ?
			 "passes, although known-issues expects a failure: a stale entry" :
			 cell->of->reason);
}

static void judge_row(struct row *row, size_t runs)
{
	enum state first = STATE_MISSING;

	for (size_t i = 0; i < runs; i++) {
		row->red |= row->cells[i].red;
		if (row->cells[i].state == STATE_MISSING)
			row->differs |= row->cells[i].red;
		else if (first == STATE_MISSING)
			first = row->cells[i].state;
		else
			row->differs |= row->cells[i].state != first;
	}
}

static void fill_rows(struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->row_count; i++) {
		struct row *row = &matrix->rows[i];
		size_t size = 0;

		row->cells = grow(NULL, matrix->run_count, &size, sizeof(*row->cells));
		for (size_t j = 0; j < matrix->run_count; j++) {
			fill_cell(&row->cells[j], row, &matrix->runs[j]);
			matrix->counts[j * STATES + row->cells[j].state]++;
			matrix->reds[j] += row->cells[j].red;
		}
		judge_row(row, matrix->run_count);
	}
}

/* Variants of one finding have topic, scenario and states in common. Return: these as a string */
static char *finding_of(const struct matrix *matrix, const struct row *row)
{
	const char *scenario = strrchr(row->name, '.');
	struct text finding = { 0 };

	text_printf(&finding, "%s %s", row->topic, scenario ? scenario : row->name);
	for (size_t i = 0; i < matrix->run_count; i++)
		text_printf(&finding, " %d", row->cells[i].state);
	return text_take(&finding);
}

static void find_leaders(struct matrix *matrix)
{
	json_t *leaders = json_object();

	for (size_t i = 0; i < matrix->row_count; i++) {
		char *finding = finding_of(matrix, &matrix->rows[i]);
		json_t *leader = json_object_get(leaders, finding);

		if (leader) {
			matrix->rows[json_integer_value(leader)].followers++;
			matrix->rows[i].led = true;
		} else {
			json_object_set_new(leaders, finding, json_integer((json_int_t)i));
		}
		free(finding);
	}
	json_decref(leaders);
}

static size_t count_of(char *const *kernels)
{
	size_t count = 0;

	while (kernels[count])
		count++;
	return count;
}

/* The evidence of passes is most of what a run has; the page of many columns does not show it. */
static void forget_passing(struct results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		struct test_case *of = &results->cases[i];

		if (ktap_is_failure(of->outcome) || of->outcome == KTAP_XFAIL)
			continue;
		free(of->evidence);
		of->evidence = copy_of("");
	}
}

/* A kernel that had to be run becomes a column, any other a line beside the table. */
static void load_runs(struct matrix *matrix, const char *directory, char **kernels)
{
	size_t size = 0, not_run_size = 0;
	bool many = count_of(kernels) > MANY_COLUMNS;

	for (; *kernels; kernels++) {
		struct kernel_run *run;
		const char *reason;

		matrix->runs = grow(matrix->runs, matrix->run_count, &size, sizeof(*matrix->runs));
		run = &matrix->runs[matrix->run_count];
		kernel_run_load(run, directory, *kernels);
		reason = kernel_run_not_run(run);
		if (many)
			forget_passing(&run->results);
		if (!reason) {
			matrix->run_count++;
			continue;
		}
		matrix->not_run = grow(matrix->not_run, matrix->not_run_count, &not_run_size,
				       sizeof(*matrix->not_run));
		matrix->not_run[matrix->not_run_count++] = (struct not_run) {
			.kernel = *kernels, .reason = copy_of(reason),
		};
		kernel_run_free(run);
	}
}

static void build_suite(struct matrix *matrix, const char *directory, char **kernels)
{
	size_t sizes[2] = { 0 };

	*matrix = (struct matrix) { 0 };
	load_runs(matrix, directory, kernels);
	matrix->counts = grow(NULL, matrix->run_count * STATES, &sizes[0],
			      sizeof(*matrix->counts));
	matrix->reds = grow(NULL, matrix->run_count, &sizes[1], sizeof(*matrix->reds));
	memset(matrix->counts, 0, sizes[0] * sizeof(*matrix->counts));
	memset(matrix->reds, 0, sizes[1] * sizeof(*matrix->reds));
	collect_rows(matrix);
	fill_rows(matrix);
	find_leaders(matrix);
}

/* Return: DIRECTORIES with a run of the kernel's own tests, one for each of @kernels that has one; NULL at the end */
static char **find_kernel_tests(const char *directory, char **kernels)
{
	char **found = NULL;
	size_t count = 0, size = 0;

	for (; *kernels; kernels++) {
		char *name = format_of("%s" KERNEL_TESTS, *kernels);
		char *path = format_of("%s/%s/results.ktap", directory, name);

		found = grow(found, count + 1, &size, sizeof(*found));
		if (access(path, R_OK))
			free(name);
		else
			found[count++] = name;
		found[count] = NULL;
		free(path);
	}
	return found;
}

/* The title of a column is that of the kernel. */
static void title_kernel_tests(struct matrix *tests)
{
	for (size_t i = 0; i < tests->run_count; i++) {
		char *title = tests->runs[i].title, *end = strstr(title, KERNEL_TESTS);

		if (end)
			memmove(end, end + strlen(KERNEL_TESTS), strlen(end + strlen(KERNEL_TESTS)) + 1);
	}
}

void matrix_build(struct matrix *matrix, const char *directory, char **kernels)
{
	size_t size = 0;

	build_suite(matrix, directory, kernels);
	matrix->kernel_tests_names = find_kernel_tests(directory, kernels);
	if (!matrix->kernel_tests_names || !*matrix->kernel_tests_names)
		return;
	matrix->kernel_tests = grow(NULL, 0, &size, sizeof(*matrix->kernel_tests));
	build_suite(matrix->kernel_tests, directory, matrix->kernel_tests_names);
	title_kernel_tests(matrix->kernel_tests);
}

void matrix_free(struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->row_count; i++) {
		for (size_t j = 0; j < matrix->run_count; j++)
			free(matrix->rows[i].cells[j].reason);
		free(matrix->rows[i].cells);
		free(matrix->rows[i].name);
		free(matrix->rows[i].topic);
		free(matrix->rows[i].facts);
		free(matrix->rows[i].kind);
	}
	for (size_t i = 0; i < matrix->run_count; i++)
		kernel_run_free(&matrix->runs[i]);
	for (size_t i = 0; i < matrix->not_run_count; i++)
		free(matrix->not_run[i].reason);
	free(matrix->runs);
	free(matrix->not_run);
	free(matrix->rows);
	free(matrix->counts);
	free(matrix->reds);
	if (matrix->kernel_tests)
		matrix_free(matrix->kernel_tests);
	free(matrix->kernel_tests);
	for (char **name = matrix->kernel_tests_names; name && *name; name++)
		free(*name);
	free(matrix->kernel_tests_names);
}

bool matrix_is_red(const struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->run_count; i++)
		if (matrix->reds[i])
			return true;
	return false;
}
