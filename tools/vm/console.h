/* SPDX-License-Identifier: GPL-2.0-only */
/* Watches what the kernel says on its console. */
#ifndef PINCHECK_VM_CONSOLE_H
#define PINCHECK_VM_CONSOLE_H

#include <stdbool.h>
#include <stdio.h>

#define CONSOLE_TAIL	30
#define CONSOLE_LINE	256

/**
 * struct console - what was seen so far
 * @panic: the panic message, "" if none
 * @splat: the first splat, "" if none; guests report their own, this one sees what they cannot
 * @int3: the kernel died of a breakpoint: see Documentation/emulation.md
 */
struct console {
	char line[CONSOLE_LINE];
	size_t length;
	char tail[CONSOLE_TAIL][CONSOLE_LINE];
	unsigned int lines;
	char panic[CONSOLE_LINE];
	char splat[CONSOLE_LINE];
	bool int3;
};

void console_feed(struct console *console, const char *bytes, size_t length);

/** console_print_tail() - the last lines, for a person who must find out why */
void console_print_tail(const struct console *console, FILE *to);

#endif
