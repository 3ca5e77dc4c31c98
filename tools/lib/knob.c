// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc and /sys that hold one value. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "knob.h"

int knob_set(const char *path, const char *value)
{
	int file = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (file < 0)
		return -errno;
	if (write(file, value, strlen(value)) < 0)
		error = -errno;
	close(file);
	return error;
}

int knob_value(const char *path, char *value, size_t size)
{
	FILE *file = fopen(path, "re");
	char line[200] = "", *begin;

	if (!file)
		return -errno;
	begin = fgets(line, sizeof(line), file);
	fclose(file);
	if (!begin)
		return -ENODATA;
	begin = strchr(line, '[');
	begin = begin ? begin + 1 : line;
	begin[strcspn(begin, "]\n")] = '\0';
	snprintf(value, size, "%s", begin);
	return 0;
}

int knob_set_number(const char *path, long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", number);
	return knob_set(path, text);
}

long knob_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long number = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}
