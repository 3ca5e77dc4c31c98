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
#include <stdlib.h>
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

/**
 * command_prepare() - what commands have in common, kept by this process and those that it forks
 *
 * Under emulation the loader of each command would be translated anew, were it not the same file.
 *
 * Return: a descriptor that stays open, or -errno.
 */
int command_prepare(void);

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

/** RUN() - command_start() with these arguments */
#define RUN(command, ...)									\
	command_start(command, (const char *const []) { __VA_ARGS__, NULL })

/** EXPECT_EXIT() - the program of @self has ended like that, or said why not */
#define EXPECT_EXIT(self, code) do {								\
	char cli_errors[400];									\
												\
	EXPECT_EQ(code, command_end(&(self)->command, cli_errors, sizeof(cli_errors))) {	\
		TH_LOG("%s", cli_errors);							\
	}											\
} while (0)

/** text_of() - the string that @row has as @key, or "" */
static inline const char *text_of(const json_t *row, const char *key)
{
	return json_string_value(json_object_get(row, key)) ?: "";
}

/** number_of() - the number that @row has as @key; 0x strings are numbers, too; or -1 */
static inline long long number_of(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	return json_is_string(value) ? (long long)strtoull(json_string_value(value), NULL, 16) :
	       json_is_integer(value) ? json_integer_value(value) : -1;
}

#endif
