// SPDX-License-Identifier: GPL-2.0-only
/* What a case prints before its verdict. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../../tools/lib/pairs.h"
#include "evidence.h"

#define LINE	1024

static struct kept_lines *kept;

void evidence_keep(struct kept_lines *lines)
{
	kept = lines;
}

FILE *evidence_stream(void)
{
	size_t length = kept ? kept->used : 0;

	if (length && write(STDERR_FILENO, kept->text, length) == (ssize_t)length)
		kept->used = 0;
	return stderr;
}

/* Processes and threads of the case may print at the same time: each reserves its own place. */
static bool keep_line(const char *line, size_t length)
{
	size_t at;

	if (!kept || kept->used + length > sizeof(kept->text))
		return false;
	at = __atomic_fetch_add(&kept->used, length, __ATOMIC_RELAXED);
	if (at + length > sizeof(kept->text)) {
		__atomic_fetch_sub(&kept->used, length, __ATOMIC_RELAXED);
		return false;
	}
	memcpy(kept->text + at, line, length);
	return true;
}

static void print_line(char *line, size_t length)
{
	line[length++] = '\n';
	if (!keep_line(line, length))
		fwrite(line, 1, length, evidence_stream());
}

void evidence_line(const char *format, ...)
{
	char line[LINE];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (length >= 0)
		print_line(line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

void evidence(const char *format, ...)
{
	char line[LINE], *pairs = stpcpy(line, "# ");
	va_list arguments;

	va_start(arguments, format);
	pairs_print(pairs, (size_t)(line + sizeof(line) - pairs), format, arguments);
	va_end(arguments);
	print_line(line, strlen(line));
}

static void __attribute__((format(printf, 3, 4)))
add_fact(char *line, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	pairs_print(line, size, format, arguments);
	va_end(arguments);
}

void evidence_of_case(const struct case_facts *facts)
{
	char line[LINE] = PAIRS_OF_CASE;

	if (facts->memory)
		add_fact(line, sizeof(line), "memory=%s", facts->memory);
	if (facts->hold)
		add_fact(line, sizeof(line), "hold=%s", facts->hold);
	if (facts->event)
		add_fact(line, sizeof(line), "event=%s", facts->event);
	if (facts->rows)
		add_fact(line, sizeof(line), "rows=\"%s\"", facts->rows);
	if (line[sizeof(PAIRS_OF_CASE) - 1])
		printf("# %s\n", line);
}
