// SPDX-License-Identifier: GPL-2.0-only
/* What a case prints before its verdict. */
#include <stdarg.h>
#include <stdio.h>
#include "../../tools/lib/pairs.h"
#include "evidence.h"

#define LINE	1024

void evidence(const char *format, ...)
{
	char line[LINE] = "";
	va_list arguments;

	va_start(arguments, format);
	pairs_print(line, sizeof(line), format, arguments);
	va_end(arguments);
	fprintf(stderr, "# %s\n", line);
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
