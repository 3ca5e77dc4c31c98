// SPDX-License-Identifier: GPL-2.0-only
/* The guests of a run. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "guests.h"
#include "image.h"
#include "needs.h"
#include "options.h"
#include "qemu.h"
#include "util.h"

/*
 * Fewer topics than these are not worth a guest of their own: a boot takes as long as some twenty of
 * them.
 */
#define TOPICS_WORTH_A_GUEST	24

/* Top-level results of a guest beside its topics */
enum { RESULT_BOOT = 1, RESULT_CLEAN = 1 };

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static struct guest *add_guest(struct guests *guests, const struct options *options,
			       const struct needs *needs, size_t part)
{
	struct guest *guest;

	guests->guests = grow(guests->guests, guests->count, sizeof(*guests->guests));
	guest = &guests->guests[guests->count++];
	*guest = (struct guest){
		.number = (unsigned int)guests->count,
		.own = needs->own_guest,
		.part = part,
		.needs = needs->bits,
		.parameters = format_text("%s", needs->parameters),
		.append = format_text("%s%s%s", needs->parameters, *needs->parameters ? " " : "",
				      options->append),
	};
	return guest;
}

static bool guest_suits(const struct guest *guest, const struct needs *needs, size_t part)
{
	if (guest->own != needs->own_guest)
		return false;
	return guest->own ? guest->needs == needs->bits &&
			    !strcmp(guest->parameters, needs->parameters) : guest->part == part;
}

/* Topics share a guest of their own where they need the same, and a common one in any case. */
static struct guest *guest_for(struct guests *guests, const struct options *options,
			       const struct needs *needs, size_t part)
{
	for (size_t i = 0; i < guests->count; i++)
		if (guest_suits(&guests->guests[i], needs, part))
			return &guests->guests[i];
	return add_guest(guests, options, needs, part);
}

static int read_needs(const struct options *options, const char *name, struct needs *needs)
{
	char *program = format_text("%s/%s", options->tests, name);
	char word[64];
	int error = needs_read(program, needs, word, sizeof(word));

	if (!error && *needs->config && image_config_lacks(options, needs->config)) {
		needs->own_guest = false;
		*needs->parameters = '\0';
	}
	if (error)
		complain("%s needs '%s', which is no word of tools/vm/needs.c: correct its "
			 "TOPIC_NEEDS()", program, word);
	free(program);
	return error;
}

static void add_topic(struct guest *guest, const char *name, unsigned int needs)
{
	guest->needs |= needs;
	guest->topics = grow(guest->topics, guest->topic_count, sizeof(*guest->topics));
	guest->topics[guest->topic_count++] = format_text("%s", name);
}

bool guests_is_program(const char *directory, const char *name)
{
	char *path = format_text("%s/%s", directory, name);
	struct stat status;
	bool is = *name != '.' && !stat(path, &status) && S_ISREG(status.st_mode) &&
		  (status.st_mode & 0111);

	free(path);
	return is;
}

static bool is_chosen(const struct options *options, const char *name)
{
	return topic_may_be_chosen(name, options->filter ?: "");
}

int guests_list_files(const char *directory, struct dirent ***entries)
{
	int count = scandir(directory, entries, NULL, by_name);

	if (count < 0)
		complain("cannot read %s: %s", directory, strerror(errno));
	return count;
}

/* Topics that are not chosen are listed with the common guest, if there is one. */
static struct guest *guest_of_others(struct guests *guests)
{
	for (size_t i = 0; i < guests->count; i++)
		if (!guests->guests[i].own)
			return &guests->guests[i];
	return &guests->guests[0];
}

static bool entry_is_topic(const struct options *options, const struct dirent *entry, bool chosen)
{
	return guests_is_program(options->tests, entry->d_name) &&
	       is_chosen(options, entry->d_name) == chosen;
}

/* Chosen topics that need no guest of their own. Return: -1, having complained of a topic's needs */
static long count_common(const struct options *options, struct dirent **entries, int count)
{
	long common = 0;

	for (int i = 0; i < count; i++) {
		struct needs needs;

		if (!entry_is_topic(options, entries[i], true))
			continue;
		if (read_needs(options, entries[i]->d_name, &needs))
			return -1;
		common += !needs.own_guest;
	}
	return common;
}

/*
 * How many guests share the common topics. Each gets a run of them, so their order stays. One more than
 * run at the same time: while other guests run, the parts are distributed more evenly.
 */
