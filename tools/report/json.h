/* SPDX-License-Identifier: GPL-2.0-only */
/* What the JSON forms share. */
#ifndef PINCHECK_REPORT_JSON_H
#define PINCHECK_REPORT_JSON_H

#include <jansson.h>

/** json_lines() - Return: an array of the lines of @text; a new reference */
json_t *json_lines(const char *text);

/** time_now() - Return: SOURCE_DATE_EPOCH, or now, as RFC 3339 has it; to be freed */
char *time_now(void);

#endif
