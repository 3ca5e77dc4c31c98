/* SPDX-License-Identifier: GPL-2.0-only */
/* Directories that an option names and that are not there yet. */
#ifndef PINCHECK_LIB_DIRECTORY_H
#define PINCHECK_LIB_DIRECTORY_H

/**
 * make_directories() - make @path and the directories above it, as mkdir -p does
 *
 * Return: 0, also where @path was there; or a negative errno
 */
int make_directories(const char *path);

/** make_directories_for() - make the directories above the file @path. Return: 0 or -errno */
int make_directories_for(const char *path);

#endif
