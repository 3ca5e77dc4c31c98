/* SPDX-License-Identifier: GPL-2.0-only */
/* The pincheck command: one file a subcommand, each a row of the table in main.c. */
#ifndef PINCHECK_COMMAND_H
#define PINCHECK_COMMAND_H

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Exit codes, as design.md section 9 has them for a run. */
enum exit_code { EXIT_KEPT = 0, EXIT_BROKEN = 1, EXIT_USAGE = 2 };

int info_command(int argc, char **argv);
int doctor_command(int argc, char **argv);
int demo_command(int argc, char **argv);
int scan_command(int argc, char **argv);

#endif
