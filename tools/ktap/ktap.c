// SPDX-License-Identifier: GPL-2.0-only
/* A reader of KTAP streams that trusts nothing. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../lib/array.h"
#include "ktap.h"

#define MAX_DEPTH	8
#define MAX_LINE	(64 * 1024)
/* Evidence stands just before the verdict: when a test says more, its oldest lines go. */
#define MAX_DIAGNOSTICS	(16 * 1024)

struct text {
	char *bytes;
	size_t length;
	size_t size;
};

/**
 * struct level - one nesting depth
 * @indent: leading spaces of its lines
 * @planned: -1 until the plan line
 * @next: the number its next result should have
 */
struct level {
	unsigned int indent;
	bool has_version;
	long planned;
	long next;
	unsigned int results;
	unsigned int failed;
	struct text diagnostics;
};

/**
 * struct ktap_reader - where in the stream we are
 * @levels: open levels, @depth the innermost; level 0 is always open
 * @child_results: results of the level that was closed last, for its parent's result
 */
struct ktap_reader {
	const struct ktap_ops *ops;
	void *context;
	struct level levels[MAX_DEPTH];
	unsigned int depth;
	unsigned int child_results;
	unsigned int child_failed;
	unsigned int results;
	struct text line;
	bool line_too_long;
};

static const char *const outcome_names[KTAP_OUTCOMES] = {
	[KTAP_PASS] = "pass",
	[KTAP_FAIL] = "fail",
	[KTAP_SKIP] = "skip",
	[KTAP_XFAIL] = "xfail",
	[KTAP_XPASS] = "xpass",
	[KTAP_TIMEOUT] = "timeout",
	[KTAP_ERROR] = "error",
};

static const char *const problem_names[KTAP_PROBLEMS] = {
	[KTAP_NO_VERSION] = "no version line",
	[KTAP_NO_PLAN] = "no plan",
	[KTAP_NO_RESULT] = "no result",
	[KTAP_SHORT_PLAN] = "short plan",
	[KTAP_LONG_PLAN] = "more results than planned",
	[KTAP_DUPLICATE] = "duplicate number",
	[KTAP_MISSING] = "missing number",
	[KTAP_ORPHANS] = "subtests without a parent result",
	[KTAP_MISMATCH] = "parent passes although a subtest failed",
	[KTAP_GARBLED] = "garbled result",
	[KTAP_CUT_LINE] = "cut line",
	[KTAP_BAIL_OUT] = "bail out",
};

/* ktap.rst: the result counts for an unknown directive; SKIP and XFAIL win over "not ok". */
static const struct {
	const char *word;
	enum ktap_outcome outcome;
} directives[] = {
	{ "SKIP", KTAP_SKIP },
	{ "XFAIL", KTAP_XFAIL },
	{ "TODO", KTAP_XFAIL },
	{ "XPASS", KTAP_XPASS },
	{ "TIMEOUT", KTAP_TIMEOUT },
	{ "ERROR", KTAP_ERROR },
};

const char *ktap_outcome_name(enum ktap_outcome outcome)
{
	return outcome_names[outcome];
}

const char *ktap_problem_name(enum ktap_problem problem)
{
	return problem_names[problem];
}

bool ktap_is_failure(enum ktap_outcome outcome)
{
	return outcome == KTAP_FAIL || outcome == KTAP_XPASS || outcome == KTAP_TIMEOUT ||
	       outcome == KTAP_ERROR;
}

unsigned int ktap_failures(const unsigned int outcomes[KTAP_OUTCOMES])
{
	unsigned int failures = 0;

	for (int outcome = 0; outcome < KTAP_OUTCOMES; outcome++)
		if (ktap_is_failure((enum ktap_outcome)outcome))
			failures += outcomes[outcome];
	return failures;
}

