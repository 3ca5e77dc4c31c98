// SPDX-License-Identifier: GPL-2.0-only
/* first-bad.md: since which release of a series a scenario fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "matrix.h"
#include "merge_column.h"
#include "merge_first_bad.h"
#include "output.h"
#include "text.h"

static bool is_bad(enum state state)
{
	return state == STATE_FAIL || state == STATE_XFAIL || state == STATE_TIMEOUT;
}

/* Columns of one series and architecture: from @begin up to, not including, @end */
struct group {
	char *name;
	size_t begin;
	size_t end;
};

/**
 * struct change - of a row within a group
 * @good: the last column that passes before @bad, or -1
 * @bad: the first column that fails and after which none passes; -1 if the last result is none that fails
 * @mended: the first column that passes after one that failed, where the last result is a pass; or -1
 */
struct change {
	long good;
	long bad;
	long mended;
};

static struct change change_of(const struct row *row, const struct group *group)
{
	struct change change = { -1, -1, -1 };
	bool bad = false;

	for (size_t i = group->begin; i < group->end; i++) {
		enum state state = row->cells[i].state;

		if (is_bad(state) && !bad) {
			change.bad = (long)i;
			change.mended = -1;
			bad = true;
		} else if (state == STATE_PASS) {
			if (bad)
				change.mended = (long)i;
			change.good = (long)i;
			bad = false;
		}
	}
	if (!bad)
		change.bad = -1;
	return change;
}

static const char *release_at(const struct matrix *matrix, long column)
{
	return column < 0 ? "-" : kernel_run_short_name(&matrix->runs[column]);
}

/* Variants of one finding are one line: topic and scenario say what it is. */
static void write_change(const struct matrix *matrix, const struct row *row, const struct group *group, FILE *to)
{
	struct change change = change_of(row, group);
	const struct cell *cell;

	if (change.bad < 0 && change.mended < 0)
		return;
	cell = change.bad < 0 ? NULL : &row->cells[change.bad];
	/* A known failure of the whole series is in known.md. */
	if (change.bad == (long)group->begin && change.good < 0 && cell->state == STATE_XFAIL)
		return;
	fprintf(to, "| `%s`%s", row->name, row->followers ? "" : " |");
	if (row->followers)
		fprintf(to, " and %zu like it |", row->followers);
	fprintf(to, " %s | %s | %s | %s | %s |\n", group->name, release_at(matrix, change.mended < 0 ? change.good : -1),
		release_at(matrix, change.bad), release_at(matrix, change.mended), cell ? cell->reason : "");
}

static char *group_of_run(const struct kernel_run *run)
{
	return merge_group(run->release, kernel_run_text(run, "kernel", "architecture"));
}

/* Return: the next group, which begins at @begin; its name is to be freed */
static struct group group_at(const struct matrix *matrix, size_t begin)
{
	struct group group = { .name = group_of_run(&matrix->runs[begin]), .begin = begin, .end = begin + 1 };

	while (group.end < matrix->run_count) {
		char *name = group_of_run(&matrix->runs[group.end]);
		bool same = !strcmp(name, group.name);

		free(name);
		if (!same)
			break;
		group.end++;
	}
	return group;
}

void merge_write_first_bad(const struct matrix *matrix, const char *output)
{
	struct output file;

	output_open(&file, output, "first-bad.md");
	fputs("| scenario | series | last good | first bad | mended by | why |\n|---|---|---|---|---|---|\n", file.to);
	for (size_t begin = 0; begin < matrix->run_count;) {
		struct group group = group_at(matrix, begin);

		for (size_t i = 0; i < matrix->row_count; i++)
			if (!matrix->rows[i].led && strcmp(matrix->rows[i].topic, RUN_TOPIC))
				write_change(matrix, &matrix->rows[i], &group, file.to);
		begin = group.end;
		free(group.name);
	}
	output_close(&file);
}
