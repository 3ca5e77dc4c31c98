// SPDX-License-Identifier: GPL-2.0-only
/* The debugfs file gup_test: loading and unloading the module, and calls. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../../tools/vm/protocol.h"
#include "gup_test_file.h"
#include "module_file.h"

#define MODULE		"gup_test"
#define MODULE_TWIN	"gup_twin"
#define MODULE_SYSFS	"/sys/module/" MODULE

bool gup_test_offered(void)
{
	const char *module = getenv(ENV_GUP_TEST);

	if (!module || access(module, R_OK) || access("/sys/kernel/debug/.", W_OK) ||
	    !module_file_can_unload())
		return false;
	/* The file of a kernel that has its own would be there without the module. */
	return access(GUP_TEST_FILE, F_OK) || !access(MODULE_SYSFS, F_OK);
}

int gup_test_load(void)
{
	return module_file_load(getenv(ENV_GUP_TEST), "");
}

/* The kernel takes the name of a module from struct module, which is in a section of its own. */
static bool rename_module(char *image, size_t bytes)
{
	const Elf64_Ehdr *header = (const void *)image;
	const Elf64_Shdr *sections = (const void *)(image + header->e_shoff);
	const char *names = image + sections[header->e_shstrndx].sh_offset;

	for (size_t i = 0; i < header->e_shnum; i++) {
		char *section = image + sections[i].sh_offset, *name;

		if (strcmp(names + sections[i].sh_name, ".gnu.linkonce.this_module") ||
		    sections[i].sh_offset + sections[i].sh_size > bytes)
			continue;
		name = memmem(section, sections[i].sh_size, MODULE, sizeof(MODULE));
		if (name)
			memcpy(name, MODULE_TWIN, sizeof(MODULE_TWIN));
		return name;
	}
	return false;
}

int gup_test_load_twin(void)
{
	int file = open(getenv(ENV_GUP_TEST), O_RDONLY | O_CLOEXEC), error = -ENOEXEC;
	struct stat status;
	char *image;

	if (file < 0 || fstat(file, &status))
		return -errno;
	image = mmap(NULL, status.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	close(file);
	if (image == MAP_FAILED)
		return -errno;
	if (rename_module(image, status.st_size))
		error = syscall(SYS_init_module, image, status.st_size, "") ? -errno : 0;
	munmap(image, status.st_size);
	if (!error)
		syscall(SYS_delete_module, MODULE_TWIN, O_NONBLOCK);
	return error;
}

int gup_test_unload_now(void)
{
	return module_file_unload_now(MODULE);
}

int gup_test_unload(void)
{
	return module_file_unload(MODULE);
}

/* The kernel's own file does not bear hostile use: it asks GUP-fast for 0 pages (R84). */
int gup_test_open(void)
{
	int file = open(GUP_TEST_FILE, O_RDWR | O_CLOEXEC);

	if (file < 0)
		return -errno;
	if (access(MODULE_SYSFS, F_OK)) {
		close(file);
		return -ENODEV;
	}
	return file;
}

int gup_test_call(int file, unsigned long command, void *argument)
{
	return ioctl(file, command, argument) ? -errno : 0;
}
