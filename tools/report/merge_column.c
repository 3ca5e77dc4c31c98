// SPDX-License-Identifier: GPL-2.0-only
/* The columns of many machines. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "kernel_run.h"
#include "merge_column.h"
#include "text.h"

static bool has_results(const char *path, time_t *time)
{
	static const char *const files[] = { "results.ktap", "build.ktap" };
	bool has = false;

	for (size_t i = 0; i < ARRAY_SIZE(files) && !has; i++) {
		char *file = format_of("%s/%s", path, files[i]);
		struct stat status;

		has = !stat(file, &status);
		*time = has ? status.st_mtime : 0;
		free(file);
	}
	return has;
}

bool merge_run_load(struct merge_run *run, const char *path, const char *kernel)
{
	char *facts = format_of("%s/run.json", path);
	struct kernel_run of = { .kernel = kernel };

	*run = (struct merge_run) { 0 };
	if (has_results(path, &run->time)) {
		run->path = copy_of(path);
		run->json = json_load_file(facts, 0, NULL);
		if (!json_is_object(run->json)) {
			json_decref(run->json);
			run->json = json_object();
		}
		of.json = run->json;
		/* Directories of a lab have other names than kernels. */
		run->kernel = copy_of(kernel_run_text(&of, "kernel", "name"));
		if (!*run->kernel) {
			free(run->kernel);
			run->kernel = copy_of(kernel);
		}
		run->release = kernel_run_release(&of);
		run->architecture = copy_of(kernel_run_text(&of, "kernel", "architecture"));
		run->column = copy_of("");
	}
	free(facts);
	return run->path;
}

void merge_run_free(struct merge_run *run)
{
	free(run->path);
	free(run->kernel);
	free(run->release);
	free(run->architecture);
	free(run->column);
	json_decref(run->json);
}

/* The length of "6.12" in "6.12.117-rc1" */
static size_t series_length(const char *release)
{
	size_t major = strspn(release, "0123456789");

	return release[major] == '.' ? major + 1 + strspn(release + major + 1, "0123456789") : major;
}

char *merge_group(const char *release, const char *architecture)
{
	return format_of("%.*s%s%s", (int)series_length(release), release,
			 *release && *architecture ? " " : "", architecture);
}

/* A release candidate comes before its release: 7.3-rc7 before 7.3. */
int merge_compare_releases(const char *left, const char *right)
{
	size_t a = strcspn(left, "-"), b = strcspn(right, "-");
	int order = a == b ? strncmp(left, right, a) : 1;

	if (order)
		return strverscmp(left, right);
	if (!left[a] != !right[b])
		return left[a] ? -1 : 1;
	return strverscmp(left, right);
}

static int by_column(const void *left, const void *right)
{
	const struct merge_run *a = left, *b = right;
	char *one = copy_of(a->release), *other = copy_of(b->release);
	int order;

	one[series_length(one)] = '\0';
	other[series_length(other)] = '\0';
	order = strverscmp(one, other) ?: strcmp(a->architecture, b->architecture) ?:
		merge_compare_releases(a->release, b->release) ?: strcmp(a->kernel, b->kernel) ?:
		(a->time > b->time) - (a->time < b->time);
	free(one);
	free(other);
	return order;
}

static bool share_a_name_only(const struct merge_run *runs, size_t count, const struct merge_run *run,
			      bool by_architecture)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(runs[i].kernel, run->kernel))
			continue;
		if (strcmp(by_architecture ? runs[i].architecture : runs[i].release,
			   by_architecture ? run->architecture : run->release))
			return true;
	}
	return false;
}

static char *name_column(const struct merge_run *runs, size_t count, const struct merge_run *run)
{
	bool releases = !strchr(run->kernel, '@') && share_a_name_only(runs, count, run, false);
	bool architectures = share_a_name_only(runs, count, run, true);

	return format_of("%s%s%s%s%s", run->kernel, releases ? "@" : "", releases ? run->release : "",
			 architectures ? "." : "", architectures ? run->architecture : "");
}

void merge_name_columns(struct merge_run *runs, size_t count)
{
	qsort(runs, count, sizeof(*runs), by_column);
	for (size_t i = 0; i < count; i++) {
		free(runs[i].column);
		runs[i].column = name_column(runs, count, &runs[i]);
	}
}
