// SPDX-License-Identifier: GPL-2.0-only
/* pincheck scan --by: folios that have something in common, summed up. */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/pincheck/found_columns.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/places.h"
#include "tools/pincheck/sums.h"

#define UNKNOWN	"unknown"

/** struct sum - of the folios that belong to @name */
struct sum {
	char *name;
	unsigned long long folios;
	unsigned long long pages;
	long long pins;
	long long unexplained;
};

/**
 * struct sums - all sums
 * @tree: of tsearch(), by name
 * @all: the same, in the order in which they came, and later sorted
 */
struct sums {
	void *tree;
	struct sum **all;
	size_t count;
};

/**
 * struct grouping - a way of summing up
 * @owner: the name of what @owner belongs to, for each owner; NULL: @folio names it
 * @owners: it needs owners or holders
 */
struct grouping {
	const char *name;
	bool owners;
	void (*owner)(const struct owner *owner, char *text, size_t size);
	void (*folio)(const struct found *found, char *text, size_t size);
};

static void name_process(const struct owner *owner, char *text, size_t size)
{
	snprintf(text, size, "%d %s", (int)owner->area->process->pid, owner->area->process->name);
}

static void name_mapping(const struct owner *owner, char *text, size_t size)
{
	const struct area *area = owner->area;

	snprintf(text, size, "%d %#llx-%#llx %.300s", (int)area->process->pid, area->vma.start,
		 area->vma.end, found_name(area));
}

static void name_cgroup(const struct found *found, char *text, size_t size)
{
	cgroup_of_pfn(found->report.pfn, text, size);
}

static void name_block(const struct found *found, char *text, size_t size)
{
	if (block_pages())
		snprintf(text, size, "memory%llu", found->report.pfn / block_pages());
}

static void name_node(const struct found *found, char *text, size_t size)
{
	snprintf(text, size, "node%d", found->report.node);
}

static void name_holder(const struct found *found, char *text, size_t size)
{
	snprintf(text, size, "%s", found->holder.holder);
}

static const struct grouping groupings[] = {
	{ "process", true, name_process, NULL },
	{ "cgroup", false, NULL, name_cgroup },
	{ "mapping", true, name_mapping, NULL },
	{ "block", false, NULL, name_block },
	{ "node", false, NULL, name_node },
	{ "holder", true, NULL, name_holder },
};

const struct grouping *grouping_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(groupings); i++) {
		if (!strcmp(groupings[i].name, name))
			return &groupings[i];
	}
	return NULL;
}

bool grouping_needs_owners(const struct grouping *grouping)
{
	return grouping->owners;
}

enum sum_column { NAME, FOLIOS, PAGES, PINS, UNEXPLAINED, SUM_COLUMNS };

static const struct column sum_rows[SUM_COLUMNS] = {
	[NAME]		= { "NAME", CELL_TEXT, false, "what the folios have in common" },
	[FOLIOS]	= { "FOLIOS", CELL_NUMBER, false, "number of folios" },
	[PAGES]		= { "PAGES", CELL_NUMBER, false, "their base pages" },
	[PINS]		= { "PINS", CELL_NUMBER, false, "their pins" },
	[UNEXPLAINED]	= { "UNEXPLAINED", CELL_NUMBER, false, "references on them that nothing explains" },
};

const struct columns *sum_columns(void)
{
	static const struct columns columns = { "sums", sum_rows, SUM_COLUMNS };

	return &columns;
}

static int compare_names(const void *first, const void *second)
{
	const struct sum *a = first, *b = second;

	return strcmp(a->name, b->name);
}

static void *need_sum(void *memory)
{
	if (memory)
		return memory;
	fprintf(stderr, "pincheck: no memory for sums. Sum up by something coarser, as --by node\n");
	exit(EXIT_USAGE);
}

static struct sum *sum_named(struct sums *sums, char *name)
{
	struct sum wanted = { .name = *name ? name : UNKNOWN }, **found, *sum;

	found = tfind(&wanted, &sums->tree, compare_names);
	if (found)
		return *found;
	sum = need_sum(calloc(1, sizeof(*sum)));
	sum->name = need_sum(strdup(wanted.name));
	need_sum(tsearch(sum, &sums->tree, compare_names));
	if (!(sums->count & (sums->count - 1)))
		sums->all = need_sum(reallocarray(sums->all, sums->count * 2 + 1, sizeof(*sums->all)));
	sums->all[sums->count++] = sum;
	return sum;
}

static void add_found(struct sums *sums, char *name, const struct found *found)
{
	const struct pincheck_report *report = &found->report;
	struct sum *sum = sum_named(sums, name);

	sum->folios++;
	sum->pages += 1ULL << report->order;
	sum->pins += report->pins;
	if (report->present & PINCHECK_REPORT_EXPLAINED && report->unexplained > 0)
		sum->unexplained += report->unexplained;
}

/* A folio that a process maps twice is one folio of that process. Owners are sorted by process and address. */
static void add_each_owner(struct sums *sums, const struct grouping *grouping, const struct found *found)
{
	char name[512] = "", before[512];

	if (!found->count)
		add_found(sums, name, found);
	for (size_t i = 0; i < found->count; i++) {
		memcpy(before, name, sizeof(before));
		grouping->owner(&found->owners[i], name, sizeof(name));
		if (strcmp(before, name))
			add_found(sums, name, found);
	}
}

void sums_add(struct sums **sums, const struct grouping *grouping, const struct found *found)
{
	char name[512] = "";

	if (!*sums)
		*sums = need_sum(calloc(1, sizeof(**sums)));
	if (grouping->owner) {
		add_each_owner(*sums, grouping, found);
		return;
	}
	grouping->folio(found, name, sizeof(name));
	add_found(*sums, name, found);
}

static int compare_sums(const void *first, const void *second)
{
	const struct sum *a = *(struct sum *const *)first, *b = *(struct sum *const *)second;

	if (a->pages != b->pages)
		return a->pages > b->pages ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void put_sum(struct table *table, const struct sum *sum)
{
	table_row(table);
	table_set(table, NAME, "%s", sum->name);
	table_set(table, FOLIOS, "%llu", sum->folios);
	table_set(table, PAGES, "%llu", sum->pages);
	table_set(table, PINS, "%lld", sum->pins);
	table_set(table, UNEXPLAINED, "%lld", sum->unexplained);
}

static void ignore_sum(void *sum)
{
	(void)sum;
}

void sums_rows(struct sums *sums, struct table *table)
{
	if (!sums)
		return;
	qsort(sums->all, sums->count, sizeof(*sums->all), compare_sums);
	for (size_t i = 0; i < sums->count; i++)
		put_sum(table, sums->all[i]);
	tdestroy(sums->tree, ignore_sum);
	for (size_t i = 0; i < sums->count; i++) {
		free(sums->all[i]->name);
		free(sums->all[i]);
	}
	free(sums->all);
	free(sums);
}
