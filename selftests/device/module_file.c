// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading modules. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "clock.h"
#include "module_file.h"

#define NOBODY		65534

/* A kernel that cannot unload modules has no such system call. */
bool module_file_can_unload(void)
{
	return !syscall(SYS_delete_module, "", O_NONBLOCK) || errno != ENOSYS;
}

int module_file_load(const char *file, const char *parameters)
{
	int descriptor = file ? open(file, O_RDONLY | O_CLOEXEC) : -1, error = 0;

	if (descriptor < 0)
		return file ? -errno : -ENOENT;
	if (syscall(SYS_finit_module, descriptor, parameters, 0) && errno != EEXIST)
		error = -errno;
	close(descriptor);
	return error;
}

int module_file_unload_now(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

int module_file_unload(const char *name)
{
	int64_t end = moment_end();
	int error;

	do {
		error = module_file_unload_now(name);
	} while (error == -EWOULDBLOCK && moment_goes_on(end));
	return error;
}

int module_file_refuses_nobody(int (*open)(void))
{
	pid_t child = fork();
	int status = -1;

	if (!child) {
		if (setresuid(NOBODY, NOBODY, NOBODY))
			_exit(1);
		_exit(open() == -EACCES ? 0 : 2);
	}
	return waitpid(child, &status, 0) == child ? status : -errno;
}
