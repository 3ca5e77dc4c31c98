// SPDX-License-Identifier: GPL-2.0-only
/* pincheck doctor --suite: what the suite would skip on this machine. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/lib/array.h"
#include "tools/lib/exit_code.h"
#include "tools/pincheck/doctor.h"

/* Any topic answers for all of them. In a guest the program of a topic that does not run is empty. */
static const char *const answering[] = { "cli", "fork" };

/* Return: whether @path became that of a program. */
static bool find_program(const char *tests, char *path, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(answering); i++) {
		snprintf(path, size, "%s/%s", tests, answering[i]);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

/* Start the program, without a shell. Return: its output, or NULL. */
static FILE *ask_program(const char *path, pid_t *pid)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return NULL;
	*pid = fork();
	if (!*pid) {
		dup2(ends[1], STDOUT_FILENO);
		execl(path, path, "-r", NULL);
		_exit(EXIT_USAGE);
	}
	close(ends[1]);
	if (*pid > 0)
		return fdopen(ends[0], "r");
	close(ends[0]);
	return NULL;
}

static void print_answer(char *line, struct table *table, finding_printer print)
{
	struct finding finding = { .fine = true };
	char *rest = line, *state = strsep(&rest, "\t"), *name = strsep(&rest, "\t");

	if (!name || !rest || strcmp(state, "skip"))
		return;
	FOUND(&finding, "%s", rest);
	print(table, name, "skips", &finding);
}

/* A line is "met" or "skip", the name of the requirement, and its reason, with tabs between them. */
int doctor_suite(const char *tests, struct table *table, finding_printer print)
{
	char path[PATH_MAX], line[400];
	int lines, status = -1;
	FILE *answers;
	pid_t pid;

	if (!find_program(tests, path, sizeof(path))) {
		fprintf(stderr, "pincheck: %s has no test programs: %s. Build them: make tests; then: pincheck doctor --suite build/tests\n",
			tests, strerror(errno));
		return -ENOENT;
	}
	answers = ask_program(path, &pid);
	for (lines = 0; answers && fgets(line, sizeof(line), answers); lines++) {
		line[strcspn(line, "\n")] = '\0';
		print_answer(line, table, print);
	}
	if (answers) {
		fclose(answers);
		waitpid(pid, &status, 0);
	}
	if (!status && lines)
		return 0;
	fprintf(stderr, "pincheck: the test program %s does not answer. Build it anew: make tests\n", path);
	return -EIO;
}
