/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON values that several reports have. */
#ifndef PINCHECK_REPORT_JSON_H
#define PINCHECK_REPORT_JSON_H

#include <time.h>
#include <jansson.h>

/** json_lines() - Return: an array of the lines of @text; a new reference */
json_t *json_lines(const char *text);

/** json_facts() - Return: pairs (tools/lib/pairs.h) as an object of strings; a new reference */
json_t *json_facts(const char *pairs);

/** time_text() - Return: @time in the form of RFC 3339, in UTC; to be freed */
char *time_text(time_t time);

/** time_now() - Return: SOURCE_DATE_EPOCH, or the present time, in the same form */
char *time_now(void);

#endif
