// SPDX-License-Identifier: GPL-2.0-only
/* pincheck model: which reuse model does the running kernel follow? */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "tools/lib/cause.h"
#include "tools/lib/pincheck.h"
#include "tools/pincheck/columns.h"
#include "tools/pincheck/experiment.h"
#include "tools/pincheck/pincheck.h"

#define ALL_MODELS	(PINCHECK_MODEL_MAPCOUNT | PINCHECK_MODEL_REFCOUNT | \
			 PINCHECK_MODEL_EXCLUSIVE | PINCHECK_MODEL_LARGE | PINCHECK_MODEL_LABELS)

/**
 * struct model - the arguments and the results
 * @kinds: names of kinds of memory with commas between them; NULL: all kinds
 * @seen: the table of experiments
 * @follows: the table of conclusions
 * @unexplained: a kind follows no known model, or no experiment could be made
 */
struct model {
	struct output output;
	const char *kinds;
	struct table *seen;
	struct table *follows;
	bool unexplained;
};

/**
 * struct conclusion - from all experiments with one kind of memory
 * @predicted: PINCHECK_MODEL_* that predicted an experiment
 * @wrong: PINCHECK_MODEL_* that predicted one wrongly
 * @silent: PINCHECK_MODEL_* that did not predict one
 */
struct conclusion {
	size_t experiments;
	__u32 predicted;
	__u32 wrong;
	__u32 silent;
};

enum seen_column {
	MEMORY, SITUATION, OBSERVED, RIGHT, WRONG, SILENT, FAULTS, PFN, AFTER, REFCOUNT, MAPCOUNT,
	PINS, WHAT, SEEN_COLUMNS
};

static const struct column seen_columns[SEEN_COLUMNS] = {
	[MEMORY]	= { "MEMORY", CELL_TEXT, false, "kind of memory" },
	[SITUATION]	= { "SITUATION", CELL_TEXT, false, "of the page before the write" },
	[OBSERVED]	= { "OBSERVED", CELL_TEXT, false, "what the write did: reuse or copy" },
	[RIGHT]		= { "RIGHT", CELL_TEXT, false, "models that predicted this" },
	[WRONG]		= { "WRONG", CELL_TEXT, false, "models that predicted the contrary" },
	[SILENT]	= { "SILENT", CELL_TEXT, true, "models that predicted nothing" },
	[FAULTS]	= { "FAULTS", CELL_NUMBER, true,
			    "page faults of the write; 0: the page was writable again before" },
	[PFN]		= { "PFN", CELL_HEX, true, "page frame number before the write" },
	[AFTER]		= { "AFTER", CELL_HEX, true, "page frame number after the write" },
	[REFCOUNT]	= { "REFCOUNT", CELL_NUMBER, true, "references on the folio before the write" },
	[MAPCOUNT]	= { "MAPCOUNT", CELL_NUMBER, true, "mappings of the page before the write" },
	[PINS]		= { "PINS", CELL_NUMBER, true, "pins of the folio before the write" },
	[WHAT]		= { "WHAT", CELL_TEXT, true, "the situation in words" },
};

enum follows_column { KIND, FOLLOWS, UNREFUTED, REFUTED, EXPERIMENTS, REASON, FOLLOWS_COLUMNS };

static const struct column follows_columns[FOLLOWS_COLUMNS] = {
	[KIND]		= { "MEMORY", CELL_TEXT, false, "kind of memory" },
	[FOLLOWS]	= { "FOLLOWS", CELL_TEXT, false, "models that predicted all experiments rightly" },
	[UNREFUTED]	= { "NOT-REFUTED", CELL_TEXT, false, "models that predicted some, all of them rightly" },
	[REFUTED]	= { "REFUTED", CELL_TEXT, false, "models that predicted one wrongly" },
	[EXPERIMENTS]	= { "EXPERIMENTS", CELL_NUMBER, false, "number of experiments" },
	[REASON]	= { "NOT-TRIED", CELL_TEXT, false, "why there are none, and what mends that" },
};

