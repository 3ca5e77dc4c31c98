/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that a test runs: the pincheck command, which lies beside the tests with the loader and
 * the libraries that it was linked with, so that it runs where nothing is installed.
 */
#ifndef PINCHECK_SELFTESTS_COMMAND_H
#define PINCHECK_SELFTESTS_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/**
 * struct command - a running program
 * @pid: of it; 0: none
 * @input: what it reads; -1 once closed
 * @output: what it prints
 * @errors: a file that has what it complains of
 */
struct command {
	pid_t pid;
	int input;
	FILE *output;
	int errors;
};

/** command_start() - run pincheck with @arguments, which end with NULL. Return: 0 or -errno */
int command_start(struct command *command, const char *const *arguments);

/** command_json() - the next JSON value that it prints, or NULL */
json_t *command_json(struct command *command);

/**
 * command_end() - close its input and wait for it
 * @errors: gets what it complained of, and @size - 1 bytes of it at most; may be NULL
 *
 * Return: its exit code, 128 and the signal that killed it, or -errno
 */
int command_end(struct command *command, char *errors, size_t size);

#endif
