// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_cli: `pincheck model` finds out which reuse model this kernel follows: the one that it is
 * known to follow.
 */
#include "suite.h"
#include "command.h"
#include "knob_journal.h"
#include "stage.h"

FIXTURE(model_cli)
{
	struct stage stage;
	struct command command;
};

FIXTURE_SETUP(model_cli)
{

	SUITE_NEEDS(NEEDS_UNIX);
	ASSERT_STAGE_OPEN(&self->stage);
}

STAGE_TEARDOWN(model_cli)

/* The model that this kernel is known to follow: the same rule as in model_holds.c. */
static const char *known_model(const char *memory, const struct pincheck_report *report)
{
	bool small = !strcmp(memory, "base") || !strcmp(memory, "swapped");
	bool by_pmd = !strcmp(memory, "thp");

	if (!strcmp(memory, "hugetlb"))
		return "mapcount";
	if (!(report->flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE))
		return by_pmd ? "mapcount" : "refcount";
	if (small || by_pmd || !(report->flags_known & PINCHECK_PAGE_MAPPED_SHARED))
		return "exclusive";
	return "large";
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (; words; words = strchr(words, ','), words = words ? words + 1 : NULL) {
		if (!strncmp(words, word, length) && (!words[length] || words[length] == ','))
			return true;
	}
	return false;
}

/* Return: the number of experiments with @memory that ended as @observed. */
static size_t count_outcomes(const json_t *experiments, const char *memory, const char *observed)
{
	const json_t *row;
	size_t i, count = 0;

	json_array_foreach(experiments, i, row) {
		bool moved = strcmp(text_of(row, "pfn"), text_of(row, "after"));

		if (!strcmp(text_of(row, "memory"), memory) &&
		    !strcmp(text_of(row, "observed"), observed) &&
		    moved == !strcmp(observed, "copy"))
			count++;
	}
	return count;
}

/*
 * REUSE. `pincheck model` finds the model that this kernel is known to follow, and its experiments
 * saw both pages that were reused and pages that were copied.
 */
CASE(model_cli, as_known, .rows = "B7 B8 B9 B12 B13 B22 R24 R61")
{
	struct pincheck_report report;
	size_t i, reused, copied;
	json_t *root;
	const json_t *row, *experiments;

	ASSERT_EQ(0, stage_report(&self->stage, self->stage.memory, &report));
	/* The kernel makes no such folios by default, and old kernels cannot. */
	knob_change(mthp_setting(), "madvise");
	knob_change(mthp_least_setting(), "madvise");
	knob_change(mthp_most_setting(), "madvise");
	ASSERT_EQ(0, RUN(&self->command, "model", "--json"));
	root = command_json(&self->command);
	EXPECT_EXIT(self, 0);
	ASSERT_NE(NULL, root);
	experiments = json_object_get(root, "experiments");
	EXPECT_LT(4, json_array_size(json_object_get(root, "follows")));
	json_array_foreach(json_object_get(root, "follows"), i, row) {
		const char *memory = text_of(row, "memory"), *known = known_model(memory, &report);

		evidence("memory=\"%s\" follows=\"%s\" not_refuted=\"%s\" refuted=\"%s\" not_tried=\"%s\"",
			 memory, text_of(row, "follows"), text_of(row, "not_refuted"),
			 text_of(row, "refuted"), text_of(row, "not_tried"));
		if (*text_of(row, "not_tried"))
			continue;
		reused = count_outcomes(experiments, memory, "reuse");
		copied = count_outcomes(experiments, memory, "copy");
		EXPECT_TRUE(has_word(text_of(row, "follows"), known)) TH_LOG("known: %s", known);
		EXPECT_LT(0, copied);
		EXPECT_EQ(reused + copied,
			  (size_t)json_integer_value(json_object_get(row, "experiments")));
	}
	json_decref(root);
}

PINCHECK_TEST_MAIN
