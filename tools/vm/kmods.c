// SPDX-License-Identifier: GPL-2.0-only
/* Which kernel modules the guest needs, in load order, with all they depend on. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "disks.h"
#include "initramfs.h"
#include "kmods.h"
#include "options.h"
#include "protocol.h"
#include "util.h"

#define MAX_CHOSEN	64
#define MAX_NESTING	16

/**
 * struct wanted - a module the suite asks for
 * @parameters: NULL for those of the RAM disks, which depend on the size of the swap
 * @late: loaded before TOPIC_FILE_SYSTEMS only
 */
struct wanted {
	const char *name;
	const char *parameters;
	const char *why;
	bool late;
};

static const struct wanted wanted[] = {
	{ "zram", "num_devices=1", "swap", false },
	{ "brd", NULL, "swap where there is no zram, and file systems", false },
	/* The default of eight devices costs time at boot. */
	{ "loop", "max_loop=1", "swap that is not synchronous", false },
	{ "ext4", "", "tests of it", false },
	{ "xfs", "", "tests of it", true },
	{ "btrfs", "", "tests of it", true },
	{ "overlay", "", "tests of it", true },
	{ "fuse", "", "memory that never comes", false },
};

/**
 * struct index - the text files depmod(8) left in @directory
 */
struct index {
	const char *directory;
	char *dependencies;
	char *builtin;
	char *soft;
	char *aliases;
};

struct chosen {
	char *path;
	const char *parameters;
};

struct plan {
	const struct index *index;
	struct chosen chosen[MAX_CHOSEN];
	unsigned int count;
	unsigned int early;
};

/* "kernel/fs/ext4/ext4.ko.xz" is the module "ext4"; '-' and '_' are the same in module names. */
static bool is_module(const char *path, size_t length, const char *name)
{
	const char *base = path;

	for (const char *at = path; at < path + length; at++)
		if (*at == '/')
			base = at + 1;
	for (; base < path + length && *name; base++, name++)
		if (*base != *name && !(strchr("-_", *base) && strchr("-_", *name)))
			return false;
	return !*name && path + length - base >= 3 && !strncmp(base, ".ko", 3);
}

static const char *next_line(const char *line)
{
	const char *newline = strchr(line, '\n');

	return newline ? newline + 1 : line + strlen(line);
}

/* The line "path: dependencies" of modules.dep, or NULL */
static const char *find_dependencies(const struct index *index, const char *name)
{
	for (const char *line = index->dependencies; *line; line = next_line(line))
		if (is_module(line, strcspn(line, ":\n"), name))
			return line;
	return NULL;
}

static bool is_builtin(const struct index *index, const char *name)
{
	for (const char *line = index->builtin; *line; line = next_line(line))
		if (is_module(line, strcspn(line, "\n"), name))
			return true;
	return false;
}

static bool choose(struct plan *plan, const char *path, size_t length, const char *parameters)
{
	for (unsigned int i = 0; i < plan->count; i++)
		if (strlen(plan->chosen[i].path) == length &&
		    !strncmp(plan->chosen[i].path, path, length))
			return true;
	if (plan->count == MAX_CHOSEN)
		return false;
	plan->chosen[plan->count].path = format_text("%.*s", (int)length, path);
	plan->chosen[plan->count].parameters = parameters;
	plan->count++;
	return true;
}

static bool add_module(struct plan *plan, const char *name, const char *parameters,
		       unsigned int nesting);

/* An alias in modules.softdep ("crypto-crc32c") stands for every module that offers it. */
static void add_alias(struct plan *plan, const char *alias, unsigned int nesting)
{
	size_t length = strlen(alias);

	if (add_module(plan, alias, "", nesting))
		return;
	for (const char *line = plan->index->aliases; *line; line = next_line(line)) {
		char module[128];

		if (strncmp(line, "alias ", 6) || strncmp(line + 6, alias, length) ||
		    line[6 + length] != ' ')
			continue;
		if (sscanf(line + 6 + length, "%127s", module) == 1)
			add_module(plan, module, "", nesting);
	}
}

/* "softdep ext4 pre: crypto-crc32c post: ..." */
static void add_soft(struct plan *plan, const char *name, unsigned int nesting)
{
	size_t length = strlen(name);

	for (const char *line = plan->index->soft; *line; line = next_line(line)) {
		char *words, *word, *rest;
		bool before = false;

		if (strncmp(line, "softdep ", 8) || strncmp(line + 8, name, length) ||
		    line[8 + length] != ' ')
			continue;
		words = format_text("%.*s", (int)strcspn(line + 8 + length, "\n"), line + 8 + length);
		for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
			if (word[strlen(word) - 1] == ':')
				before = !strcmp(word, "pre:");
			else if (before)
				add_alias(plan, word, nesting + 1);
		}
		free(words);
	}
}

