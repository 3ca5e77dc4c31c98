// SPDX-License-Identifier: GPL-2.0-only
/* Lines of evidence as data: the reader and the printer. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "pairs.h"

#define NOTE	"note=\""

/* Values are short: strspn() and strcspn() would first make a table of the characters. */
static const char *skip_spaces(const char *at)
{
	while (*at == ' ')
		at++;
	return at;
}

static const char *plain_end(const char *at)
{
	while (*at && *at != ' ' && *at != '"')
		at++;
	return at;
}

static bool is_key_character(char c)
{
	return islower((unsigned char)c) || isdigit((unsigned char)c) || c == '_';
}

/* Return: behind the word at @at, or NULL if there is none */
static const char *word_end(const char *at)
{
	const char *end = at;

	while (isalpha((unsigned char)*end) || (end > at && *end == '-'))
		end++;
	return end > at && (!*end || *end == ' ') ? end : NULL;
}

/* Return: behind the closing quote of the value at @at, or NULL if there is none */
static const char *quoted_end(const char *at)
{
	for (at++; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
	}
	return *at ? at + 1 : NULL;
}

/* Return: behind the pair at @at, or NULL if there is none */
static const char *pair_read(const char *at, struct pair *pair)
{
	const char *end = at;

	if (!islower((unsigned char)*at))
		return NULL;
	while (is_key_character(*end))
		end++;
	if (*end != '=')
		return NULL;
	*pair = (struct pair) { .key = at, .key_length = (size_t)(end - at) };
	at = end + 1;
	pair->quoted = *at == '"';
	end = pair->quoted ? quoted_end(at) : plain_end(at);
	if (!end || end == at || (*end && *end != ' '))
		return NULL;
	pair->value = at + pair->quoted;
	pair->value_length = (size_t)(end - at) - 2 * pair->quoted;
	return end;
}

bool pair_next(const char **line, struct pair *pair)
{
	const char *at = skip_spaces(*line), *end;

	while ((end = word_end(at)))
		at = skip_spaces(end);
	end = pair_read(at, pair);
	*line = end ? end : at;
	return end;
}

bool pair_is(const struct pair *pair, const char *key)
{
	return strlen(key) == pair->key_length && !strncmp(key, pair->key, pair->key_length);
}

void pair_copy(const struct pair *pair, char *value, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < pair->value_length && used + 1 < size; i++) {
		if (pair->quoted && pair->value[i] == '\\')
			i++;
		value[used++] = pair->value[i];
	}
	value[used] = '\0';
}

bool pairs_find(const char *line, const char *key, char *value, size_t size)
{
	struct pair pair;

	*value = '\0';
	while (pair_next(&line, &pair)) {
		if (!pair_is(&pair, key))
			continue;
		pair_copy(&pair, value, size);
		return true;
	}
	return false;
}

bool pairs_are_valid(const char *line)
{
	struct pair pair;
	bool any = false;

	for (line = skip_spaces(line); *line; line = skip_spaces(line)) {
		line = pair_read(line, &pair);
		if (!line)
			return false;
		any = true;
	}
	return any;
}

/* The text becomes the value of a note. Its own quotes become single ones, its end may be lost. */
static void make_note(char *text, size_t size)
{
	size_t length = strlen(text), before = strlen(NOTE);

	if (length + before + 2 > size)
		length = size - before - 2;
	memmove(text + before, text, length);
	memcpy(text, NOTE, before);
	for (size_t i = before; i < before + length; i++) {
		if (text[i] == '"')
			text[i] = '\'';
		else if (text[i] == '\\')
			text[i] = '/';
	}
	strcpy(text + before + length, "\"");
}

void pairs_print(char *line, size_t size, const char *format, va_list arguments)
{
	size_t used = strlen(line);
	char *text = line + used;
	int length;

	if (size < used + 1 + 2 * sizeof(NOTE))
		return;
	if (used)
		*text++ = ' ';
	size -= (size_t)(text - line);
	length = vsnprintf(text, size, format, arguments);
	for (char *at = text; *at; at++) {
		if (iscntrl((unsigned char)*at))
			*at = ' ';
	}
	if (length < 0 || (size_t)length >= size || !pairs_are_valid(text))
		make_note(text, size);
}
