// SPDX-License-Identifier: GPL-2.0-only
/* pincheck-report matrix: all forms of the matrix at once. */
#include "commands.h"
#include "matrix.h"
#include "merge_column.h"
#include "output.h"
#include "text.h"

/* Of many columns, the form that the page has: an object a cell would be a hundred megabytes. */
static void write_json(const struct matrix *matrix, FILE *to)
{
	bool many = matrix->run_count > MANY_COLUMNS;
	json_t *json = many ? matrix_page(matrix) : matrix_json(matrix);

	if (many)
		json_object_set_new(json, "version", json_integer(2));
	json_dumpf(json, to, (many ? JSON_COMPACT : JSON_INDENT(1)) | JSON_REAL_PRECISION(6));
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

int matrix_write_forms(const struct matrix *matrix, const char *directory)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct output output;

		output_open(&output, directory, forms[i].file);
		forms[i].write(matrix, output.to);
		output_close(&output);
	}
	/* A terminal has room for few columns. */
	if (matrix->run_count <= MANY_COLUMNS)
		matrix_print_table(matrix);
	return !matrix->run_count ? EXIT_SKIP_ONLY : matrix_is_red(matrix) ? EXIT_FAIL : EXIT_PASS;
}

int command_matrix(const struct arguments *arguments)
{
	struct matrix matrix;
	int code;

	matrix_build(&matrix, arguments->results, arguments->operands);
	code = matrix_write_forms(&matrix, arguments->output);
	matrix_free(&matrix);
	return code;
}
