// SPDX-License-Identifier: GPL-2.0-only
/* Strings that grow. */
#include <ctype.h>
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

#define EXIT_RUNNER	2

static void *checked(void *memory)
{
	if (!memory)
		errx(EXIT_RUNNER, "out of memory");
	return memory;
}

/* Makes sure that one more item fits into @items. */
void *grow(void *items, size_t count, size_t *size, size_t item)
{
	if (count < *size)
		return items;
	*size = count ? count * 2 : 16;
	return checked(reallocarray(items, *size, item));
}

void text_append(struct text *text, const char *bytes, size_t length)
{
	if (text->length + length + 1 > text->size) {
		text->size = (text->length + length + 1) * 2;
		text->bytes = checked(realloc(text->bytes, text->size));
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

static char *formatted_of(const char *format, va_list arguments)
{
	char *formatted;

	return checked(vasprintf(&formatted, format, arguments) < 0 ? NULL : formatted);
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list arguments;
	char *formatted;

	va_start(arguments, format);
	formatted = formatted_of(format, arguments);
	va_end(arguments);
	text_append(text, formatted, strlen(formatted));
	free(formatted);
}

char *text_take(struct text *text)
{
	char *bytes = text->bytes ? text->bytes : copy_of("");

	*text = (struct text) { 0 };
	return bytes;
}

char *text_strip(char *string)
{
	size_t length;

	string += strspn(string, " \t");
	length = strlen(string);
	while (length && isspace((unsigned char)string[length - 1]))
		string[--length] = '\0';
	return string;
}

char *file_read(const char *path, size_t *length)
{
	FILE *file = fopen(path, "re");
	struct text text = { 0 };
	char part[16384];
	size_t got;

	if (!file)
		return NULL;
	while ((got = fread(part, 1, sizeof(part), file)) > 0)
		text_append(&text, part, got);
	if (ferror(file)) {
		fclose(file);
		free(text.bytes);
		return NULL;
	}
	fclose(file);
	if (length)
		*length = text.length;
	return text_take(&text);
}

char *copy_of(const char *string)
{
	return checked(strdup(string));
}

char *format_of(const char *format, ...)
{
	va_list arguments;
	char *formatted;

	va_start(arguments, format);
	formatted = formatted_of(format, arguments);
	va_end(arguments);
	return formatted;
}
