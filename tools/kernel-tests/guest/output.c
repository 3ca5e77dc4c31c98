// SPDX-License-Identifier: GPL-2.0-only
/* Reads the output of one run of a program. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "../../lib/array.h"
#include "ltp.h"
#include "output.h"

/**
 * struct output - what came so far
 * @results: of the program, @failed: those of them that count as failures
 * @skip: "1..0 # SKIP text"
 * @testing: the test that a line "Testing TEST... " began, "" outside
 * @last: the last line that says something
 * @problem: what is wrong with the stream, "" if nothing
 * @is_ltp: lines and exit status are those of LTP
 */
struct output {
	const struct output_ops *ops;
	void *context;
	struct ktap_reader *reader;
	unsigned int results;
	unsigned int failed;
	char skip[256];
	char testing[256];
	char last[256];
	char problem[256];
	bool is_ltp;
	struct ltp ltp;
	char line[4096];
	size_t length;
};

/* Points stay where they separate fixture, variant and test, so not in names that are sentences. */
void output_name(char *name)
{
	bool sentence = strchr(name, ' ');
	char *to = name;

	for (const char *from = name; *from; from++) {
		if (isalnum((unsigned char)*from) || (*from == '.' && !sentence))
			*to++ = (char)tolower((unsigned char)*from);
		else if (to > name && to[-1] != '_')
			*to++ = '_';
	}
	while (to > name && (to[-1] == '_' || to[-1] == '.'))
		to--;
	*to = '\0';
}

static void emit(struct output *output, enum ktap_outcome outcome, const char *name, const char *reason)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", name);
	output_name(text);
	output->results++;
	output->failed += ktap_is_failure(outcome);
	output->ops->result(output->context, outcome, *text ? text : "unnamed", reason);
	*output->last = '\0';
}

/* "(128 kB)", a size of huge pages, belongs to the name. */
static bool is_size(const char *text)
{
	text += strspn(text, "0123456789");
	return !strncmp(text, " kB)", 4) || !strncmp(text, " KiB)", 5);
}

/* A skipped test often has its reason behind its name: "wp-fork on anon (feature missing)". */
static char *split_reason(char *name)
{
	size_t length = strlen(name);
	char *open = strrchr(name, '(');

	if (!open || open == name || name[length - 1] != ')' || is_size(open + 1))
		return NULL;
	name[length - 1] = '\0';
	open[-1] = '\0';
	return open + 1;
}

static void on_test(void *context, const struct ktap_test *test)
{
	struct output *output = context;
	const char *reason = test->reason;
	bool lacks = test->outcome == KTAP_SKIP && strstr(test->name, "not ");
	char name[256];

	snprintf(name, sizeof(name), "%s", test->name);
	/* "memfd_secret is not supported" says more than a line before it. */
	if (test->outcome != KTAP_PASS && !*reason && !lacks)
		reason = output->last;
	/* kselftest.h has one text for a skip: cow says "need more free huge pages", others a name. */
	if (test->outcome == KTAP_SKIP && !*reason)
		reason = split_reason(name) ?: test->name;
	emit(output, test->outcome, name, reason);
}

static void on_problem(void *context, enum ktap_problem kind, unsigned int depth, const char *detail)
{
	struct output *output = context;

	(void)depth;
	/* A program often bails out to say that a test failed. */
	if (kind != KTAP_SHORT_PLAN && kind != KTAP_GARBLED && (kind != KTAP_BAIL_OUT || output->failed))
		return;
	if (!*output->problem)
		snprintf(output->problem, sizeof(output->problem), "%s: %s", ktap_problem_name(kind),
			 detail);
}

static const struct {
	const char *word;
	enum ktap_outcome outcome;
} endings[] = {
	{ "done", KTAP_PASS },
	{ "skipped", KTAP_SKIP },
	{ "failed", KTAP_FAIL },
};

/* The end of a line that "Testing TEST... " begins: "skipped [reason: feature missing]" */
static bool read_ending(struct output *output, const char *text)
{
	char reason[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		if (strncmp(text, endings[i].word, strlen(endings[i].word)))
			continue;
		sscanf(text + strlen(endings[i].word), " [reason: %255[^]]", reason);
		emit(output, endings[i].outcome, output->testing, reason);
		*output->testing = '\0';
		return true;
	}
	return false;
}

/* Other lines may stand between the beginning and the end of such a line. */
static bool read_testing(struct output *output, const char *line)
{
	const char *dots;

	if (strncmp(line, "Testing ", 8))
		return *output->testing && read_ending(output, line);
	dots = strstr(line, "... ");
	if (!dots)
		return false;
	if (*output->testing)
		emit(output, KTAP_ERROR, output->testing, "the program went on without a result");
	line += 8;
	snprintf(output->testing, sizeof(output->testing), "%.*s", (int)(dots - line), line);
	read_ending(output, dots + 4);
	return true;
}

