// SPDX-License-Identifier: GPL-2.0-only
/* Read the script of a topic. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../lib/array.h"
#include "plan.h"

#define RUN_SECONDS	600
#define KSFT_SKIP	4

/* Knobs stand in front of the run that they are for. */
struct reading {
	struct plan *plan;
	struct plan_knob knobs[4];
	size_t knob_count;
};

static int copy_word(char *into, size_t size, const char *word)
{
	if (!word || strlen(word) >= size)
		return -EINVAL;
	snprintf(into, size, "%s", strcmp(word, "-") ? word : "");
	return 0;
}

static struct plan_run *add_run(struct reading *reading)
{
	struct plan *plan = reading->plan;
	struct plan_run *grown = realloc(plan->runs, (plan->run_count + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	plan->runs = grown;
	grown = &plan->runs[plan->run_count++];
	memset(grown, 0, sizeof(*grown));
	memcpy(grown->knobs, reading->knobs, sizeof(grown->knobs));
	grown->knob_count = reading->knob_count;
	reading->knob_count = 0;
	return grown;
}

/* "run VARIANT WHERE USER PROGRAM ARGUMENT..." */
static int read_run(struct reading *reading, char *rest)
{
	struct plan_run *run = add_run(reading);

	if (!run)
		return -ENOMEM;
	if (copy_word(run->variant, sizeof(run->variant), strsep(&rest, " ")) ||
	    copy_word(run->where, sizeof(run->where), strsep(&rest, " ")) ||
	    copy_word(run->user, sizeof(run->user), strsep(&rest, " ")) || !rest || !*rest ||
	    strlen(rest) >= sizeof(run->text))
		return -EINVAL;
	strcpy(run->text, rest);
	return 0;
}

/* "insert VARIANT MODULE PARAMETER=VALUE..." */
static int read_insert(struct reading *reading, char *rest)
{
	struct plan_run *run = add_run(reading);

	if (!run)
		return -ENOMEM;
	if (copy_word(run->variant, sizeof(run->variant), strsep(&rest, " ")) ||
	    copy_word(run->module, sizeof(run->module), strsep(&rest, " ")) || !*run->module)
		return -EINVAL;
	return copy_word(run->parameters, sizeof(run->parameters), rest ?: "");
}

/* "knob PATH VALUE" */
static int read_knob(struct reading *reading, char *rest)
{
	struct plan_knob *knob = &reading->knobs[reading->knob_count];

	if (reading->knob_count == ARRAY_SIZE(reading->knobs) ||
	    copy_word(knob->path, sizeof(knob->path), strsep(&rest, " ")) ||
	    copy_word(knob->value, sizeof(knob->value), rest))
		return -EINVAL;
	reading->knob_count++;
	return 0;
}

/* "module NAME FILE" or "require NAME FILE" */
static int add_module(struct reading *reading, char *rest, bool required)
{
	struct plan *plan = reading->plan;
	struct plan_module *module = &plan->modules[plan->module_count];

	if (plan->module_count == ARRAY_SIZE(plan->modules) ||
	    copy_word(module->name, sizeof(module->name), strsep(&rest, " ")) ||
	    copy_word(module->present, sizeof(module->present), rest))
		return -EINVAL;
	module->required = required;
	plan->module_count++;
	return 0;
}

static int read_module(struct reading *reading, char *rest)
{
	return add_module(reading, rest, false);
}

static int read_require(struct reading *reading, char *rest)
{
	return add_module(reading, rest, true);
}

static int read_lacks(struct reading *reading, char *rest)
{
	return copy_word(reading->plan->lacks, sizeof(reading->plan->lacks), rest);
}

static int read_slow(struct reading *reading, char *rest)
{
	return copy_word(reading->plan->slow, sizeof(reading->plan->slow), rest);
}

/* "from VERSION FEATURE" */
static int read_from(struct reading *reading, char *rest)
{
	struct plan *plan = reading->plan;

	if (copy_word(plan->from, sizeof(plan->from), strsep(&rest, " ")))
		return -EINVAL;
	return copy_word(plan->feature, sizeof(plan->feature), rest);
}

static int read_seconds(struct reading *reading, char *rest)
{
	reading->plan->seconds = atol(rest);
	return reading->plan->seconds > 0 ? 0 : -EINVAL;
}

/* "skip STATUS": liburing has 77, LTP has 32 */
static int read_skip(struct reading *reading, char *rest)
{
	reading->plan->skip_code = atoi(rest);
	return reading->plan->skip_code > 0 ? 0 : -EINVAL;
}

static int read_silent(struct reading *reading, char *rest)
{
	return copy_word(reading->plan->silent, sizeof(reading->plan->silent), rest);
}

/* "output ltp" */
static int read_output(struct reading *reading, char *rest)
{
	reading->plan->ltp = !strcmp(rest, "ltp");
	return reading->plan->ltp ? 0 : -EINVAL;
}

/* The last element of @list stays NULL. */
static int add_word(char **list, size_t size, const char *word)
{
	for (size_t i = 0; i + 1 < size; i++) {
		if (list[i])
			continue;
		list[i] = strdup(word);
		return list[i] ? 0 : -ENOMEM;
	}
	return -EINVAL;
}

/* "variable NAME=VALUE" */
static int read_variable(struct reading *reading, char *rest)
{
	if (!strchr(rest, '='))
		return -EINVAL;
	return add_word(reading->plan->variables, ARRAY_SIZE(reading->plan->variables), rest);
}

static int read_helper(struct reading *reading, char *rest)
{
	return add_word(reading->plan->helpers, ARRAY_SIZE(reading->plan->helpers), rest);
}

/* "patience -l 1200" */
static int read_patience(struct reading *reading, char *rest)
{
	struct plan *plan = reading->plan;
	const char *word;
	int error = 0;

	while (!error && (word = strsep(&rest, " ")))
		error = add_word(plan->patience, ARRAY_SIZE(plan->patience), word);
	return error;
}

/* For pincheck-vm, see tools/vm/needs.h */
static int read_script_needs(struct reading *reading, char *rest)
{
	(void)reading;
	(void)rest;
	return 0;
}

static const struct {
	const char *word;
	int (*read)(struct reading *reading, char *rest);
} lines[] = {
	{ "run", read_run },
	{ "insert", read_insert },
	{ "knob", read_knob },
	{ "module", read_module },
	{ "require", read_require },
	{ "lacks", read_lacks },
	{ "slow", read_slow },
	{ "patience", read_patience },
	{ "from", read_from },
	{ "seconds", read_seconds },
	{ "skip", read_skip },
	{ "silent", read_silent },
	{ "output", read_output },
	{ "variable", read_variable },
	{ "helper", read_helper },
	{ "needs", read_script_needs },
};

static int read_plan_line(struct reading *reading, char *line)
{
	char *rest = line;
	const char *word;

	line[strcspn(line, "\n")] = '\0';
	if (!*line || *line == '#')
		return 0;
	word = strsep(&rest, " ");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (!strcmp(word, lines[i].word))
			return rest ? lines[i].read(reading, rest) : -EINVAL;
	return -EINVAL;
}

/* The runs no longer move in memory: their words can be found. */
static int split_words(struct plan *plan)
{
	for (size_t i = 0; i < plan->run_count; i++) {
		struct plan_run *run = &plan->runs[i];
		char *rest = run->text, *word;
		size_t count = 0;

		while ((word = strsep(&rest, " "))) {
			if (!*word)
				continue;
			if (count == PLAN_WORDS - 1)
				return -EINVAL;
			run->words[count++] = word;
		}
	}
	return 0;
}

int plan_read(struct plan *plan, const char *path, unsigned int *line)
{
	const char *slash = strrchr(path, '/');
	struct reading reading = { .plan = plan };
	FILE *script = fopen(path, "re");
	char text[1024];
	int error = 0;

	*plan = (struct plan){ .seconds = RUN_SECONDS, .skip_code = KSFT_SKIP };
	*line = 0;
	if (!script)
		return -errno;
	error = copy_word(plan->topic, sizeof(plan->topic), slash ? slash + 1 : path);
	while (!error && fgets(text, sizeof(text), script)) {
		++*line;
		error = read_plan_line(&reading, text);
	}
	fclose(script);
	return error ?: split_words(plan);
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; plan->variables[i]; i++)
		free(plan->variables[i]);
	for (size_t i = 0; plan->helpers[i]; i++)
		free(plan->helpers[i]);
	for (size_t i = 0; plan->patience[i]; i++)
		free(plan->patience[i]);
	free(plan->runs);
	plan->runs = NULL;
	plan->run_count = 0;
}
