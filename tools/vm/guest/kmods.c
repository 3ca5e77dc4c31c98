// SPDX-License-Identifier: GPL-2.0-only
/* Kernel modules: the list that the host packed, and the module under test. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "../protocol.h"
#include "guest.h"

/* While sessions of killed tests are still being closed, the module is in use. */
#define REMOVE_SECONDS	10

int kmod_insert(const char *path, const char *parameters)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, parameters, 0))
		error = -errno;
	close(fd);
	return error;
}

void kmods_load(const char *name)
{
	FILE *list = fopen(name, "re");
	char line[512];

	if (!list)
		return;
	while (fgets(line, sizeof(line), list)) {
		char *parameters;
		int error;

		line[strcspn(line, "\n")] = '\0';
		parameters = strchr(line, ' ');
		if (parameters)
			*parameters++ = '\0';
		error = kmod_insert(line, parameters ? parameters : "");
		if (error && error != -EEXIST)
			report("kernel module %s: %s", line, strerror(-error));
	}
	fclose(list);
}

void kmods_load_for(enum need need)
{
	char list[64];

	snprintf(list, sizeof(list), GUEST_KMODS ".%s", need_name(need));
	kmods_load(list);
}

/* The kernel's name of the module in @path: no directory, no ".ko", '_' for '-' */
void module_name(const char *path, char *name, size_t size)
{
	const char *slash = strrchr(path, '/');

	snprintf(name, size, "%s", slash ? slash + 1 : path);
	name[strcspn(name, ".")] = '\0';
	for (char *at = name; *at; at++)
		if (*at == '-')
			*at = '_';
}

int module_insert(const char *path)
{
	char name[128], file[256], version[128];
	int error = kmod_insert(path, "");

	if (error)
		return error;
	module_name(path, name, sizeof(name));
	snprintf(file, sizeof(file), "/sys/module/%s/srcversion", name);
	file_read(file, version, sizeof(version));
	report("module: %s srcversion %s", name, version);
	return 0;
}

static void sibling_offer(const struct config *config, const char *module, const char *variable)
{
	const char *slash = strrchr(config->module, '/');
	char path[FILTER_MAX + sizeof(INTERLEAVE_MODULE)];

	snprintf(path, sizeof(path), "%.*s%s", slash ? (int)(slash + 1 - config->module) : 0,
		 config->module, module);
	if (*config->module && !access(path, R_OK))
		setenv(variable, path, 1);
}

void siblings_offer(const struct config *config)
{
	sibling_offer(config, GUP_TEST_MODULE, ENV_GUP_TEST);
	sibling_offer(config, INTERLEAVE_MODULE, ENV_INTERLEAVE);
}

int module_remove(const char *path)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	double deadline = monotonic_seconds() + REMOVE_SECONDS;
	char name[128];

	module_name(path, name, sizeof(name));
	while (syscall(SYS_delete_module, name, O_NONBLOCK)) {
		if (errno != EWOULDBLOCK || monotonic_seconds() > deadline)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return 0;
}