static long parts_of_common(const struct options *options, long common)
{
	long worth = common / TOPICS_WORTH_A_GUEST;
	long parts = options->guests > 1 ? options->guests + 1 : 1;

	return parts < worth ? parts : worth > 1 ? worth : 1;
}

static int add_chosen_topics(struct guests *guests, const struct options *options,
			     struct dirent **entries, int count)
{
	long common = count_common(options, entries, count), seen = 0;
	long parts = parts_of_common(options, common);

	for (int i = 0; i < count && common >= 0; i++) {
		const char *name = entries[i]->d_name;
		struct needs needs;
		size_t part;

		if (!entry_is_topic(options, entries[i], true) ||
		    read_needs(options, name, &needs))
			continue;
		part = needs.own_guest ? 0 : (size_t)(seen++ * parts / common);
		add_topic(guest_for(guests, options, &needs, part), name, needs.bits);
	}
	return common < 0 ? -1 : 0;
}

static int add_topics(struct guests *guests, const struct options *options)
{
	struct dirent **entries;
	int count = guests_list_files(options->tests, &entries);
	int error;

	if (count < 0)
		return -1;
	error = add_chosen_topics(guests, options, entries, count);
	if (!guests->count)
		add_guest(guests, options, &(struct needs){ 0 }, 0);
	for (int i = 0; i < count; i++) {
		if (entry_is_topic(options, entries[i], false))
			add_topic(guest_of_others(guests), entries[i]->d_name, 0);
		free(entries[i]);
	}
	free(entries);
	return error;
}

/* The common guest comes first, whatever the first topic is. */
static int by_ownership(const void *a, const void *b)
{
	const struct guest *left = a, *right = b;

	return left->own != right->own ? left->own - right->own :
	       (int)left->number - (int)right->number;
}

static char *title_of_part(const struct guest *guest)
{
	return format_text("%s to %s", guest->topics[0], guest->topics[guest->topic_count - 1]);
}

/* "numa (numa=fake=2)" */
static char *title_of_own(const struct guest *guest)
{
	char *title = format_text("%s", "");

	for (size_t i = 0; i < guest->topic_count; i++) {
		char *longer = format_text("%s%s%s", title, i ? " " : "", guest->topics[i]);

		free(title);
		title = longer;
	}
	if (*guest->parameters) {
		char *longer = format_text("%s (%s)", title, guest->parameters);

		free(title);
		title = longer;
	}
	return title;
}

int guests_plan(struct guests *guests, const struct options *options)
{
	unsigned int others = RESULT_BOOT + !!options->module + RESULT_CLEAN;
	const struct needs of_shell = {
		.bits = NEED_FILE_SYSTEMS | NEED_PMEM | (options->share ? NEED_SHARE : 0),
	};

	*guests = (struct guests){ 0 };
	if (options->shell) {
		add_guest(guests, options, &of_shell, 0);
		return 0;
	}
	if (add_topics(guests, options))
		return -1;
	if (!guests->guests[0].topic_count) {
		complain("%s has no executable file. Build the tests: make", options->tests);
		return -1;
	}
	qsort(guests->guests, guests->count, sizeof(*guests->guests), by_ownership);
	for (size_t i = 0; i < guests->count; i++) {
		guests->guests[i].number = (unsigned int)i + 1;
		guests->guests[i].title = guests->guests[i].own ?
			title_of_own(&guests->guests[i]) : title_of_part(&guests->guests[i]);
		guests->guests[i].results_before = guests->results;
		guests->results += others + (unsigned int)guests->guests[i].topic_count;
	}
	return 0;
}

void guests_free(struct guests *guests)
{
	for (size_t i = 0; i < guests->count; i++) {
		struct guest *guest = &guests->guests[i];

		for (size_t j = 0; j < guest->topic_count; j++)
			free(guest->topics[j]);
		free(guest->topics);
		free(guest->parameters);
		free(guest->append);
		free(guest->title);
		qemu_argv_free(guest->argv);
	}
	free(guests->guests);
}

struct options guest_options(const struct guest *guest, const struct options *options)
{
	struct options own = *options;

	own.needs = guest->needs;
	own.append = guest->append;
	return own;
}

bool guest_has_topic(const struct guest *guest, const char *name)
{
	for (size_t i = 0; i < guest->topic_count; i++)
		if (!strcmp(guest->topics[i], name))
			return true;
	return false;
}
