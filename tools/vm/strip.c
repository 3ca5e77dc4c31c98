// SPDX-License-Identifier: GPL-2.0-only
/* Copies of programs and modules without debugging information, by strip(1). */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../arch/arch.h"
#include "strip.h"
#include "util.h"

/* The type of an ELF file (ET_EXEC, ET_REL for a module), or ET_NONE for any other file */
static unsigned int elf_type(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr header = { 0 };
	bool is_elf = file >= 0 && read(file, &header, sizeof(header)) == sizeof(header) &&
		      !memcmp(header.e_ident, ELFMAG, SELFMAG);

	if (file >= 0)
		close(file);
	return is_elf ? header.e_type : ET_NONE;
}

/* The strip of the compiler for @arch, or that of this machine. Return: its path, to be freed, or NULL */
static char *find_strip(const struct arch *arch)
{
	char *name = format_text("%sstrip", arch->cross);
	char *program = find_program(name);

	if (!program && arch == arch_host())
		program = find_program("strip");
	if (!program)
		complain("no %s: the image stays larger. Install it: sudo apt-get install binutils", name);
	free(name);
	return program;
}

char *strip_file(const struct arch *arch, const char *path)
{
	static char *program;
	static bool looked;
	unsigned int type = elf_type(path);
	char *copy, line[2];
	int file;

	if (!looked)
		program = find_strip(arch);
	looked = true;
	if (!program || type == ET_NONE)
		return NULL;
	copy = format_text("%s/pincheck-vm.XXXXXX", getenv("TMPDIR") ?: "/tmp");
	file = mkostemp(copy, O_CLOEXEC);
	if (file >= 0) {
		/* A module needs its symbols. */
		char *const argv[] = { program, type == ET_REL ? "--strip-debug" : "--strip-all", "-o",
				       copy, (char *)path, NULL };

		close(file);
		if (!first_line_of(argv, line, sizeof(line)))
			return copy;
		unlink(copy);
	}
	complain("cannot strip %s: it is packed as it is", path);
	free(copy);
	return NULL;
}