static bool text_append(struct text *text, const char *bytes, size_t length)
{
	if (text->length + length + 1 > text->size) {
		size_t size = (text->length + length + 1) * 2;
		char *bigger = realloc(text->bytes, size);

		if (!bigger)
			return false;
		text->bytes = bigger;
		text->size = size;
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
	return true;
}

static void text_clear(struct text *text)
{
	text->length = 0;
	if (text->bytes)
		text->bytes[0] = '\0';
}

static void text_drop_oldest_half(struct text *text)
{
	const char *keep = memchr(text->bytes + text->length / 2, '\n', text->length / 2);

	if (!keep) {
		text_clear(text);
		return;
	}
	keep++;
	text->length -= (size_t)(keep - text->bytes);
	memmove(text->bytes, keep, text->length + 1);
}

static void __attribute__((format(printf, 4, 5)))
problem(struct ktap_reader *reader, enum ktap_problem kind, unsigned int depth,
	const char *format, ...)
{
	char detail[256];
	va_list arguments;

	if (!reader->ops->problem)
		return;
	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	reader->ops->problem(reader->context, kind, depth, detail);
}

static void level_open(struct ktap_reader *reader, unsigned int depth, unsigned int indent)
{
	struct level *level = &reader->levels[depth];

	level->indent = indent;
	level->has_version = false;
	level->planned = -1;
	level->next = 1;
	level->results = 0;
	level->failed = 0;
	text_clear(&level->diagnostics);
	reader->depth = depth;
	reader->child_results = 0;
	reader->child_failed = 0;
}

static void level_check(struct ktap_reader *reader, unsigned int depth)
{
	const struct level *level = &reader->levels[depth];

	if (level->planned < 0)
		problem(reader, KTAP_NO_PLAN, depth, "%u results", level->results);
	else if (level->results < level->planned)
		problem(reader, KTAP_SHORT_PLAN, depth, "%u of %ld results", level->results,
			level->planned);
	else if (level->results > level->planned)
		problem(reader, KTAP_LONG_PLAN, depth, "%u results, %ld planned", level->results,
			level->planned);
}

/* Close every level below @depth; what the one just below it held is kept for the parent. */
static void close_below(struct ktap_reader *reader, unsigned int depth)
{
	while (reader->depth > depth) {
		const struct level *level = &reader->levels[reader->depth];

		level_check(reader, reader->depth);
		if (reader->depth > depth + 1)
			problem(reader, KTAP_ORPHANS, reader->depth, "%u results", level->results);
		reader->child_results = level->results;
		reader->child_failed = level->failed;
		reader->depth--;
	}
}

static int find_level(const struct ktap_reader *reader, unsigned int indent)
{
	for (int depth = (int)reader->depth; depth >= 0; depth--)
		if (reader->levels[depth].indent == indent)
			return depth;
	return -1;
}

/* "[   12.345678]" is how printk begins a line, and where it lands in the middle of ours. */
static bool has_printk_stamp(const char *line)
{
	for (const char *open = strchr(line, '['); open; open = strchr(open + 1, '[')) {
		const char *at = open + 1;
		const char *dot;

		at += strspn(at, " ");
		dot = at + strspn(at, "0123456789");
		if (dot > at && *dot == '.' && strspn(dot + 1, "0123456789") == 6 && dot[7] == ']')
			return true;
	}
	return false;
}

static bool skip_result_word(const char **text, bool *ok)
{
	*ok = !strncmp(*text, "ok ", 3);
	if (*ok)
		*text += 3;
	else if (!strncmp(*text, "not ok ", 7))
		*text += 7;
	else
		return false;
	return isdigit((unsigned char)**text);
}

static enum ktap_outcome take_directive(char **comment, bool ok)
{
	enum ktap_outcome plain = ok ? KTAP_PASS : KTAP_FAIL;
	char *at = *comment + strspn(*comment, " ");
	size_t length = strcspn(at, " :");

	*comment = at;
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++) {
		if (strlen(directives[i].word) != length ||
		    strncasecmp(at, directives[i].word, length))
			continue;
		*comment = at + length + strspn(at + length, " :");
		return directives[i].outcome;
	}
	return plain;
}

static void trim_end(char *text)
{
	size_t length = strlen(text);

	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
}

/* Split "name # DIRECTIVE reason"; kselftest.h also writes "# SKIP name" with nothing before it. */
static void split_description(char *description, bool ok, struct ktap_test *test)
{
	char *comment = strchr(description, '#');

	test->outcome = ok ? KTAP_PASS : KTAP_FAIL;
	test->reason = "";
	description += !strncmp(description, "- ", 2) ? 2 : 0;
	test->name = description;
	if (!comment)
		return;
	*comment++ = '\0';
	test->outcome = take_directive(&comment, ok);
	test->reason = comment;
	trim_end(description);
	if (!*description && *comment) {
		test->name = comment;
		test->reason = "";
	}
}

