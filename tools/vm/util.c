// SPDX-License-Identifier: GPL-2.0-only
/* Small things every room of pincheck-vm needs. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "util.h"

#define PROGRAM	"pincheck-vm"

void complain(const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	fputs(PROGRAM ": ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static void __attribute__((noreturn)) no_memory(void)
{
	complain("out of memory");
	exit(2);
}

char *format_text(const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		no_memory();
	return text;
}

void *grow(void *array, size_t count, size_t element)
{
	void *bigger;

	/* The size doubles when the count reaches a power of two, so the count gives the size. */
	if (count & (count - 1))
		return array;
	bigger = realloc(array, (count ? count * 2 : 1) * element);
	if (!bigger)
		no_memory();
	return bigger;
}

double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "re");
	char *bytes = NULL;
	size_t used = 0, got;

	if (!file)
		return NULL;
	do {
		char *bigger = realloc(bytes, used + 65536 + 1);

		if (!bigger)
			no_memory();
		bytes = bigger;
		got = fread(bytes + used, 1, 65536, file);
		used += got;
	} while (got);
	bytes[used] = '\0';
	if (length)
		*length = used;
	if (ferror(file)) {
		free(bytes);
		bytes = NULL;
	}
	fclose(file);
	return bytes;
}

int first_line_of(char *const argv[], char *line, size_t size)
{
	int output[2], status;
	FILE *from;
	pid_t pid;

	if (pipe2(output, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(output[1], STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(output[1]);
	from = fdopen(output[0], "r");
	if (!fgets(line, (int)size, from))
		*line = '\0';
	while (getc(from) != EOF)
		;
	fclose(from);
	line[strcspn(line, "\n")] = '\0';
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status ? 0 : -1;
}

char *find_program(const char *name)
{
	char *path = format_text("%s:/usr/sbin:/sbin:/usr/bin:/bin", getenv("PATH") ?: "");
	char *rest = path;
	char *found = strchr(name, '/') && !access(name, X_OK) ? format_text("%s", name) : NULL;

	for (char *part = strsep(&rest, ":"); part && !found; part = strsep(&rest, ":")) {
		char *file = format_text("%s/%s", part, name);

		if (*part && !access(file, X_OK))
			found = file;
		else
			free(file);
	}
	free(path);
	return found;
}
