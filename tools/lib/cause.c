// SPDX-License-Identifier: GPL-2.0-only
/* What went wrong, in words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "cause.h"

static struct {
	int error;
	char words[240];
} last;

int cause_say(int error, const char *format, ...)
{
	va_list arguments;

	last.error = error;
	va_start(arguments, format);
	vsnprintf(last.words, sizeof(last.words), format, arguments);
	va_end(arguments);
	return error;
}

const char *cause_of(int error)
{
	return error && error == last.error ? last.words : strerror(-error);
}

void cause_forget(void)
{
	last.error = 0;
}
