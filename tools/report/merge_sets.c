// SPDX-License-Identifier: GPL-2.0-only
/* Two sets of runs: which runs are to be compared. */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "../lib/exit_code.h"
#include "merge_column.h"
#include "merge_sets.h"
#include "text.h"

/**
 * struct run_set - the runs below a directory
 * @names: of their directories, in alphabetical order
 * @used: which were taken into a pair
 */
struct run_set {
	struct merge_run *runs;
	char **names;
	bool *used;
	size_t count;
};

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static struct run_set load_set(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_visible, alphasort);
	struct run_set set = { 0 };
	size_t sizes[3] = { 0 };

	if (count < 0)
		errx(EXIT_USAGE, "cannot read the directory of runs %s: %s", directory, strerror(errno));
	for (int i = 0; i < count; i++) {
		char *path = format_of("%s/%s", directory, entries[i]->d_name);

		set.runs = grow(set.runs, set.count, &sizes[0], sizeof(*set.runs));
		set.names = grow(set.names, set.count, &sizes[1], sizeof(*set.names));
		set.used = grow(set.used, set.count, &sizes[2], sizeof(*set.used));
		if (merge_run_load(&set.runs[set.count], path, entries[i]->d_name)) {
			set.names[set.count] = copy_of(entries[i]->d_name);
			set.used[set.count++] = false;
		}
		free(path);
		free(entries[i]);
	}
	free(entries);
	return set;
}

static void free_set(struct run_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		merge_run_free(&set->runs[i]);
		free(set->names[i]);
	}
	free(set->runs);
	free(set->names);
	free(set->used);
}

/* Return: its place, or the number of runs if there is none */
static size_t find_namesake(const struct run_set *set, const char *name)
{
	size_t i = 0;

	while (i < set->count && strcmp(set->names[i], name))
		i++;
	return i;
}

static bool is_of_series(const struct merge_run *run, const struct merge_run *other)
{
	char *one = merge_group(run->release, run->architecture);
	char *another = merge_group(other->release, other->architecture);
	bool same = *one && !strcmp(one, another) && !strcmp(run->kernel, other->kernel);

	free(one);
	free(another);
	return same;
}

/* The last release before that of @run. Return: its place, or the number of runs if there is none */
static size_t find_predecessor(const struct run_set *set, const struct merge_run *run)
{
	size_t best = set->count;

	for (size_t i = 0; i < set->count; i++) {
		if (!is_of_series(&set->runs[i], run) ||
		    merge_compare_releases(set->runs[i].release, run->release) >= 0)
			continue;
		if (best == set->count ||
		    merge_compare_releases(set->runs[i].release, set->runs[best].release) > 0)
			best = i;
	}
	return best;
}

size_t merge_pair_sets(const char *before, const char *after, struct merge_pair **pairs)
{
	struct run_set old = load_set(before), new = load_set(after);
	size_t count = 0, size = 0;

	*pairs = NULL;
	for (size_t i = 0; i < new.count; i++) {
		size_t place = find_namesake(&old, new.names[i]);
		bool namesake = place < old.count;

		if (!namesake)
			place = find_predecessor(&old, &new.runs[i]);
		if (place == old.count) {
			warnx("%s has no results of %s: not compared", before, new.names[i]);
			continue;
		}
		old.used[place] = true;
		*pairs = grow(*pairs, count, &size, sizeof(**pairs));
		(*pairs)[count++] = (struct merge_pair) {
			.name = namesake ? copy_of(new.names[i]) :
					   format_of("%s after %s", new.names[i], old.names[place]),
			.before = copy_of(old.runs[place].path), .after = copy_of(new.runs[i].path),
		};
	}
	for (size_t i = 0; i < old.count; i++)
		if (!old.used[i])
			warnx("%s has no results of %s: not compared", after, old.names[i]);
	free_set(&old);
	free_set(&new);
	return count;
}

void merge_pairs_free(struct merge_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(pairs[i].name);
		free(pairs[i].before);
		free(pairs[i].after);
	}
	free(pairs);
}
