// SPDX-License-Identifier: GPL-2.0-only
/* pincheck-report compare: two runs, or two sets of runs, case by case. */
#include <err.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include "commands.h"
#include "merge_sets.h"
#include "renames.h"
#include "results.h"
#include "text.h"

#define RESULTS_FILE	"results.ktap"

#define MAX_NAMED	3	/* runs that a line of a comparison of sets names */

/**
 * struct difference - a case that one or more runs judge differently, in the same way
 * @runs: their names, those of the first MAX_NAMED
 */
struct difference {
	char *name;
	const char *before;
	const char *after;
	char *reason;
	struct text runs;
	unsigned int count;
};

/**
 * struct comparison - what the runs have in common so far
 * @renames: cases of the first run that have another name in the second
 * @table: a line a difference
 * @differences: of all runs, in the order in which they came
 * @places: case and verdicts -> place in @differences
 * @paired: runs that both sides have
 * @alike: cases with one verdict in both runs
 * @changed: cases with two verdicts
 * @gone: cases of the first run that the second lacks
 * @added: cases of the second run that the first lacks
 */
struct comparison {
	struct renames *renames;
	struct libscols_table *table;
	struct difference *differences;
	size_t difference_count;
	size_t difference_size;
	json_t *places;
	unsigned int paired;
	unsigned int alike;
	unsigned int changed;
	unsigned int gone;
	unsigned int added;
};

enum compare_column { RUN, CASE, BEFORE, AFTER, REASON, COLUMNS };

static const struct {
	const char *name;
	int flags;
} columns[COLUMNS] = {
	[RUN] = { "RUN", 0 },
	[CASE] = { "CASE", 0 },
	[BEFORE] = { "BEFORE", 0 },
	[AFTER] = { "AFTER", 0 },
	[REASON] = { "REASON", SCOLS_FL_WRAP },
};

static const char absent[] = "-";

static struct libscols_table *new_differences(bool json)
{
	struct libscols_table *table;

	setlocale(LC_ALL, "");
	scols_init_debug(0);
	table = scols_new_table();
	if (!table || scols_table_set_name(table, "differences"))
		errx(EXIT_USAGE, "out of memory");
	scols_table_enable_json(table, json);
	for (size_t i = 0; i < COLUMNS; i++)
		if (!scols_table_new_column(table, columns[i].name, 0, columns[i].flags))
			errx(EXIT_USAGE, "out of memory");
	return table;
}

static const char *outcome_text(const struct test_case *of)
{
	return of ? ktap_outcome_name(of->outcome) : absent;
}

static struct difference *find_difference(struct comparison *comparison, const char *name,
					  const char *before, const char *after, const char *reason)
{
	char *id = format_of("%s %s %s", name, before, after);
	const json_t *place = json_object_get(comparison->places, id);
	struct difference *difference;

	if (!place) {
		comparison->differences = grow(comparison->differences, comparison->difference_count,
					       &comparison->difference_size, sizeof(*difference));
		json_object_set_new(comparison->places, id,
				    json_integer((json_int_t)comparison->difference_count));
		difference = &comparison->differences[comparison->difference_count++];
		*difference = (struct difference) {
			.name = copy_of(name), .before = before, .after = after, .reason = copy_of(reason),
		};
	} else {
		difference = &comparison->differences[json_integer_value(place)];
	}
	free(id);
	return difference;
}

static void add_difference(struct comparison *comparison, const char *run, const char *name,
			   const struct test_case *before, const struct test_case *after)
{
	struct difference *difference =
		find_difference(comparison, name, outcome_text(before), outcome_text(after),
				after && *after->reason ? after->reason : before ? before->reason : "");

	if (difference->count++ < MAX_NAMED)
		text_printf(&difference->runs, "%s%s", difference->count > 1 ? " " : "", run);
}

static void print_differences(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->difference_count; i++) {
		struct difference *difference = &comparison->differences[i];
		struct libscols_line *line = scols_table_new_line(comparison->table, NULL);
		const char *const cells[COLUMNS] = {
			[RUN] = difference->runs.bytes, [CASE] = difference->name,
			[BEFORE] = difference->before, [AFTER] = difference->after,
			[REASON] = difference->reason,
		};

		if (difference->count > MAX_NAMED)
			text_printf(&difference->runs, " and %u more", difference->count - MAX_NAMED);
		for (size_t j = 0; j < COLUMNS; j++)
			if (!line || scols_line_set_data(line, j, j == RUN ? difference->runs.bytes : cells[j]))
				errx(EXIT_USAGE, "out of memory");
		free(difference->name);
		free(difference->reason);
		free(difference->runs.bytes);
	}
	free(comparison->differences);
	scols_print_table(comparison->table);
}

/* Names of today -> number of the case. A name that comes twice stands for its last result. */
static json_t *index_results(const struct results *results, const struct renames *renames)
{
	json_t *index = json_object();

	for (size_t i = 0; i < results->count; i++) {
		const char *today = results->cases[i].name;
		char *name = renames ? renames_apply(renames, today) : copy_of(today);
		json_t *number = json_integer((json_int_t)i);

		if (json_object_set_new(index, name, number))
			errx(EXIT_USAGE, "out of memory");
		free(name);
	}
	return index;
}

