/* SPDX-License-Identifier: GPL-2.0-only */
/* The guests of a run: one or more for most topics, and one more where topics ask for it. */
#ifndef PINCHECK_VM_GUESTS_H
#define PINCHECK_VM_GUESTS_H

#include <stdbool.h>
#include <stddef.h>

struct dirent;
struct options;

/**
 * struct guest - one boot, for topics that can share it
 * @number: from 1
 * @own: its topics asked for a guest of their own
 * @part: 0 for the first of several guests that share the common topics
 * @needs: enum need, of the chosen topics together
 * @parameters: of the kernel, for these topics; "" where any kernel will do
 * @append: @parameters, and after them what --append says
 * @topics: names of the test programs
 * @title: names the topics, and the parameters of a guest of their own, for a person
 * @argv: command line of QEMU, or NULL before it is made
 * @results_before: top-level results of the guests before
 */
struct guest {
	unsigned int number;
	bool own;
	size_t part;
	unsigned int needs;
	char *parameters;
	char *append;
	char **topics;
	size_t topic_count;
	char *title;
	char **argv;
	unsigned int results_before;
};

/**
 * struct guests - of a run, one at least
 * @results: top-level results of all guests together
 */
struct guests {
	struct guest *guests;
	size_t count;
	unsigned int results;
};

/**
 * guests_plan() - read from the programs in @options->tests which topic needs which guest
 *
 * A topic that the filter leaves out is in the first guest, and only says so there.
 *
 * Return: 0 or -1, having complained
 */
int guests_plan(struct guests *guests, const struct options *options);
void guests_free(struct guests *guests);

/** guests_list_files() - sorted by name. Return: their number, or -1, having complained */
int guests_list_files(const char *directory, struct dirent ***entries);

/**
 * guests_is_program() - is the file @name of @directory a topic?
 *
 * An executable file is one; it may be a script. Other files are data of topics, and so is a program whose name
 * begins with a dot: the interpreter of a script.
 */
bool guests_is_program(const char *directory, const char *name);

/** guest_has_topic() - does @guest run the test program @name? */
bool guest_has_topic(const struct guest *guest, const char *name);

/** guest_options() - @options as they are for @guest: its needs and its kernel parameters */
struct options guest_options(const struct guest *guest, const struct options *options);

#endif
