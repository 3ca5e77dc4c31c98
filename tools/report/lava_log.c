// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of a job of LAVA: logs.yaml of lava-run, or what a server gives away. A line is an item of YAML
 * that is written as JSON, and older ones as YAML in double quotes, which knows more escapes:
 *
 *	- {"dt": "2026-11-29T15:37:32.977945+00:00", "lvl": "target", "msg": "KTAP version 1"}
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lava_log.h"

#define ITEM		"- {"
#define VERSION		"KTAP version 1"
#define LAST_WORDS	"Kernel panic - not syncing"

/* What stands behind the backslash, and the byte that it means */
static const char escapes[][2] = {
	{ 'n', '\n' }, { 't', '\t' }, { 'r', '\r' }, { 'a', '\a' }, { 'b', '\b' }, { 'e', '\033' },
	{ 'f', '\f' }, { 'v', '\v' }, { '0', ' ' },
};

/* Digits of the escapes \x1b, \u001b, \U0000001b; 0 for others */
static int digits_of_escape(char letter)
{
	return letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
}

static void append_code(struct text *to, unsigned long code)
{
	char bytes[5];

	if (code < 0x80)
		snprintf(bytes, sizeof(bytes), "%c", code ? (int)code : ' ');
	else if (code < 0x800)
		snprintf(bytes, sizeof(bytes), "%c%c", (int)(0xc0 | code >> 6), (int)(0x80 | (code & 0x3f)));
	else
		snprintf(bytes, sizeof(bytes), "?");
	text_printf(to, "%s", bytes);
}

/* Add what the escape at @at, behind its backslash, means. Return: behind it */
static const char *append_escape(struct text *to, const char *at)
{
	int digits = digits_of_escape(*at);
	char byte = *at, number[9];

	if (digits) {
		snprintf(number, sizeof(number), "%.*s", digits, at + 1);
		append_code(to, strtoul(number, NULL, 16));
		return at + 1 + strlen(number);
	}
	for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
		if (*at == escapes[i][0])
			byte = escapes[i][1];
	text_append(to, &byte, !!byte);
	return at + !!*at;
}

/* The string behind the first KEY of @line, to be freed; NULL if it has none */
static char *string_of(const char *line, const char *key)
{
	char *mark = format_of("\"%s\": \"", key);
	const char *at = strstr(line, mark);
	struct text text = { 0 };

	if (at) {
		at += strlen(mark);
		while (*at && *at != '"')
			if (*at == '\\')
				at = append_escape(&text, at + 1);
			else
				text_append(&text, at++, 1);
	}
	free(mark);
	return at ? text_take(&text) : NULL;
}

/* "[   12.345678] " or "[   12.345678][    T9] " begins a message of the kernel. */
static bool is_of_kernel(const char *line)
{
	const char *at = line + 1;

	if (*line != '[')
		return false;
	at += strspn(at, " ");
	if (!isdigit((unsigned char)*at))
		return false;
	at += strspn(at, "0123456789");
	return *at == '.' && at[1 + strspn(at + 1, "0123456789")] == ']';
}

/* Half a line of a result may stand before the kernel's last words. */
static void note_panic(struct lava_log *log, const char *line)
{
	const char *words = strstr(line, LAST_WORDS);

	if (!words || *log->panic)
		return;
	free(log->panic);
	log->panic = copy_of(words);
}

/* A machine that booted twice begins again. */
static void add_console_line(struct lava_log *log, const char *line)
{
	size_t length = strlen(line), version = strlen(VERSION);

	text_printf(&log->console, "%s\n", line);
	note_panic(log, line);
	if (*line != ' ' && length >= version && !strcmp(line + length - version, VERSION)) {
		free(text_take(&log->stream));
		text_printf(&log->stream, VERSION "\n");
	} else if (log->stream.length && !is_of_kernel(line)) {
		text_printf(&log->stream, "%s\n", line);
	}
}

/* A message may have several lines. */
static void add_message(struct lava_log *log, char *message)
{
	char *rest = message, *line;

	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		add_console_line(log, line);
	}
}

static void note_time(struct lava_log *log, const char *line)
{
	char *text = string_of(line, "dt");
	struct tm utc = { 0 };

	if (text && strptime(text, "%Y-%m-%dT%H:%M:%S", &utc)) {
		log->ended = timegm(&utc);
		log->began = log->began ?: log->ended;
	}
	free(text);
}

static void note_row(struct lava_log *log, const char *line)
{
	char *definition = string_of(line, "definition");
	char *name = string_of(line, "case"), *result = string_of(line, "result");

	if (definition && name && result && strcmp(definition, "lava"))
		json_array_append_new(log->rows, json_sprintf("%s %s", name, result));
	free(definition);
	free(name);
	free(result);
}

static void add_item(struct lava_log *log, const char *line)
{
	char *level = string_of(line, "lvl");
	bool says = level && (!strcmp(level, "target") || !strcmp(level, "feedback"));
	char *message = says ? string_of(line, "msg") : NULL;

	note_time(log, line);
	if (message)
		add_message(log, message);
	else if (level && !strcmp(level, "results"))
		note_row(log, line);
	free(message);
	free(level);
}

int lava_log_read(struct lava_log *log, const char *path)
{
	char *text = file_read(path, NULL), *rest = text, *line;
	bool is_lava;

	*log = (struct lava_log) { .panic = copy_of("") };
	if (!text)
		return -1;
	is_lava = !strncmp(text, ITEM, strlen(ITEM)) || strstr(text, "\n" ITEM);
	if (is_lava)
		log->rows = json_array();
	while ((line = strsep(&rest, "\n"))) {
		if (!is_lava)
			add_message(log, line);
		else if (!strncmp(line, ITEM, strlen(ITEM)))
			add_item(log, line);
	}
	free(text);
	return 0;
}

void lava_log_free(struct lava_log *log)
{
	free(log->console.bytes);
	free(log->stream.bytes);
	free(log->panic);
	json_decref(log->rows);
}
