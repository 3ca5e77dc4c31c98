/* SPDX-License-Identifier: GPL-2.0-only */
/* Small things every room of pincheck-vm needs. */
#ifndef PINCHECK_VM_UTIL_H
#define PINCHECK_VM_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include "../lib/array.h"

/* One line to stderr, after the program's name: the cause, and what mends it. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An allocated string, or the end of the program: a runner without memory has no verdict. */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2), malloc));
void *grow(void *array, size_t count, size_t element);

double seconds_now(void);

/** read_file() - all of @path, NUL after it; @length may be NULL. Return: to be freed, or NULL */
char *read_file(const char *path, size_t *length);

/** first_line_of() - run @argv, keep the first line it prints. Return: 0, or -1 if it fails */
int first_line_of(char *const argv[], char *line, size_t size);

/** find_program() - a path, or a name to look for. Return: its path, to be freed, or NULL */
char *find_program(const char *name);

#endif