static void set_models(struct table *table, size_t column, __u32 models)
{
	char text[64];

	if (models)
		table_set(table, column, "%s", model_names(models, text, sizeof(text)));
}

static void add_experiment(struct model *model, const struct usermem_kind *kind,
			   const struct experiment *experiment, struct conclusion *conclusion)
{
	const struct pincheck_report *report = &experiment->report;
	bool reused = experiment_reused(experiment);
	__u32 right = (reused ? report->reuse : ~report->reuse) & report->reuse_known;
	__u32 wrong = report->reuse_known & ~right, silent = ALL_MODELS & ~report->reuse_known;
	struct table *table = model->seen;

	conclusion->experiments++;
	conclusion->predicted |= report->reuse_known;
	conclusion->wrong |= wrong;
	conclusion->silent |= silent;
	table_row(table);
	table_set(table, MEMORY, "%s", kind->name);
	table_set(table, SITUATION, "%s", experiment->situation->name);
	table_set(table, OBSERVED, reused ? "reuse" : "copy");
	set_models(table, RIGHT, right);
	set_models(table, WRONG, wrong);
	set_models(table, SILENT, silent);
	table_set(table, FAULTS, "%ld", experiment->faults);
	table_set(table, PFN, "%#llx", report->pfn);
	table_set(table, AFTER, "%#llx", experiment->after);
	table_set(table, REFCOUNT, "%d", report->refcount);
	if (report->present & PINCHECK_REPORT_MAPCOUNT)
		table_set(table, MAPCOUNT, "%d", report->page_mapcount);
	table_set(table, PINS, "%d", report->pins);
	table_set(table, WHAT, "%s", experiment->situation->what);
}

/* The kernel follows a model that was right each time, and may follow one that was silent at times. */
static void add_conclusion(struct model *model, const struct usermem_kind *kind,
		     const struct conclusion *conclusion)
{
	__u32 unrefuted = ALL_MODELS & ~conclusion->wrong;

	table_row(model->follows);
	table_set(model->follows, KIND, "%s", kind->name);
	set_models(model->follows, FOLLOWS, unrefuted & ~conclusion->silent);
	set_models(model->follows, UNREFUTED, unrefuted & conclusion->silent & conclusion->predicted);
	set_models(model->follows, REFUTED, conclusion->wrong);
	table_set(model->follows, EXPERIMENTS, "%zu", conclusion->experiments);
	if (!(unrefuted & ~conclusion->silent))
		model->unexplained = true;
}

static void add_untried(struct model *model, const struct usermem_kind *kind,
		      const struct experiment *experiment, int error)
{
	table_row(model->follows);
	table_set(model->follows, KIND, "%s", kind->name);
	table_set(model->follows, EXPERIMENTS, "0");
	if (error == -EOPNOTSUPP)
		table_set(model->follows, REASON, "%s", experiment->memory.wrong);
	else
		table_set(model->follows, REASON, "%s: %s", experiment->memory.wrong, usermem_mend(kind));
}

/* Return: 0, or a negative errno: an experiment failed, and an error was printed. */
static int try_kind(struct model *model, const struct usermem_kind *kind)
{
	struct conclusion conclusion = { 0 };
	struct experiment experiment;
	const struct situation *rows;
	size_t count;
	int error;

	rows = situations(&count);
	for (size_t i = 0; i < USERMEM_KINDS; i++) {
		if ((kind->traits & rows[i].needs) != rows[i].needs)
			continue;
		error = experiment_run(&experiment, &rows[i], kind);
		if (error && experiment.memory.wrong && !conclusion.experiments) {
			add_untried(model, kind, &experiment, error);
			return 0;
		}
		if (error) {
			fprintf(stderr, "pincheck: experiment %s with %s memory failed: %s. Repeat "
				"it: pincheck model --memory %s\n", rows[i].name, kind->name,
				cause_of(error), kind->name);
			return error;
		}
		add_experiment(model, kind, &experiment, &conclusion);
	}
	add_conclusion(model, kind, &conclusion);
	return 0;
}

