// SPDX-License-Identifier: GPL-2.0-only
/* matrix.json: everything that the other forms show. */
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "matrix.h"
#include "text.h"

#define FORMAT_VERSION	1

static json_t *kernel_json(const struct matrix *matrix, size_t i)
{
	const struct kernel_run *run = &matrix->runs[i];
	json_t *counts = json_object();

	for (int state = 0; state < STATES; state++)
		json_object_set_new(counts, state_names[state],
				    json_integer(matrix->counts[i * STATES + (size_t)state]));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:i, s:O}", "name", run->kernel, "title", run->title,
			 "release", run->release, "time", run->time, "counts", counts,
			 "red", (int)matrix->reds[i], "run", run->json);
}

static json_t *cell_json(const struct cell *cell, const struct row *row,
			 const struct kernel_run *run)
{
	json_t *json = json_pack("{s:s}", "state", state_names[cell->state]);

	if (cell->red)
		json_object_set_new(json, "red", json_true());
	if (*cell->reason)
		json_object_set_new(json, "reason", json_string_nocheck(cell->reason));
	if (cell->of && *cell->of->evidence)
		json_object_set_new(json, "evidence", json_lines(cell->of->evidence));
	if (cell->of && !strcmp(row->topic, RUN_TOPIC)) {
		char *name = kernel_run_case_name(run, cell->of);

		json_object_set_new(json, "case", json_string(name));
		free(name);
	}
	return json;
}

static json_t *row_json(const struct matrix *matrix, const struct row *row)
{
	json_t *cells = json_object();

	for (size_t i = 0; i < matrix->run_count; i++)
		json_object_set_new(cells, matrix->runs[i].kernel,
				    cell_json(&row->cells[i], row, &matrix->runs[i]));
	return json_pack("{s:s, s:s, s:s, s:o, s:b, s:o}", "name", row->name, "topic", row->topic,
			 "kind", row->kind, "facts", json_facts(row->facts), "differs", row->differs,
			 "cells", cells);
}

static json_t *kernels_json(const struct matrix *matrix)
{
	json_t *kernels = json_array();

	for (size_t i = 0; i < matrix->run_count; i++)
		json_array_append_new(kernels, kernel_json(matrix, i));
	return kernels;
}

static json_t *rows_json(const struct matrix *matrix)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < matrix->row_count; i++)
		json_array_append_new(rows, row_json(matrix, &matrix->rows[i]));
	return rows;
}

json_t *matrix_json(const struct matrix *matrix)
{
	json_t *not_run = json_array();
	char *created = time_now();
	json_t *json;

	for (size_t i = 0; i < matrix->not_run_count; i++)
		json_array_append_new(not_run, json_pack("{s:s, s:s}",
							 "name", matrix->not_run[i].kernel,
							 "reason", matrix->not_run[i].reason));
	json = json_pack("{s:i, s:s, s:b, s:o, s:o, s:o}", "version", FORMAT_VERSION,
			 "created", created, "red", matrix_is_red(matrix), "kernels",
			 kernels_json(matrix), "not_run", not_run, "scenarios", rows_json(matrix));
	if (matrix->kernel_tests)
		json_object_set_new(json, "kernel_tests",
				    json_pack("{s:o, s:o}", "kernels", kernels_json(matrix->kernel_tests),
					      "scenarios", rows_json(matrix->kernel_tests)));
	free(created);
	return json;
}