static const struct test_case *find_case(const struct results *results, const json_t *index,
					 const char *name)
{
	const json_t *number = json_object_get(index, name);

	if (!number)
		return NULL;
	return &results->cases[json_integer_value(number)];
}

static void compare_cases(struct comparison *comparison, const char *run,
			  const struct results *before, const struct results *after)
{
	json_t *old = index_results(before, comparison->renames);
	json_t *new = index_results(after, NULL);
	const char *name;
	json_t *number;

	json_object_foreach(old, name, number) {
		const struct test_case *was = find_case(before, old, name);
		const struct test_case *is = find_case(after, new, name);

		if (is && is->outcome == was->outcome) {
			comparison->alike++;
			continue;
		}
		add_difference(comparison, run, name, was, is);
		comparison->changed += !!is;
		comparison->gone += !is;
	}
	json_object_foreach(new, name, number) {
		if (json_object_get(old, name))
			continue;
		add_difference(comparison, run, name, NULL, find_case(after, new, name));
		comparison->added++;
	}
	json_decref(old);
	json_decref(new);
}

static void read_run(struct results *results, const char *path)
{
	int error = results_read(results, path);

	if (error)
		errx(EXIT_USAGE, "cannot read the results %s: %s. Run the suite first: make selftests",
		     path, strerror(-error));
}

static void compare_runs(struct comparison *comparison, const char *run, const char *before,
			 const char *after)
{
	struct results old = { 0 }, new = { 0 };

	read_run(&old, before);
	read_run(&new, after);
	compare_cases(comparison, run, &old, &new);
	comparison->paired++;
	results_free(&old);
	results_free(&new);
}

static bool is_file(const char *path)
{
	struct stat found;

	return !stat(path, &found) && S_ISREG(found.st_mode);
}

static void compare_directories(struct comparison *comparison, const char *before, const char *after)
{
	struct merge_pair *pairs;
	size_t count = merge_pair_sets(before, after, &pairs);

	for (size_t i = 0; i < count; i++) {
		char *old = format_of("%s/" RESULTS_FILE, pairs[i].before);
		char *new = format_of("%s/" RESULTS_FILE, pairs[i].after);

		/* A kernel that did not build has no results. */
		if (is_file(old) && is_file(new))
			compare_runs(comparison, pairs[i].name, old, new);
		else if (is_file(old) || is_file(new))
			warnx("%s has no results in %s: not compared", pairs[i].name, is_file(old) ? after : before);
		free(old);
		free(new);
	}
	merge_pairs_free(pairs, count);
}

/*
 * A run is named by its file, by the directory of the file, or by its kernel below --results.
 * Return: the path of the file, to be freed; NULL: @operand is no run.
 */
static char *find_run(const char *results, const char *operand)
{
	char *const paths[] = {
		copy_of(operand),
		format_of("%s/" RESULTS_FILE, operand),
		format_of("%s/%s/" RESULTS_FILE, results, operand),
	};
	char *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (!found && is_file(paths[i]))
			found = paths[i];
		else
			free(paths[i]);
	}
	return found;
}

static void compare_operands(struct comparison *comparison, const struct arguments *arguments)
{
	char *const *operands = arguments->operands;
	char *before = find_run(arguments->results, operands[0]);
	char *after = find_run(arguments->results, operands[1]);

	if (before && after)
		compare_runs(comparison, operands[1], before, after);
	else if (!before && !after)
		compare_directories(comparison, operands[0], operands[1]);
	else
		warnx("%s is no run and no kernel below %s: %s/" RESULTS_FILE " is missing",
		      operands[!!before], arguments->results, operands[!!before]);
	free(before);
	free(after);
	if (!comparison->paired)
		errx(EXIT_USAGE, "%s and %s have no run in common: give two files, two kernels, or two directories with KERNEL/" RESULTS_FILE,
		     operands[0], operands[1]);
}

int command_compare(const struct arguments *arguments)
{
	struct comparison comparison = {
		.renames = renames_read(arguments->renames),
		.table = new_differences(arguments->json), .places = json_object(),
	};

	if (!arguments->operands[0] || !arguments->operands[1] || arguments->operands[2])
		errx(EXIT_USAGE, "compare takes two runs: pincheck-report compare BEFORE AFTER");
	compare_operands(&comparison, arguments);
	if (comparison.changed || comparison.gone || comparison.added || arguments->json)
		print_differences(&comparison);
	fprintf(arguments->json ? stderr : stdout, "%u alike, %u changed, %u gone, %u added, %u runs\n",
		comparison.alike, comparison.changed, comparison.gone, comparison.added,
		comparison.paired);
	scols_unref_table(comparison.table);
	json_decref(comparison.places);
	renames_free(comparison.renames);
	return comparison.changed || comparison.gone ? EXIT_FAIL : EXIT_PASS;
}