static bool is_chosen(const struct model *model, const struct usermem_kind *kind)
{
	const char *names = model->kinds;
	size_t length = strlen(kind->name);

	if (!names)
		return true;
	for (; names; names = strchr(names, ','), names = names ? names + 1 : NULL) {
		if (strcspn(names, ",") == length && !strncmp(names, kind->name, length))
			return true;
	}
	return false;
}

/* The LRU batches of this CPU then have only pages of these experiments. */
static void stay_on_one_cpu(void)
{
	int cpu = sched_getcpu();
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu < 0 ? 0 : cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

static int print_results(const struct model *model)
{
	struct utsname kernel;
	json_t *root;

	if (!model->output.json) {
		int error = table_print(model->seen);

		/* A program that reads raw words expects one table. */
		if (error || model->output.raw)
			return error;
		putchar('\n');
		return table_print(model->follows);
	}
	uname(&kernel);
	root = json_object();
	json_object_set_new(root, "kernel", json_string(kernel.release));
	json_object_set_new(root, "experiments", table_json(model->seen));
	json_object_set_new(root, "follows", table_json(model->follows));
	return table_print_json(model->seen, root);
}

static error_t parse_model(int key, char *argument, struct argp_state *state)
{
	struct model *model = state->input;

	switch (key) {
	case 'm':
		model->kinds = argument;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
	{ "memory", 'm', "KINDS", 0, "try only these kinds: names with commas between them", 0 },
	{ 0 }
};

/* Return: false, after printing an error, if --memory names no kind. */
static bool is_any_chosen(const struct model *model)
{
	for (size_t i = 0; i < USERMEM_KINDS; i++) {
		if (is_chosen(model, &usermem_kinds[i]))
			return true;
	}
	fprintf(stderr, "pincheck: no kind of memory is named '%s'. Choose from:", model->kinds);
	for (size_t i = 0; i < USERMEM_KINDS; i++)
		fprintf(stderr, " %s", usermem_kinds[i].name);
	fputc('\n', stderr);
	return false;
}

static const struct columns seen_table = { "experiments", seen_columns, SEEN_COLUMNS };
static const struct columns follows_table = { "follows", follows_columns, FOLLOWS_COLUMNS };

static int try_kinds(struct model *model)
{
	/* -o chooses columns of the experiments only. */
	const struct output plain = { .json = model->output.json };
	int error = 0;

	model->follows = table_new(&plain, &follows_table);
	stay_on_one_cpu();
	for (size_t i = 0; !error && i < USERMEM_KINDS; i++) {
		if (is_chosen(model, &usermem_kinds[i]))
			error = try_kind(model, &usermem_kinds[i]);
	}
	if (!error)
		error = print_results(model);
	table_free(model->follows);
	return error;
}

static int run_model(void *input, struct table *table)
{
	struct model *model = input;
	int session;

	model->seen = table;
	if (!is_any_chosen(model))
		return EXIT_USAGE;
	session = open_session();
	if (session < 0)
		return EXIT_USAGE;
	close(session);
	if (try_kinds(model))
		return EXIT_USAGE;
	return model->unexplained || !table_rows(table) ? EXIT_BROKEN : EXIT_KEPT;
}

int model_command(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_model,
		.doc = "Which reuse model does this kernel follow when it decides whether a write fault "
		       "reuses a page or copies it? For each kind of memory a page is brought into "
		       "situations in which the models disagree, and is written. Exit 0 if each kind "
		       "that was tried follows a known model, else 1.",
	};
	struct model model = { 0 };
	const struct table_command command = {
		.argp = &argp, .input = &model, .output = &model.output, .columns = &seen_table,
		.more = &follows_table, .run = run_model,
	};

	return table_command(&command, argc, argv);
}