static void check_number(struct ktap_reader *reader, unsigned int depth, long number)
{
	struct level *level = &reader->levels[depth];

	if (number < level->next) {
		problem(reader, KTAP_DUPLICATE, depth, "%ld", number);
		return;
	}
	if (number > level->next)
		problem(reader, KTAP_MISSING, depth, "%ld came, %ld was due", number, level->next);
	level->next = number + 1;
}

/* Return: false when the line is no result of an open level */
static bool result_line(struct ktap_reader *reader, unsigned int indent, char *text)
{
	struct ktap_test test = { 0 };
	int depth = find_level(reader, indent);
	const char *at = text;
	struct level *level;
	char *rest;
	bool ok;

	if (depth < 0 || !skip_result_word(&at, &ok))
		return false;
	if (has_printk_stamp(text)) {
		problem(reader, KTAP_GARBLED, (unsigned int)depth, "%s", text);
		return true;
	}
	test.number = strtol(at, &rest, 10);
	if (*rest && *rest != ' ') {
		problem(reader, KTAP_GARBLED, (unsigned int)depth, "%s", text);
		return true;
	}
	rest += strspn(rest, " ");
	close_below(reader, (unsigned int)depth);
	level = &reader->levels[depth];
	check_number(reader, (unsigned int)depth, test.number);
	split_description(rest, ok, &test);
	test.depth = (unsigned int)depth;
	test.subtests = reader->child_results;
	test.failed_subtests = reader->child_failed;
	test.diagnostics = level->diagnostics.bytes ? level->diagnostics.bytes : "";
	if (test.failed_subtests && !ktap_is_failure(test.outcome))
		problem(reader, KTAP_MISMATCH, test.depth, "%s", test.name);
	level->results++;
	level->failed += ktap_is_failure(test.outcome);
	reader->results++;
	reader->child_results = 0;
	reader->child_failed = 0;
	if (reader->ops->test)
		reader->ops->test(reader->context, &test);
	text_clear(&level->diagnostics);
	return true;
}

/* A version or plan line may open a level, one deeper than the innermost that is less indented. */
static bool enter_level(struct ktap_reader *reader, unsigned int indent)
{
	int depth = find_level(reader, indent);

	if (depth >= 0) {
		close_below(reader, (unsigned int)depth);
		return true;
	}
	if (indent < reader->levels[0].indent || reader->depth + 1 >= MAX_DEPTH)
		return false;
	while (reader->levels[reader->depth].indent > indent)
		close_below(reader, reader->depth - 1);
	level_open(reader, reader->depth + 1, indent);
	return true;
}

static bool version_line(struct ktap_reader *reader, unsigned int indent, const char *text)
{
	struct level *level;

	if (strncmp(text, "KTAP version ", 13) && strncmp(text, "TAP version ", 12))
		return false;
	if (!enter_level(reader, indent))
		return false;
	level = &reader->levels[reader->depth];
	/* A second group at one depth with no parent result between: the first one has no verdict. */
	if (level->has_version) {
		level_check(reader, reader->depth);
		problem(reader, KTAP_ORPHANS, reader->depth, "%u results", level->results);
		level_open(reader, reader->depth, indent);
	}
	level->has_version = true;
	return true;
}

static bool plan_line(struct ktap_reader *reader, unsigned int indent, const char *text)
{
	char *rest;
	long count;

	if (strncmp(text, "1..", 3) || !isdigit((unsigned char)text[3]))
		return false;
	count = strtol(text + 3, &rest, 10);
	rest += strspn(rest, " ");
	if (*rest && *rest != '#')
		return false;
	if (!enter_level(reader, indent))
		return false;
	if (reader->levels[reader->depth].planned >= 0)
		problem(reader, KTAP_DUPLICATE, reader->depth, "a second plan, %ld", count);
	reader->levels[reader->depth].planned = count;
	if (reader->ops->plan)
		reader->ops->plan(reader->context, reader->depth, count);
	return true;
}

static bool has_embedded_result(const char *text)
{
	const char *at = strstr(text, "ok ");

	return at && isdigit((unsigned char)at[3]);
}

