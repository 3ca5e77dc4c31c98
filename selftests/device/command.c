// SPDX-License-Identifier: GPL-2.0-only
/* The pincheck command, run by a test. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../tools/arch/arch.h"
#include "command.h"

#define MAX_ARGUMENTS	32

/* Of a package, which has no command beside the tests. */
#define INSTALLED	"/usr/bin/pincheck"

static int own_directory(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);

	if (length < 0)
		return -errno;
	path[length] = '\0';
	dirname(path);
	return 0;
}

/* The loader beside the tests is not executable, so that nobody runs it as a test: its copy is. */
static int executable_copy(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to = memfd_create("loader", MFD_CLOEXEC);
	struct stat status;
	int error = 0;

	if (from < 0 || to < 0 || fstat(from, &status) ||
	    sendfile(to, from, NULL, status.st_size) != status.st_size)
		error = errno ? -errno : -EIO;
	if (from >= 0)
		close(from);
	if (error && to >= 0)
		close(to);
	return error ? error : to;
}

/* The loader that runs the command beside the tests, or the installed command. */
static int loader = -1;
static bool is_installed;

int command_prepare(void)
{
	const struct arch *arch = arch_host();
	char directory[PATH_MAX], path[PATH_MAX + NAME_MAX];
	int error, fd;

	if (loader >= 0)
		return loader;
	if (!arch)
		return -ENOEXEC;
	error = own_directory(directory, sizeof(directory));
	if (error)
		return error;
	snprintf(path, sizeof(path), "%s%s", directory, strrchr(arch->loader, '/'));
	fd = executable_copy(path);
	if (fd == -ENOENT) {
		fd = open(INSTALLED, O_RDONLY | O_CLOEXEC);
		is_installed = fd >= 0;
	}
	loader = fd;
	return loader;
}

static _Noreturn void execute_pincheck(const char *directory, const char *const *arguments,
				       const int *input, const int *output, int errors)
{
	char program[PATH_MAX + sizeof("/pincheck")];
	const char *all[MAX_ARGUMENTS] = { arch_host()->loader, "--library-path", directory, program };
	size_t count = 4;

	while (*arguments && count + 1 < MAX_ARGUMENTS)
		all[count++] = *arguments++;
	snprintf(program, sizeof(program), "%s/pincheck", directory);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(input[0], STDIN_FILENO);
	dup2(output[1], STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	/* An installed command needs no loader's words before its own name. */
	fexecve(loader, (char *const *)(is_installed ? all + 3 : all), environ);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", program, strerror(errno));
	_exit(127);
}

/* Return: 0, and @output has the end that is read and the end of the command; or -errno */
static int open_terminal(int *output)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 80 };
	char name[64];

	output[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (output[0] < 0 || grantpt(output[0]) || unlockpt(output[0]) ||
	    ptsname_r(output[0], name, sizeof(name)))
		return -errno;
	output[1] = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return output[1] < 0 || ioctl(output[1], TIOCSWINSZ, &size) ? -errno : 0;
}

static int open_pipe(int *output)
{
	return pipe2(output, O_CLOEXEC) ? -errno : 0;
}

static int start_command(struct command *command, const char *const *arguments, bool terminal)
{
	int input[2], output[2], error = command_prepare();
	char directory[PATH_MAX];

	*command = (struct command) { .input = -1, .errors = -1 };
	if (error < 0)
		return error;
	error = own_directory(directory, sizeof(directory));
	if (error)
		return error;
	command->errors = memfd_create("errors", MFD_CLOEXEC);
	if (command->errors < 0 || pipe2(input, O_CLOEXEC))
		return -errno;
	error = terminal ? open_terminal(output) : open_pipe(output);
	if (error)
		return error;
	command->pid = fork();
	if (!command->pid)
		execute_pincheck(directory, arguments, input, output,
				 terminal ? output[1] : command->errors);
	error = command->pid < 0 ? -errno : 0;
	close(input[0]);
	close(output[1]);
	command->input = input[1];
	command->output = fdopen(output[0], "r");
	return error;
}

int command_start(struct command *command, const char *const *arguments)
{
	return start_command(command, arguments, false);
}

int command_start_terminal(struct command *command, const char *const *arguments)
{
	return start_command(command, arguments, true);
}

json_t *command_json(struct command *command)
{
	return json_loadf(command->output, JSON_DISABLE_EOF_CHECK, NULL);
}

int command_end(struct command *command, char *errors, size_t size)
{
	char ignored[4096];
	ssize_t length;
	int status;

	close(command->input);
	command->input = -1;
	while (fread(ignored, 1, sizeof(ignored), command->output))
		;
	fclose(command->output);
	if (waitpid(command->pid, &status, 0) != command->pid)
		return -errno;
	command->pid = 0;
	if (errors) {
		length = pread(command->errors, errors, size - 1, 0);
		errors[length < 0 ? 0 : length] = '\0';
	}
	close(command->errors);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