/* depmod lists dependencies outermost first, so they load from the last to the first. */
static bool add_module(struct plan *plan, const char *name, const char *parameters,
		       unsigned int nesting)
{
	const char *line = find_dependencies(plan->index, name);
	const char *dependencies, *end;
	size_t path_length;

	if (nesting > MAX_NESTING || is_builtin(plan->index, name))
		return true;
	if (!line)
		return false;
	add_soft(plan, name, nesting);
	path_length = strcspn(line, ":\n");
	dependencies = line + path_length + 1;
	end = dependencies + strcspn(dependencies, "\n");
	while (end > dependencies) {
		const char *begin = end;

		while (begin > dependencies && begin[-1] != ' ')
			begin--;
		if (end > begin && !choose(plan, begin, (size_t)(end - begin), ""))
			return false;
		end = begin > dependencies ? begin - 1 : begin;
	}
	return choose(plan, line, path_length, parameters);
}

char *kmods_unpack(const char *path, size_t *length)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	char *bytes = NULL;
	size_t used = 0;
	la_ssize_t got = -1;

	archive_read_support_filter_all(archive);
	archive_read_support_format_raw(archive);
	if (archive_read_open_filename(archive, path, 65536) != ARCHIVE_OK ||
	    archive_read_next_header(archive, &entry) != ARCHIVE_OK)
		goto out;
	do {
		char *bigger = realloc(bytes, used + 262144);

		if (!bigger)
			goto out;
		bytes = bigger;
		got = archive_read_data(archive, bytes + used, 262144);
		used += got > 0 ? (size_t)got : 0;
	} while (got > 0);
out:
	if (got < 0) {
		complain("cannot read %s: %s", path, archive_error_string(archive));
		free(bytes);
		bytes = NULL;
	}
	archive_read_free(archive);
	*length = used;
	return bytes;
}

/* Modules @first to @end, in load order, and the list of them */
static int pack(struct initramfs *initramfs, const struct plan *plan, unsigned int first,
		unsigned int end, const char *list_name)
{
	char *list = format_text("%s", "");
	int error = 0;

	for (unsigned int i = first; i < end && !error; i++) {
		const struct chosen *chosen = &plan->chosen[i];
		char *host = format_text("%s/%s", plan->index->directory, chosen->path);
		char *guest = format_text("%s/%02u.ko", GUEST_KMOD_DIR, i);
		char *longer = format_text("%s%s %s\n", list, guest, chosen->parameters);
		size_t length;
		char *bytes = kmods_unpack(host, &length);

		error = bytes ? initramfs_bytes(initramfs, guest, 0644, bytes, length) : -1;
		free(bytes);
		free(host);
		free(guest);
		free(list);
		list = longer;
	}
	if (!error)
		error = initramfs_text(initramfs, list_name, list);
	free(list);
	return error;
}

static char *read_index(const char *directory, const char *name, bool required)
{
	char *path = format_text("%s/%s", directory, name);
	char *text = read_file(path, NULL);

	if (!text && !required)
		text = format_text("%s", "");
	if (!text)
		complain("cannot read %s: %s. Make it: depmod -b DIRECTORY-ABOVE-LIB RELEASE", path,
			 strerror(errno));
	free(path);
	return text;
}

static void choose_wanted(struct plan *plan, const char *disk_parameters, bool late)
{
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const char *parameters = wanted[i].parameters ?: disk_parameters;

		if (wanted[i].late == late && !add_module(plan, wanted[i].name, parameters, 0))
			complain("this kernel has no %s (for %s): tests that need it will skip",
				 wanted[i].name, wanted[i].why);
	}
}

int kmods_pack(struct initramfs *initramfs, const struct options *options)
{
	struct index index = { .directory = options->modules };
	struct plan plan = { .index = &index };
	char *disk_parameters;
	int error = -1;

	if (!options->modules)
		return 0;
	disk_parameters = disks_parameters(options, "");
	index.dependencies = read_index(options->modules, "modules.dep", true);
	index.builtin = read_index(options->modules, "modules.builtin", true);
	index.soft = read_index(options->modules, "modules.softdep", false);
	index.aliases = read_index(options->modules, "modules.alias", false);
	if (index.dependencies && index.builtin) {
		choose_wanted(&plan, disk_parameters, false);
		plan.early = plan.count;
		choose_wanted(&plan, disk_parameters, true);
		error = pack(initramfs, &plan, 0, plan.early, GUEST_KMODS) ?:
			pack(initramfs, &plan, plan.early, plan.count, GUEST_KMODS_LATE);
	}
	for (unsigned int i = 0; i < plan.count; i++)
		free(plan.chosen[i].path);
	free(disk_parameters);
	free(index.dependencies);
	free(index.builtin);
	free(index.soft);
	free(index.aliases);
	return error;
}
