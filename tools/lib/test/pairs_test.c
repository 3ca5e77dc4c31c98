// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader and the printer of pairs, and each format in selftests/ that the printer gets: with "1"
 * for each conversion, the reader must take it.
 */
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../array.h"
#include "../pairs.h"
#include "tap.h"

static const struct {
	const char *line;
	bool valid;
} lines[] = {
	{ "page=0 pfn=a6c9", true },
	{ "note=\"a page, held\" errno=ENOMEM", true },
	{ "note=\"\"", true },
	{ "note=\"say \\\"no\\\" \\\\\"", true },
	{ "  a=1  b=2  ", true },
	{ "a=b=c", true },
	{ "", false },
	{ "page 0", false },
	{ "page=0 held", false },
	{ "page= pfn=1", false },
	{ "Page=0", false },
	{ "=0", false },
	{ "0=0", false },
	{ "note=\"no end", false },
	{ "note=\"no end\\\"", false },
	{ "note=\"a\"b=1", false },
	{ "note=a\"b", false },
	{ "a=1, b=2", true },
	{ "a=1; b", false },
};

static void test_validity(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		tap_verdict(pairs_are_valid(lines[i].line) == lines[i].valid, "pairs.valid.%zu # %s", i,
			    lines[i].line);
}

static const struct {
	const char *line;
	const char *key;
	const char *value;	/* NULL: there is none */
} finds[] = {
	{ "SYNC kept page=0 pfn=a6c9", "pfn", "a6c9" },
	{ "SYNC kept page=0 pfn=a6c9", "page", "0" },
	{ "SYNC kept child_pfn=a6c9", "pfn", NULL },
	{ "SYNC kept pfn=a6c9", "pf", NULL },
	{ "case memory=thp_pmd rows=\"B3 R28\"", "rows", "B3 R28" },
	{ "note=\"pfn=1 and no more\" pfn=2", "pfn", "2" },
	{ "note=\"say \\\"no\\\" \\\\\" a=1", "note", "say \"no\" \\" },
	{ "note=\"0123456789abcdef0123\"", "note", "0123456789abcde" },
	{ "page=0 page=1", "page", "0" },
	{ "a page, no pair=1", "pair", NULL },
	{ "note=\"\"", "note", "" },
	{ "", "a", NULL },
};

static void test_find(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(finds); i++) {
		char value[16];
		bool found = pairs_find(finds[i].line, finds[i].key, value, sizeof(value));

		tap_verdict(found == !!finds[i].value && !strcmp(value, finds[i].value ?: ""),
			    "pairs.find.%zu # %s in %s", i, finds[i].key, finds[i].line);
	}
}

static void __attribute__((format(printf, 4, 5)))
expect_print(const char *name, const char *before, const char *expected, const char *format, ...)
{
	char line[48];
	va_list arguments;

	snprintf(line, sizeof(line), "%s", before);
	va_start(arguments, format);
	pairs_print(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (strcmp(line, expected))
		printf("# [%s], not [%s]\n", line, expected);
	tap_verdict(!strcmp(line, expected), "pairs.print.%s", name);
}

static void test_print(void)
{
	expect_print("first", "", "page=3 pfn=1f", "page=%d pfn=%x", 3, 31);
	expect_print("appended", "page=3", "page=3 path=fast", "path=%s", "fast");
	expect_print("control", "", "note=\"a b\"", "note=\"%s\"", "a\nb");
	expect_print("a_quote", "", "note=\"note='say 'no'' b=1\"", "note=\"%s\" b=1", "say \"no\"");
	expect_print("a_space", "", "note=\"path=not told\"", "path=%s", "not told");
	expect_print("too_long", "", "note=\"note='0123456789abcdef0123456789abcdef01\"", "note=\"%s\"",
		     "0123456789abcdef0123456789abcdef0123456789abcdef");
	expect_print("no_room", "0123456789abcdef0123456789abcdefgh", "0123456789abcdef0123456789abcdefgh",
		     "page=%d", 1);
}

/* A format with "1" for each conversion. Return: false if it does not fit */
static bool fill_in_format(const char *format, char *line, size_t size)
{
	size_t used = 0;

	while (*format && used + 2 < size) {
		if (*format == '%' && format[1] == '%') {
			format += 2;
			line[used++] = '%';
		} else if (*format == '%') {
			format += 1 + strspn(format + 1, "#0123456789+-. *hlzjt");
			format += !!*format;
			line[used++] = '1';
		} else {
			line[used++] = *format++;
		}
	}
	line[used] = '\0';
	return !*format;
}

/* Read the string at @source, and those behind it: PRIx64 stands for "x". Return: behind them */
static const char *read_literal(const char *source, char *format, size_t size)
{
	size_t used = 0;

	for (;;) {
		source += strspn(source, " \t\n\\");
		if (!strncmp(source, "PRI", 3)) {
			while (isalnum((unsigned char)*source))
				source++;
			format[used++] = 'x';
		} else if (*source == '"') {
			for (source++; *source && *source != '"' && used + 2 < size; source++) {
				source += *source == '\\';
				format[used++] = *source;
			}
			source++;
		} else {
			break;
		}
	}
	format[used] = '\0';
	return source;
}

static unsigned int check_formats(const char *path, const char *source, const char *call,
				  bool has_target)
{
	unsigned int seen = 0;

	for (const char *at = source; (at = strstr(at, call)); ) {
		char format[1024], line[1024];
		unsigned int number = 1;

		for (const char *before = source; before < at; before++)
			number += *before == '\n';
		at += strlen(call);
		if (has_target)
			at += strcspn(at, ",") + 1;
		at += strspn(at, " \t\n\\");
		/* The declaration and the definition. */
		if (!strncmp(at, "const char *", 12) || *at == ')')
			continue;
		seen++;
		at = read_literal(at, format, sizeof(format));
		if (!fill_in_format(format, line, sizeof(line)) || !pairs_are_valid(line)) {
			printf("# %s:%u: this is no series of key=value pairs: %s\n", path, number,
			       *format ? format : "no string");
			tap_verdict(false, "pairs.format.%s:%u", path, number);
		}
	}
	return seen;
}

static char *read_source(const char *path)
{
	FILE *file = fopen(path, "re");
	size_t size = 1 << 20;
	char *source = calloc(1, size);

	if (!file || !source)
		tap_bail_out("cannot read %s. Run this from the top of the clone: make unit", path);
	fread(source, 1, size - 1, file);
	fclose(file);
	return source;
}

static void test_formats(void)
{
	static const char *const patterns[] = { "selftests/*.[ch]", "selftests/*/*.[ch]" };
	unsigned int seen = 0;
	glob_t files = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &files);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char *source = read_source(files.gl_pathv[i]);

		seen += check_formats(files.gl_pathv[i], source, "\tevidence(", false);
		seen += check_formats(files.gl_pathv[i], source, "\tverdict_note(", true);
		free(source);
	}
	globfree(&files);
	printf("# %u formats\n", seen);
	tap_verdict(seen > 100, "pairs.formats_seen");
}

int main(void)
{
	tap_begin();
	test_validity();
	test_find();
	test_print();
	test_formats();
	return tap_end();
}