/* Lines that only announce a test, or say again how it ended: no reason for anything */
static bool says_nothing(const char *text)
{
	static const char *const words[] = { "[", "RUN ", "OK ", "FAIL ", "SKIP ", "Totals:" };

	text += strspn(text, " ");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strncmp(text, words[i], strlen(words[i])))
			return true;
	return !*text || strstr(text, ": Test terminated by assertion") || strstr(text, ": Test failed");
}

static void on_diagnostic(void *context, unsigned int depth, const char *text)
{
	struct output *output = context;

	(void)depth;
	if (!output->is_ltp && read_testing(output, text))
		return;
	if (output->is_ltp)
		ltp_read_line(&output->ltp, text);
	output->ops->line(output->context, text);
	if (!says_nothing(text))
		snprintf(output->last, sizeof(output->last), "%s", text);
}

static const struct ktap_ops reader_ops = {
	.test = on_test,
	.diagnostic = on_diagnostic,
	.problem = on_problem,
};

struct output *output_new(const struct output_ops *ops, void *context, bool ltp)
{
	struct output *output = calloc(1, sizeof(*output));

	if (!output)
		return NULL;
	output->ops = ops;
	output->context = context;
	output->is_ltp = ltp;
	output->reader = ktap_reader_new(&reader_ops, output);
	if (output->reader)
		return output;
	free(output);
	return NULL;
}

/* Some programs colour their words, whatever they write to: "ESC[31mFail" */
static void remove_colours(char *line)
{
	char *to = line;

	for (const char *from = line; *from;) {
		if (from[0] == '\033' && from[1] == '[') {
			from += 2 + strspn(from + 2, "0123456789;");
			from += *from == 'm';
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static void whole_output_line(struct output *output)
{
	const char *skip;

	output->line[output->length] = '\0';
	remove_colours(output->line);
	output->length = strlen(output->line);
	skip = strncmp(output->line, "1..0", 4) ? NULL : strstr(output->line, "SKIP");
	if (skip)
		snprintf(output->skip, sizeof(output->skip), "%.255s", skip + 4 + strspn(skip + 4, " "));
	output->line[output->length++] = '\n';
	ktap_reader_feed(output->reader, output->line, output->length);
	output->length = 0;
}

void output_feed(struct output *output, const char *bytes, size_t length)
{
	for (; length; length--, bytes++) {
		if (*bytes == '\n' || output->length == sizeof(output->line) - 2)
			whole_output_line(output);
		if (*bytes != '\n')
			output->line[output->length++] = *bytes;
	}
}

static void judge_ltp(struct output *output, int code)
{
	const struct ltp *ltp = &output->ltp;
	enum ktap_outcome outcome;
	char reason[320];

	outcome = ltp_judge(ltp, code, reason, sizeof(reason));
	emit(output, outcome, "ended", reason);
	if (outcome == KTAP_SKIP || !ltp->count[LTP_CONF])
		return;
	snprintf(reason, sizeof(reason), "%u parts, the first: %s", ltp->count[LTP_CONF], ltp->first[LTP_CONF]);
	emit(output, KTAP_SKIP, "left_out", reason);
}

static void judge_ending(struct output *output, const struct ending *ending)
{
	int code = WIFEXITED(ending->status) ? WEXITSTATUS(ending->status) : -1;
	char reason[320];

	if (ending->timed_out) {
		emit(output, KTAP_TIMEOUT, "ended", "the program did not end in time");
	} else if (code < 0) {
		snprintf(reason, sizeof(reason), "killed by signal %d (%s)", WTERMSIG(ending->status),
			 strsignal(WTERMSIG(ending->status)));
		emit(output, KTAP_ERROR, "ended", reason);
	} else if (output->is_ltp && !*output->skip) {
		judge_ltp(output, code);
	} else if (code == ending->skip_code) {
		/* A program that skips its rest does not come to the end of its plan. */
		if (!*output->skip)
			snprintf(output->skip, sizeof(output->skip), "%s",
				 *output->last ? output->last :
				 ending->silent ?: "the program gives no reason");
		if (!output->results)
			emit(output, KTAP_SKIP, "ended", output->skip);
	} else if (*output->problem) {
		emit(output, KTAP_ERROR, "ended", output->problem);
	} else if (code && !output->failed) {
		snprintf(reason, sizeof(reason), "exit status %d%s%s", code, *output->last ? ": " : "",
			 output->last);
		emit(output, KTAP_FAIL, "ended", reason);
	} else if (!output->results) {
		emit(output, KTAP_PASS, "ended", "");
	}
}

void output_end(struct output *output, const struct ending *ending)
{
	if (output->length)
		whole_output_line(output);
	if (*output->testing)
		emit(output, KTAP_ERROR, output->testing, "the program ended");
	/* What other programs print has no plan, and no problem. */
	if (output->results)
		ktap_reader_finish(output->reader);
	judge_ending(output, ending);
	ktap_reader_free(output->reader);
	free(output);
}
