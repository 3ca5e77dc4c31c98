// SPDX-License-Identifier: GPL-2.0-only
/* Files of proc and sys. An error is a result for the caller, and nothing is printed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "guest.h"

/* Read the beginning of a file, without the last newline. Return: its length or -errno */
int file_read(const char *path, char *into, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	*into = '\0';
	if (file < 0)
		return -errno;
	length = read(file, into, size - 1);
	if (length < 0) {
		length = -errno;
	} else {
		while (length && into[length - 1] == '\n')
			length--;
		into[length] = '\0';
	}
	close(file);
	return (int)length;
}

double monotonic_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
