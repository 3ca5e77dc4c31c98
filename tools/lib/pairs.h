/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of evidence as data. A line is a few words and then pairs:
 *
 *	SYNC kept page=0 pfn=a6c9 held=a6c9 path=fast note="read by the device"
 *
 * A word has letters and dashes only. A key is lower case: [a-z][a-z0-9_]*. A value is bare, or
 * in double quotes if it is empty or has a space; a backslash in quotes takes the next character
 * as it is. A key may come more than once. Documentation/results.md lists the keys.
 */
#ifndef PINCHECK_LIB_PAIRS_H
#define PINCHECK_LIB_PAIRS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* The first word of the line in which a case says what it is: memory, hold, event, rows. */
#define PAIRS_OF_CASE	"case"

/**
 * struct pair - one pair of a line
 * @key: not terminated, @key_length characters
 * @value: as it stands in the line, without the quotes, not terminated
 * @quoted: it stood in quotes: pair_copy() takes the backslashes away
 */
struct pair {
	const char *key;
	size_t key_length;
	const char *value;
	size_t value_length;
	bool quoted;
};

/**
 * pair_next() - read the next pair, past words
 * @line: where to read; moved behind the pair
 *
 * Return: false at the end of the line, and at the first thing that is neither a word nor a pair.
 */
bool pair_next(const char **line, struct pair *pair);

/** pair_is() - is @key the key of @pair? */
bool pair_is(const struct pair *pair, const char *key);

/** pair_copy() - the value as a string of at most @size bytes */
void pair_copy(const struct pair *pair, char *value, size_t size);

/** pairs_find() - the value of the first pair with @key. Return: false, and "", if there is none */
bool pairs_find(const char *line, const char *key, char *value, size_t size);

/** pairs_are_valid() - is @line one pair or more, and nothing else? */
bool pairs_are_valid(const char *line);

/**
 * pairs_print() - append pairs to the string in @line, a space before them if it is not empty
 * @size: of the buffer at @line
 * @format: pairs, as of printf
 *
 * A control character becomes a space. Text that is no series of pairs once it is formatted (a value
 * has a quote, or the buffer is too small) becomes one pair: note="...".
 */
void pairs_print(char *line, size_t size, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

#endif
