/* SPDX-License-Identifier: GPL-2.0-only */
/* Modules that a test loads and unloads itself. */
#ifndef PINCHECK_SELFTESTS_MODULE_FILE_H
#define PINCHECK_SELFTESTS_MODULE_FILE_H

#include <stdbool.h>

/** module_file_can_unload() - can this kernel unload modules at all? */
bool module_file_can_unload(void);

/**
 * module_file_load() - load a module, if it is not loaded
 * @file: its path; NULL: -ENOENT
 * @parameters: of the module: "name=value"
 *
 * Return: 0 or -errno.
 */
int module_file_load(const char *file, const char *parameters);

/** module_file_unload_now() - unload it. Return: 0 or -errno, -EWOULDBLOCK while it is in use */
int module_file_unload_now(const char *name);

/** module_file_unload() - the same, and wait a moment for processes that were killed */
int module_file_unload(const char *name);

/**
 * module_file_refuses_nobody() - does the module refuse an ordinary user?
 * @open: opens what the module offers. Return: a descriptor or a negative errno
 *
 * Return: 0: with EACCES; another status of wait(); or -errno.
 */
int module_file_refuses_nobody(int (*open)(void));

#endif
