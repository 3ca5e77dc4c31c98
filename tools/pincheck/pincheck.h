/* SPDX-License-Identifier: GPL-2.0-only */
/* The pincheck command: one file a subcommand, each a row of the table in main.c. */
#ifndef PINCHECK_COMMAND_H
#define PINCHECK_COMMAND_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "tools/lib/array.h"
#include "tools/lib/page_size.h"

/* Exit codes, as design.md section 9 has them for a run. */
enum exit_code { EXIT_KEPT = 0, EXIT_BROKEN = 1, EXIT_USAGE = 2 };

int bench_command(int argc, char **argv);
int info_command(int argc, char **argv);
int doctor_command(int argc, char **argv);
int demo_command(int argc, char **argv);
int hold_command(int argc, char **argv);
int model_command(int argc, char **argv);
int page_command(int argc, char **argv);
int scan_command(int argc, char **argv);
int watch_command(int argc, char **argv);

struct column;

/**
 * parse_arguments() - argp_parse(), with @columns explained below its --help
 *
 * Who gets the arguments wrong is told, and the program ends with EXIT_USAGE.
 */
void parse_arguments(const struct argp *argp, int argc, char **argv, void *input,
		     const struct column *columns, size_t count);

/**
 * parse_number() - @text of option @what as a number, decimal or 0x hexadecimal
 *
 * A number with K, M or G behind it is that many times 1024. Ends the program as above.
 */
unsigned long long parse_number(const struct argp_state *state, const char *what,
				const char *text);

/** open_session() - of the device. Return: it, or -1 once a person has been told why not */
int open_session(void);

#endif
