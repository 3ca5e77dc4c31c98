// SPDX-License-Identifier: GPL-2.0-only
/* Watches what the kernel says on its console. */
#include <string.h>
#include "console.h"
#include "splat.h"

#define PANIC	"Kernel panic - not syncing"

/* Newer kernels put "Oops: " before "int3: ". */
static bool dies_of_int3(const char *message)
{
	static const char oops[] = "Oops: ", int3[] = "int3: ";

	if (!strncmp(message, oops, strlen(oops)))
		message += strlen(oops);
	return !strncmp(message, int3, strlen(int3));
}

static void whole_line(struct console *console)
{
	const char *message;

	console->line[console->length] = '\0';
	message = splat_skip_stamp(console->line);
	if (*message) {
		memcpy(console->tail[console->lines++ % CONSOLE_TAIL], console->line,
		       console->length + 1);
		console->int3 |= dies_of_int3(message);
		if (!*console->panic && !strncmp(message, PANIC, strlen(PANIC)))
			strcpy(console->panic, message);
		else if (!*console->splat && splat_starts(message))
			strcpy(console->splat, message);
	}
	console->length = 0;
}

void console_feed(struct console *console, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\n')
			whole_line(console);
		else if (bytes[i] != '\r' && console->length < CONSOLE_LINE - 1)
			console->line[console->length++] = bytes[i];
	}
}

void console_print_tail(const struct console *console, FILE *to)
{
	unsigned int first = console->lines > CONSOLE_TAIL ? console->lines - CONSOLE_TAIL : 0;

	if (!console->lines)
		fputs("  (the console stayed empty)\n", to);
	for (unsigned int i = first; i < console->lines; i++)
		fprintf(to, "  %s\n", console->tail[i % CONSOLE_TAIL]);
	if (console->length)
		fprintf(to, "  %.*s\n", (int)console->length, console->line);
}
