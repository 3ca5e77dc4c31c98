// SPDX-License-Identifier: GPL-2.0-only
/* Directories that an option names and that are not there yet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "directory.h"

static int make_directory(const char *path)
{
	struct stat status;

	if (!mkdir(path, 0755))
		return 0;
	if (errno != EEXIST)
		return -errno;
	return !stat(path, &status) && !S_ISDIR(status.st_mode) ? -ENOTDIR : 0;
}

/* The first directory that cannot be made gives the errno: those below it fail by ENOENT only. */
int make_directories_for(const char *path)
{
	char *copy = strdup(path);
	int error = copy ? 0 : -ENOMEM;
	char *slash = copy;

	while (!error && (slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		error = make_directory(copy);
		*slash = '/';
	}
	free(copy);
	return error;
}

int make_directories(const char *path)
{
	int error = *path ? make_directories_for(path) : -ENOENT;

	return error ? error : make_directory(path);
}
