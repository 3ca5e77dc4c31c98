/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pincheck command, run by a test. The command lies beside the tests, with its loader and its
 * libraries, so that it runs where nothing is installed.
 */
#ifndef PINCHECK_SELFTESTS_COMMAND_H
#define PINCHECK_SELFTESTS_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

/**
 * struct command - a running pincheck
 * @pid: its process; 0 if none
 * @input: its standard input; -1 once closed
 * @output: its standard output
 * @errors: a file with its standard error
 */
struct command {
	pid_t pid;
	int input;
	FILE *output;
	int errors;
};

/**
 * command_prepare() - open the loader that all commands share, in this process and its children
 *
 * The same file for each command: else emulation would translate the loader of each command anew.
 *
 * Return: a descriptor that stays open, or -errno.
 */
int command_prepare(void);

/** command_start() - run pincheck with @arguments, which end with NULL. Return: 0 or -errno */
int command_start(struct command *command, const char *const *arguments);

/**
 * command_start_terminal() - the same, with a terminal of 24 lines and 80 columns as standard output and error
 *
 * The terminal ends a line by "\r\n".
 */
int command_start_terminal(struct command *command, const char *const *arguments);

/** command_json() - the next JSON value that the command prints, or NULL */
json_t *command_json(struct command *command);

/**
 * command_end() - close the command's input and wait for the command
 * @errors: receives at most @size - 1 bytes of its standard error; may be NULL
 *
 * Return: its exit code, 128 and the signal that killed it, or -errno
 */
int command_end(struct command *command, char *errors, size_t size);

/** RUN() - command_start() with these arguments */
#define RUN(command, ...)									\
	command_start(command, (const char *const []) { __VA_ARGS__, NULL })

/** EXPECT_EXIT() - the program of @self ends with exit code @code; else its errors are logged */
#define EXPECT_EXIT(self, code) do {								\
	char cli_errors[400];									\
												\
	EXPECT_EQ(code, command_end(&(self)->command, cli_errors, sizeof(cli_errors))) {	\
		TH_LOG("%s", cli_errors);							\
	}											\
} while (0)

/** text_of() - the string of @row under @key, or "" */
static inline const char *text_of(const json_t *row, const char *key)
{
	return json_string_value(json_object_get(row, key)) ?: "";
}

/** number_of() - the number of @row under @key, which may be a string that begins with 0x; or -1 */
static inline long long number_of(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	return json_is_string(value) ? (long long)strtoull(json_string_value(value), NULL, 16) :
	       json_is_integer(value) ? json_integer_value(value) : -1;
}

#endif
