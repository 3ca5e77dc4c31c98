// SPDX-License-Identifier: GPL-2.0-only
/* pincheck bench gup: a run as a file, and two runs compared. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "tools/lib/array.h"
#include "tools/lib/cause.h"
#include "tools/lib/directory.h"
#include "tools/lib/page_size.h"
#include "tools/pincheck/bench_gup.h"

#define FORMAT		1	/* of the file */
#define TOLERANCE	0.03	/* less is no change */

void gup_figures_free(struct gup_figures *figures)
{
	free(figures->figures);
	*figures = (struct gup_figures) { 0 };
}

/* The numbers of a figure, and their members in the file. */
static const struct member {
	const char *name;
	size_t offset;
} members[] = {
	{ "fast_pages", offsetof(struct gup_figure, fast) },
	{ "slow_pages", offsetof(struct gup_figure, slow) },
	{ "take_ns_per_page", offsetof(struct gup_figure, take) },
	{ "take_p99_ns_per_page", offsetof(struct gup_figure, take_p99) },
	{ "give_ns_per_page", offsetof(struct gup_figure, give) },
	{ "give_p99_ns_per_page", offsetof(struct gup_figure, give_p99) },
	{ "take_ns_per_call", offsetof(struct gup_figure, call) },
	{ "ns_per_page", offsetof(struct gup_figure, median) },
	{ "ns_per_page_low", offsetof(struct gup_figure, low) },
	{ "ns_per_page_high", offsetof(struct gup_figure, high) },
};

static json_t *figure_to_json(const struct gup_figure *figure)
{
	json_t *row = json_pack("{s:s, s:I, s:I, s:I}", "name", figure->name,
				"threads", (json_int_t)figure->threads, "pages", (json_int_t)figure->pages,
				"samples", (json_int_t)figure->samples);

	if (figure->why[0])
		json_object_set_new(row, "why", json_string(figure->why));
	for (size_t i = 0; i < ARRAY_SIZE(members) && !figure->why[0]; i++) {
		const void *number = (const char *)figure + members[i].offset;

		json_object_set_new(row, members[i].name, json_real(*(const double *)number));
	}
	return row;
}

int gup_figures_save(const struct gup_figures *figures, const struct gup_plan *plan, const char *path)
{
	int error = make_directories_for(path);
	json_t *rows = json_array(), *root;
	struct utsname kernel;

	uname(&kernel);
	for (size_t i = 0; i < figures->count; i++)
		json_array_append_new(rows, figure_to_json(&figures->figures[i]));
	root = json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "format", FORMAT,
			 "kernel", kernel.release, "architecture", kernel.machine,
			 "page_bytes", (json_int_t)PAGE_BYTES, "bytes", (json_int_t)plan->bytes,
			 "passes", (json_int_t)plan->passes, "warm_up", (json_int_t)plan->warm_up,
			 "repeats", (json_int_t)plan->repeats, "figures", rows);
	if (!error && json_dump_file(root, path, JSON_INDENT(1) | JSON_REAL_PRECISION(6)))
		error = -errno;
	if (error)
		fprintf(stderr, "pincheck: cannot write %s: %s. Name another file: --save FILE\n", path,
			cause_of(error));
	json_decref(root);
	return error;
}

/* Return: is @row complete? */
static bool figure_from_json(const json_t *row, struct gup_figure *figure)
{
	const char *name = json_string_value(json_object_get(row, "name"));
	bool complete = true;

	*figure = (struct gup_figure) {
		.threads = (unsigned int)json_integer_value(json_object_get(row, "threads")),
		.pages = (size_t)json_integer_value(json_object_get(row, "pages")),
		.samples = (size_t)json_integer_value(json_object_get(row, "samples")),
	};
	if (!name || strlen(name) >= GUP_NAME)
		return false;
	strcpy(figure->name, name);
	snprintf(figure->why, GUP_WHY, "%s", json_string_value(json_object_get(row, "why")) ?: "");
	for (size_t i = 0; i < ARRAY_SIZE(members) && !figure->why[0]; i++) {
		const json_t *number = json_object_get(row, members[i].name);

		*(double *)((char *)figure + members[i].offset) = json_number_value(number);
		complete &= json_is_number(number);
	}
	return complete;
}

int gup_figures_load(struct gup_figures *figures, const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error), *rows = json_object_get(root, "figures");
	size_t count = json_array_size(rows);
	bool complete = root && json_integer_value(json_object_get(root, "format")) == FORMAT && count;

	*figures = (struct gup_figures) { .figures = calloc(count + 1, sizeof(*figures->figures)) };
	for (size_t i = 0; i < count && complete && figures->figures; i++)
		complete = figure_from_json(json_array_get(rows, i), &figures->figures[figures->count++]);
	json_decref(root);
	if (complete && figures->figures)
		return 0;
	fprintf(stderr, "pincheck: cannot read figures from %s: %s. Write such a file: pincheck bench gup --save FILE\n",
		path, root ? "it is none of this program's files" : error.text);
	gup_figures_free(figures);
	return -EINVAL;
}

enum gup_change gup_figures_compare(const struct gup_figures *old, const struct gup_figure *now, double *ratio)
{
	const struct gup_figure *then = NULL;

	for (size_t i = 0; i < old->count && !then; i++) {
		if (!strcmp(old->figures[i].name, now->name))
			then = &old->figures[i];
	}
	if (!then || then->why[0] || now->why[0] || !(then->median > 0))
		return GUP_NEW;
	*ratio = now->median / then->median;
	if (now->low > then->high && *ratio > 1 + TOLERANCE)
		return GUP_SLOWER;
	if (now->high < then->low && *ratio < 1 - TOLERANCE)
		return GUP_FASTER;
	return GUP_SAME;
}
