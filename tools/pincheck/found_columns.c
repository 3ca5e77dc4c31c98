// SPDX-License-Identifier: GPL-2.0-only
/* The columns of scan: those of a report, and who maps and holds the folio. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/pincheck/columns.h"
#include "tools/pincheck/found_columns.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/places.h"

/* Places that MAPPED-BY names. */
#define MOST_PLACES	8

const char *found_name(const struct area *area)
{
	return *area->path ? area->path : "[anon]";
}

static bool put_pid(const struct found *found, char *text, size_t size)
{
	if (found->count)
		snprintf(text, size, "%d", (int)found->owners->area->process->pid);
	return found->count;
}

static bool put_command(const struct found *found, char *text, size_t size)
{
	if (found->count)
		snprintf(text, size, "%s", found->owners->area->process->name);
	return found->count;
}

static bool put_mappings(const struct found *found, char *text, size_t size)
{
	snprintf(text, size, "%zu", found->count);
	return true;
}

static bool put_places(const struct found *found, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < found->count && i < MOST_PLACES && used < size; i++)
		used += snprintf(text + used, size - used, "%s%d:%#llx", i ? " " : "",
				 (int)found->owners[i].area->process->pid, found->owners[i].address);
	if (found->count > MOST_PLACES && used < size)
		snprintf(text + used, size - used, " and %zu more", found->count - MOST_PLACES);
	return found->count;
}

static bool is_mapped_from_file(const struct found *found)
{
	return found->count && found->owners->area->path[0] == '/';
}

static bool put_file(const struct found *found, char *text, size_t size)
{
	if (is_mapped_from_file(found))
		snprintf(text, size, "%s", found->owners->area->path);
	return is_mapped_from_file(found);
}

static bool put_offset(const struct found *found, char *text, size_t size)
{
	const struct owner *owner = found->owners;

	if (is_mapped_from_file(found))
		snprintf(text, size, "%#llx",
			 owner->address - owner->area->vma.start + owner->area->vma.offset);
	return is_mapped_from_file(found);
}

static bool put_cgroup(const struct found *found, char *text, size_t size)
{
	cgroup_of_pfn(found->report.pfn, text, size);
	return *text;
}

static bool put_block(const struct found *found, char *text, size_t size)
{
	if (block_pages())
		snprintf(text, size, "%llu", found->report.pfn / block_pages());
	return block_pages();
}

static bool put_holder(const struct found *found, char *text, size_t size)
{
	snprintf(text, size, "%s", found->holder.holder);
	return *text;
}

static bool put_guess(const struct found *found, char *text, size_t size)
{
	snprintf(text, size, "%s", found->holder.guessed ? "yes" : "no");
	return *found->holder.holder;
}

static bool put_evidence(const struct found *found, char *text, size_t size)
{
	snprintf(text, size, "%s", found->holder.evidence);
	return *text;
}

static const struct owner_field {
	struct column column;
	bool (*put)(const struct found *found, char *text, size_t size);
} owner_fields[] = {
	{ { "PID", CELL_NUMBER, true, "of the first process that maps the folio" }, put_pid },
	{ { "COMMAND", CELL_TEXT, true, "name of this process" }, put_command },
	{ { "MAPPINGS", CELL_NUMBER, true, "places where processes map the folio" }, put_mappings },
	{ { "MAPPED-BY", CELL_TEXT, true, "these places, as PID:ADDRESS" }, put_places },
	{ { "FILE", CELL_TEXT, true, "that has the page" }, put_file },
	{ { "OFFSET", CELL_HEX, true, "of the page in FILE" }, put_offset },
	{ { "CGROUP", CELL_TEXT, true, "to which the page is charged" }, put_cgroup },
	{ { "BLOCK", CELL_NUMBER, true, "memory block: see --block" }, put_block },
	{ { "HOLDER", CELL_TEXT, true, "the driver that holds the folio, or unknown" }, put_holder },
	{ { "GUESS", CELL_FLAG, true, "is HOLDER a guess by what the processes have open?" }, put_guess },
	{ { "EVIDENCE", CELL_TEXT, true, "what says that HOLDER holds the folio" }, put_evidence },
};

const struct columns *found_columns(void)
{
	static struct columns columns = { .table = "pages" };
	static struct column *rows;
	const struct columns *report = report_columns();

	if (rows)
		return &columns;
	columns.count = report->count + ARRAY_SIZE(owner_fields);
	rows = calloc(columns.count, sizeof(*rows));
	if (!rows) {
		fprintf(stderr, "pincheck: no memory for a table\n");
		exit(EXIT_USAGE);
	}
	memcpy(rows, report->rows, report->count * sizeof(*rows));
	for (size_t i = 0; i < ARRAY_SIZE(owner_fields); i++)
		rows[report->count + i] = owner_fields[i].column;
	columns.rows = rows;
	return &columns;
}

bool found_needs_owners(const char *names)
{
	const struct columns *report = report_columns(), *all = found_columns();
	size_t count, *named = names ? columns_named(names, all, &count) : NULL;
	bool needs = !named;

	for (size_t i = 0; named && i < count; i++)
		needs = needs || named[i] >= report->count || !strcmp(all->rows[named[i]].name, "ADDRESS");
	free(named);
	return needs;
}

/* Only what is printed, because there may be millions of rows. */
void found_row(struct table *table, const struct found *found)
{
	const struct sample sample = {
		.address = found->count ? found->owners->address : 0,
		.pages = 1ULL << found->report.order, .report = found->report,
	};
	size_t reported = report_columns()->count;
	char text[512];

	table_row(table);
	for (size_t i = 0; i < found_columns()->count; i++) {
		if (!table_shows(table, i))
			continue;
		if (i < reported ? report_value(i, &sample, text, sizeof(text)) :
				   owner_fields[i - reported].put(found, text, sizeof(text)))
			table_set(table, i, "%s", text);
	}
}
