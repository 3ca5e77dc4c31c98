/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP output of a host test program: a verdict a line, the plan at the end. */
#ifndef PINCHECK_LIB_TEST_TAP_H
#define PINCHECK_LIB_TEST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned int tap_tests;
static unsigned int tap_failures;

static inline void tap_begin(void)
{
	puts("TAP version 13");
}

static inline void __attribute__((format(printf, 2, 3)))
tap_verdict(bool ok, const char *format, ...)
{
	va_list arguments;

	printf("%sok %u ", ok ? "" : "not ", ++tap_tests);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	tap_failures += !ok;
}

static inline void __attribute__((noreturn, format(printf, 1, 2)))
tap_bail_out(const char *format, ...)
{
	va_list arguments;

	fputs("Bail out! ", stdout);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	exit(1);
}

/* Return: what main() returns */
static inline int tap_end(void)
{
	printf("1..%u\n", tap_tests);
	return tap_failures ? 1 : 0;
}

#endif
