// SPDX-License-Identifier: GPL-2.0-only
/*
 * The results that a boot sends when it comes to its end: what guest/run.c, topics.c and clean.c report.
 * A lab that knows the list misses the results of a machine that stopped half-way.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guests.h"
#include "needs.h"
#include "options.h"
#include "pack_expected.h"
#include "protocol.h"
#include "util.h"

#define EXIT_SKIP	4	/* KSFT_SKIP: of a program with no case to list */

/**
 * struct listing - names on their way into the list
 * @suffix: of the runner's results: "" in the first boot, "_2" in the second
 * @scopes: the parts whose kernel messages "clean" judges, a line each
 */
struct listing {
	FILE *to;
	long count;
	char suffix[16];
	FILE *scopes;
};

static void list_name(struct listing *listing, const char *name, const char *suffix)
{
	fprintf(listing->to, "%s%s\n", name, suffix);
	listing->count++;
}

static void list_scope(struct listing *listing, const char *name, const char *suffix)
{
	fprintf(listing->scopes, "%s%s\n", name, suffix);
}

/* The standard output of `@program -l`. Return: NULL if there is no such process */
static FILE *open_list(const char *program, pid_t *pid)
{
	int output[2];

	if (pipe(output))
		return NULL;
	*pid = fork();
	if (!*pid) {
		dup2(output[1], STDOUT_FILENO);
		close(output[0]);
		close(output[1]);
		execl(program, program, "-l", (char *)NULL);
		_exit(127);
	}
	close(output[1]);
	return *pid < 0 ? NULL : fdopen(output[0], "r");
}

/* Return: 0, or -1 if the program does not list its cases here */
static int list_cases(struct listing *listing, const char *program)
{
	char name[256];
	int status = -1;
	pid_t pid;
	FILE *from = open_list(program, &pid);

	if (!from)
		return -1;
	while (fgets(name, sizeof(name), from)) {
		name[strcspn(name, "\n")] = '\0';
		list_name(listing, name, "");
	}
	fclose(from);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == EXIT_SKIP) ? 0 : -1;
}

static int list_topic(struct listing *listing, const struct options *options, const char *topic)
{
	char *program = format_text("%s/%s", options->tests, topic);
	int error = 0;

	if (topic_may_be_chosen(topic, options->filter ?: "")) {
		error = list_cases(listing, program);
		list_scope(listing, topic, "");
	}
	if (error)
		complain("%s lists no cases on this machine: there is no list of the results", program);
	list_name(listing, topic, "");
	free(program);
	return error;
}

/* The subtests of "clean" */
static void list_clean(struct listing *listing, bool has_module, const char *scopes)
{
	list_name(listing, "pins", "");
	if (has_module)
		list_name(listing, "rmmod", "");
	for (const char *at = scopes; *at; at += strcspn(at, "\n") + 1) {
		char *name = format_text(SPLAT_PREFIX "%.*s", (int)strcspn(at, "\n"), at);

		list_name(listing, name, "");
		free(name);
	}
	list_name(listing, "clean", listing->suffix);
}

static int by_topic(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* /init runs topics in the order of their names. */
static int list_topics(struct listing *listing, const struct options *options, const struct guest *guest)
{
	qsort(guest->topics, guest->topic_count, sizeof(*guest->topics), by_topic);
	for (size_t i = 0; i < guest->topic_count; i++)
		if (list_topic(listing, options, guest->topics[i]))
			return -1;
	return 0;
}

long pack_expected(const struct options *options, const struct guest *guest, FILE *to)
{
	struct listing listing = { .to = to };
	char *scopes = NULL;
	size_t length;
	int error;

	setenv(ENV_FILTER, options->filter ?: "", 1);
	if (guest->number > 1)
		snprintf(listing.suffix, sizeof(listing.suffix), "_%u", guest->number);
	listing.scopes = open_memstream(&scopes, &length);
	list_name(&listing, "boot", listing.suffix);
	list_scope(&listing, "boot", listing.suffix);
	if (options->module) {
		list_name(&listing, "insmod", listing.suffix);
		list_scope(&listing, "insmod", listing.suffix);
	}
	error = list_topics(&listing, options, guest);
	if (options->module)
		list_scope(&listing, "rmmod", listing.suffix);
	fclose(listing.scopes);
	list_clean(&listing, options->module, scopes);
	free(scopes);
	return error ? -1 : listing.count;
}
