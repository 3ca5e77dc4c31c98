// SPDX-License-Identifier: GPL-2.0-only
/* JSON values that several reports have. */
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "results.h"
#include "text.h"
#include "../lib/pairs.h"

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

json_t *json_facts(const char *pairs)
{
	json_t *facts = json_object();
	struct pair pair;

	while (pair_next(&pairs, &pair)) {
		char *key = format_of("%.*s", (int)pair.key_length, pair.key);
		char value[FACT_BYTES];

		pair_copy(&pair, value, sizeof(value));
		json_object_set_new(facts, key, json_string_nocheck(value));
		free(key);
	}
	return facts;
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
