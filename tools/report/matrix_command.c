// SPDX-License-Identifier: GPL-2.0-only
/* pincheck-report matrix: all forms of the matrix at once. */
#include "commands.h"
#include "matrix.h"
#include "output.h"
#include "text.h"

static void write_json(const struct matrix *matrix, FILE *to)
{
	json_t *json = matrix_json(matrix);

	json_dumpf(json, to, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	putc('\n', to);
	json_decref(json);
}

static const struct {
	const char *file;
	void (*write)(const struct matrix *matrix, FILE *to);
} forms[] = {
	{ "matrix.json", write_json },
	{ "matrix.html", matrix_write_html },
	{ "matrix.md", matrix_write_md },
};

int command_matrix(const struct arguments *arguments)
{
	struct matrix matrix;
	int code;

	matrix_build(&matrix, arguments->results, arguments->operands);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct output output;

		output_open(&output, arguments->output, forms[i].file);
		forms[i].write(&matrix, output.to);
		output_close(&output);
	}
	matrix_print_table(&matrix);
	code = !matrix.run_count ? EXIT_SKIP_ONLY : matrix_is_red(&matrix) ? EXIT_FAIL : EXIT_PASS;
	matrix_free(&matrix);
	return code;
}
