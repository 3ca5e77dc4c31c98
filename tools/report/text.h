/* SPDX-License-Identifier: GPL-2.0-only */
/* Strings that grow. A lack of memory ends the program. */
#ifndef PINCHECK_REPORT_TEXT_H
#define PINCHECK_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

struct text {
	char *bytes;
	size_t length;
	size_t size;
};

void text_append(struct text *text, const char *bytes, size_t length);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** text_take() - Return: the bytes, "" if there are none, to be freed; @text is empty again */
char *text_take(struct text *text);

/** text_strip() - @string without white space at its ends, in place */
char *text_strip(char *string);

/** file_read() - Return: a whole file, to be freed, or NULL with errno; @length may be NULL */
char *file_read(const char *path, size_t *length);

void *grow(void *items, size_t count, size_t *size, size_t item);
char *copy_of(const char *string);
char *format_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
