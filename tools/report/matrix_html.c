// SPDX-License-Identifier: GPL-2.0-only
/* matrix.html: the files of page/ and the data in one file that needs no other file. */
#include <stdlib.h>
#include <string.h>
#include "asset.h"
#include "matrix.h"
#include "text.h"

/* Only '<' could end the script element; JSON has it in strings only. */
static void write_json_for_html(const char *json, FILE *to)
{
	for (; *json; json++) {
		if (*json == '<')
			fputs("\\u003c", to);
		else
			putc(*json, to);
	}
}

static void write_data(const struct matrix *matrix, FILE *to)
{
	json_t *json = matrix_page(matrix);
	char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));

	write_json_for_html(text, to);
	free(text);
	json_decref(json);
}

void matrix_write_html(const struct matrix *matrix, FILE *to)
{
	static const struct {
		const char *mark;
		const char *asset;
	} parts[] = {
		{ "@STYLE@", asset_css },
		{ "@DATA@", NULL },
		{ "@SCRIPT@", asset_js },
	};
	const char *at = asset_html;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *mark = strstr(at, parts[i].mark);

		fwrite(at, 1, (size_t)(mark - at), to);
		if (parts[i].asset)
			fputs(parts[i].asset, to);
		else
			write_data(matrix, to);
		at = mark + strlen(parts[i].mark);
	}
	fputs(at, to);
}
