/* SPDX-License-Identifier: GPL-2.0-only */
/* The pincheck command: each subcommand is a file, and a row of the table in main.c. */
#ifndef PINCHECK_COMMAND_H
#define PINCHECK_COMMAND_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "tools/lib/array.h"
#include "tools/lib/exit_code.h"
#include "tools/lib/page_size.h"

/* Other names for exit codes of a command that runs no tests */
enum { EXIT_KEPT = EXIT_PASS, EXIT_BROKEN = EXIT_FAIL };

int bench_command(int argc, char **argv);
int bench_gup_command(int argc, char **argv);
int info_command(int argc, char **argv);
int doctor_command(int argc, char **argv);
int demo_command(int argc, char **argv);
int hold_command(int argc, char **argv);
int leak_command(int argc, char **argv);
int map_command(int argc, char **argv);
int model_command(int argc, char **argv);
int page_command(int argc, char **argv);
int scan_command(int argc, char **argv);
int trace_command(int argc, char **argv);
int watch_command(int argc, char **argv);

/**
 * parse_number() - @text, the value of option @what, as a number: decimal or 0x hexadecimal
 *
 * K, M or G at its end multiplies it by 1024 once, twice or three times. Where @text is no number,
 * prints an error and ends the program with EXIT_USAGE.
 */
unsigned long long parse_number(const struct argp_state *state, const char *what,
				const char *text);

/** open_session() - open the device. Return: a descriptor, or -1 after printing an error */
int open_session(void);

/** report_device_failure() - print that @doing failed with @error (negative) of the device, and what mends it */
void report_device_failure(const char *doing, int error);

/** NEEDS_ROOT - ends an error about page frame numbers */
#define NEEDS_ROOT	"Page frame numbers need CAP_SYS_ADMIN: use sudo"

#endif
