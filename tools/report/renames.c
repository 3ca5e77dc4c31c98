// SPDX-License-Identifier: GPL-2.0-only
/* Cases that have another name today. */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "renames.h"
#include "text.h"

#define SPACE	" \t\r"

struct rename {
	const char *old;
	const char *new;
};

struct renames {
	char *text;
	struct rename *rows;
	size_t count;
	size_t size;
};

static size_t part_length(const char *name)
{
	return strcspn(name, ".");
}

static bool part_is_any(const char *pattern)
{
	return part_length(pattern) == 1 && *pattern == '*';
}

/* The part behind the first one, or NULL behind the last one. */
static const char *part_next(const char *name)
{
	size_t length = part_length(name);

	return name[length] ? name + length + 1 : NULL;
}

static bool rename_fits(const struct rename *rename, const char *name)
{
	const char *old;

	for (old = rename->old; old && name; old = part_next(old), name = part_next(name)) {
		size_t length = part_length(old);

		if (!part_is_any(old) && (length != part_length(name) || memcmp(old, name, length)))
			return false;
	}
	return !old;
}

static char *rename_case(const struct rename *rename, const char *name)
{
	const char *old = rename->old, *new = rename->new;
	struct text text = { 0 };

	for (; new; new = part_next(new)) {
		const char *part = part_is_any(new) ? name : new;

		text_printf(&text, "%s%.*s", text.length ? "." : "", (int)part_length(part), part);
		name = old && name ? part_next(name) : name;
		old = old ? part_next(old) : NULL;
	}
	if (name)
		text_printf(&text, ".%s", name);
	return text_take(&text);
}

char *renames_apply(const struct renames *renames, const char *name)
{
	for (size_t i = 0; i < renames->count; i++)
		if (rename_fits(&renames->rows[i], name))
			return rename_case(&renames->rows[i], name);
	return copy_of(name);
}

static size_t count_parts(const char *name)
{
	size_t parts = 0;

	for (; name; name = part_next(name))
		parts++;
	return parts;
}

/* Both names have the same parts, and stars in the same places, or nobody could tell what is kept. */
static bool rename_is_sane(const struct rename *rename)
{
	const char *old = rename->old, *new = rename->new;

	if (!old || !new || count_parts(old) != count_parts(new))
		return false;
	for (; old; old = part_next(old), new = part_next(new))
		if (part_is_any(old) != part_is_any(new))
			return false;
	return true;
}

static void add_rename(struct renames *renames, char *line, const char *path, unsigned int number)
{
	struct rename row;

	line += strspn(line, SPACE);
	if (!*line || *line == '#')
		return;
	row.old = strtok_r(line, SPACE, &line);
	row.new = strtok_r(NULL, SPACE, &line);
	if (!rename_is_sane(&row) || strtok_r(NULL, SPACE, &line))
		errx(EXIT_USAGE, "%s:%u: write OLD NEW, with the same number of parts and * in the same places",
		     path, number);
	renames->rows = grow(renames->rows, renames->count, &renames->size, sizeof(*renames->rows));
	renames->rows[renames->count++] = row;
}

struct renames *renames_read(const char *path)
{
	struct renames *renames = calloc(1, sizeof(*renames));
	unsigned int number = 0;
	char *rest, *line;

	if (!renames)
		errx(EXIT_USAGE, "out of memory");
	if (!path)
		return renames;
	renames->text = file_read(path, NULL);
	if (!renames->text)
		errx(EXIT_USAGE, "cannot read the table of renames %s: %s. Give another: --renames FILE",
		     path, strerror(errno));
	for (rest = renames->text; (line = strsep(&rest, "\n"));)
		add_rename(renames, line, path, ++number);
	return renames;
}

void renames_free(struct renames *renames)
{
	free(renames->rows);
	free(renames->text);
	free(renames);
}