/* Whatever else is said belongs to the innermost level that is not deeper than the line. */
static void other_line(struct ktap_reader *reader, unsigned int indent, const char *text)
{
	unsigned int depth = reader->depth;
	struct text *into;

	while (depth && reader->levels[depth].indent > indent)
		depth--;
	if (!strncmp(text, "Bail out!", 9)) {
		problem(reader, KTAP_BAIL_OUT, depth, "%s", text + 9 + strspn(text + 9, " "));
		return;
	}
	if (has_printk_stamp(text) && has_embedded_result(text))
		problem(reader, KTAP_GARBLED, depth, "%s", text);
	if (*text == '#')
		text += text[1] == ' ' ? 2 : 1;
	into = &reader->levels[depth].diagnostics;
	if (into->length > MAX_DIAGNOSTICS)
		text_drop_oldest_half(into);
	if (!text_append(into, text, strlen(text)) || !text_append(into, "\n", 1))
		problem(reader, KTAP_GARBLED, depth, "out of memory");
	if (reader->ops->diagnostic)
		reader->ops->diagnostic(reader->context, depth, text);
}

static void whole_line(struct ktap_reader *reader)
{
	char *line = reader->line.bytes ? reader->line.bytes : (char[]){ "" };
	unsigned int indent;

	if (memchr(line, 0, reader->line.length)) {
		problem(reader, KTAP_GARBLED, reader->depth, "a line with zero bytes");
		for (size_t i = 0; i < reader->line.length; i++)
			line[i] = line[i] ? line[i] : '?';
	}
	trim_end(line);
	indent = (unsigned int)strspn(line, " ");
	line += indent;
	if (reader->line_too_long)
		problem(reader, KTAP_GARBLED, reader->depth, "a line of more than %d bytes", MAX_LINE);
	if (*line && !version_line(reader, indent, line) && !plan_line(reader, indent, line) &&
	    !result_line(reader, indent, line))
		other_line(reader, indent, line);
	text_clear(&reader->line);
	reader->line_too_long = false;
}

struct ktap_reader *ktap_reader_new(const struct ktap_ops *ops, void *context)
{
	struct ktap_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->ops = ops;
	reader->context = context;
	level_open(reader, 0, 0);
	return reader;
}

void ktap_reader_feed(struct ktap_reader *reader, const char *data, size_t length)
{
	while (length) {
		const char *newline = memchr(data, '\n', length);
		size_t part = newline ? (size_t)(newline - data) : length;

		if (reader->line.length + part > MAX_LINE ||
		    !text_append(&reader->line, data, part))
			reader->line_too_long = true;
		if (!newline)
			return;
		whole_line(reader);
		data += part + 1;
		length -= part + 1;
	}
}

void ktap_reader_finish(struct ktap_reader *reader)
{
	const struct level *top = &reader->levels[0];

	if (reader->line.length || reader->line_too_long)
		problem(reader, KTAP_CUT_LINE, reader->depth, "%s",
			reader->line.bytes ? reader->line.bytes : "");
	text_clear(&reader->line);
	reader->line_too_long = false;
	if (reader->depth) {
		unsigned int below = reader->levels[1].results;

		close_below(reader, 0);
		problem(reader, KTAP_ORPHANS, 1, "%u results", below);
	}
	if (!top->has_version)
		problem(reader, KTAP_NO_VERSION, 0, "%u results", top->results);
	if (!reader->results && top->planned)
		problem(reader, KTAP_NO_RESULT, 0, "nothing was tested");
	level_check(reader, 0);
}

void ktap_reader_free(struct ktap_reader *reader)
{
	if (!reader)
		return;
	for (unsigned int depth = 0; depth < MAX_DEPTH; depth++)
		free(reader->levels[depth].diagnostics.bytes);
	free(reader->line.bytes);
	free(reader);
}

int ktap_read(const char *path, const struct ktap_ops *ops, void *context)
{
	struct ktap_reader *reader = ktap_reader_new(ops, context);
	FILE *file = fopen(path, "re");
	int error = !reader || !file ? -errno : 0;
	char bytes[8192];
	size_t got;

	while (!error && (got = fread(bytes, 1, sizeof(bytes), file)))
		ktap_reader_feed(reader, bytes, got);
	if (!error && ferror(file))
		error = -errno;
	if (!error)
		ktap_reader_finish(reader);
	ktap_reader_free(reader);
	if (file)
		fclose(file);
	return error;
}
