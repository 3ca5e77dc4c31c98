// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data of matrix.html: what matrix.json has, in a form that stays small with hundreds of columns. A
 * cell is a letter; texts that many cells share are there once.
 */
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "matrix.h"
#include "merge_column.h"
#include "text.h"

/**
 * struct texts - strings that cells share
 * @list: each once
 * @places: string -> its place in @list
 */
struct texts {
	json_t *list;
	json_t *places;
};

static json_t *place_of_text(struct texts *texts, const char *text)
{
	json_t *place = json_object_get(texts->places, text);

	if (!place) {
		place = json_integer((json_int_t)json_array_size(texts->list));
		json_object_set_new_nocheck(texts->places, text, place);
		json_array_append_new(texts->list, json_string_nocheck(text));
	}
	return place;
}

/* In the order of enum state; a capital letter is red. */
static json_t *letters_of(const struct matrix *matrix, const struct row *row)
{
	char *letters = copy_of("");
	json_t *json;

	letters = realloc(letters, matrix->run_count + 1);
	for (size_t i = 0; i < matrix->run_count; i++)
		letters[i] = (char)((row->cells[i].red ? 'A' : 'a') + (int)row->cells[i].state);
	json = json_stringn(letters, matrix->run_count);
	free(letters);
	return json;
}

/* Neighbours often have the same reason: column, number of columns, place of the text; and so on. */
static json_t *reasons_of(const struct matrix *matrix, const struct row *row, struct texts *texts)
{
	json_t *list = json_array();
	size_t count;

	for (size_t i = 0; i < matrix->run_count; i += count) {
		const char *reason = row->cells[i].reason;

		for (count = 1; i + count < matrix->run_count; count++)
			if (strcmp(row->cells[i + count].reason, reason))
				break;
		if (!*reason)
			continue;
		json_array_append_new(list, json_integer((json_int_t)i));
		json_array_append_new(list, json_integer((json_int_t)count));
		json_array_append(list, place_of_text(texts, reason));
	}
	return list;
}

/* Column and place of the text; of many columns, only for what did not pass. */
static json_t *evidence_of(const struct matrix *matrix, const struct row *row, struct texts *texts)
{
	bool all = matrix->run_count <= MANY_COLUMNS;
	json_t *list = json_array();

	for (size_t i = 0; i < matrix->run_count; i++) {
		const struct cell *cell = &row->cells[i];

		if (!cell->of || !*cell->of->evidence)
			continue;
		if (!all && !cell->red && cell->state != STATE_XFAIL)
			continue;
		json_array_append_new(list, json_integer((json_int_t)i));
		json_array_append(list, place_of_text(texts, cell->of->evidence));
	}
	return list;
}

static void set_list(json_t *object, const char *key, json_t *list)
{
	if (json_array_size(list))
		json_object_set(object, key, list);
	json_decref(list);
}

static json_t *page_row(const struct matrix *matrix, const struct row *row, struct texts *texts)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:o, s:b, s:o}", "name", row->name, "topic", row->topic,
				 "kind", row->kind, "facts", json_facts(row->facts), "differs", row->differs,
				 "states", letters_of(matrix, row));

	set_list(json, "reasons", reasons_of(matrix, row, texts));
	set_list(json, "evidence", evidence_of(matrix, row, texts));
	return json;
}

/* The command lines of QEMU are in run.json: of many columns they are most of the page. */
static json_t *run_of_column(const struct matrix *matrix, const struct kernel_run *run)
{
	json_t *json;

	if (matrix->run_count <= MANY_COLUMNS)
		return json_incref(run->json);
	json = json_deep_copy(run->json);
	json_object_del(json, "topic_seconds");
	json_object_del(json_object_get(json, "machine"), "argv");
	json_object_del(json_object_get(json, "machine"), "own_guests");
	return json;
}

static json_t *page_kernel(const struct matrix *matrix, size_t i)
{
	const struct kernel_run *run = &matrix->runs[i];
	char *group = merge_group(run->release, kernel_run_text(run, "kernel", "architecture"));
	json_t *counts = json_object(), *json;

	for (int state = 0; state < STATES; state++)
		json_object_set_new(counts, state_names[state],
				    json_integer(matrix->counts[i * STATES + (size_t)state]));
	json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:i, s:o}", "name", run->kernel, "title", run->title,
			 "release", run->release, "group", group, "time", run->time, "counts", counts,
			 "red", (int)matrix->reds[i], "run", run_of_column(matrix, run));
	free(group);
	return json;
}

static json_t *page_set(const struct matrix *matrix)
{
	struct texts texts = { json_array(), json_object() };
	json_t *kernels = json_array(), *rows = json_array();

	for (size_t i = 0; i < matrix->run_count; i++)
		json_array_append_new(kernels, page_kernel(matrix, i));
	for (size_t i = 0; i < matrix->row_count; i++)
		json_array_append_new(rows, page_row(matrix, &matrix->rows[i], &texts));
	json_decref(texts.places);
	return json_pack("{s:o, s:o, s:o}", "kernels", kernels, "texts", texts.list, "scenarios", rows);
}

json_t *matrix_page(const struct matrix *matrix)
{
	json_t *page = page_set(matrix), *not_run = json_array(), *states = json_array();
	char *created = time_now();

	for (size_t i = 0; i < matrix->not_run_count; i++)
		json_array_append_new(not_run, json_pack("{s:s, s:s}", "name", matrix->not_run[i].kernel,
							 "reason", matrix->not_run[i].reason));
	for (int state = 0; state < STATES; state++)
		json_array_append_new(states, json_string(state_names[state]));
	json_object_set_new(page, "created", json_string(created));
	json_object_set_new(page, "red", json_boolean(matrix_is_red(matrix)));
	json_object_set_new(page, "many", json_integer(MANY_COLUMNS));
	json_object_set_new(page, "states", states);
	json_object_set_new(page, "not_run", not_run);
	if (matrix->kernel_tests)
		json_object_set_new(page, "kernel_tests", page_set(matrix->kernel_tests));
	free(created);
	return page;
}
