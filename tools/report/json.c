// SPDX-License-Identifier: GPL-2.0-only
/* What the JSON forms share. */
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "text.h"

json_t *json_lines(const char *text)
{
	json_t *lines = json_array();

	while (*text) {
		size_t length = strcspn(text, "\n");

		json_array_append_new(lines, json_stringn_nocheck(text, length));
		text += length + (text[length] == '\n');
	}
	return lines;
}

char *time_text(time_t time)
{
	char text[32];
	struct tm utc;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&time, &utc));
	return copy_of(text);
}

char *time_now(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	return time_text(epoch ? (time_t)atoll(epoch) : time(NULL));
}
