// SPDX-License-Identifier: GPL-2.0-only
/* Writes of a debugger. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include "other_write.h"

int all_area_bytes(ssize_t done)
{
	if (done == AREA_BYTES)
		return 0;
	return done < 0 ? -errno : -EIO;
}

int write_proc_mem(const struct memory *memory, pid_t owner)
{
	uint64_t words[AREA_WORDS];
	char path[40];
	int file, error = 0;

	snprintf(path, sizeof(path), "/proc/%d/mem", owner);
	file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return -errno;
	for (size_t i = 0; i < memory->samples && !error; i++) {
		pattern_make(memory, CPU_AREA, i, AFTER, words);
		error = all_area_bytes(pwrite(file, words, AREA_BYTES,
					 (uintptr_t)area_address(memory, i)));
	}
	close(file);
	return error;
}

static int poke_words(const struct memory *memory, pid_t owner)
{
	uint64_t words[AREA_WORDS];

	for (size_t i = 0; i < memory->samples; i++) {
		pattern_make(memory, CPU_AREA, i, AFTER, words);
		for (size_t word = 0; word < AREA_WORDS; word++) {
			char *at = area_address(memory, i) + word * sizeof(*words);

			if (ptrace(PTRACE_POKEDATA, owner, at, words[word]))
				return -errno;
		}
	}
	return 0;
}

static int as_tracer(const struct memory *memory, pid_t owner,
		     int (*act)(const struct memory *memory, pid_t owner))
{
	int error, status;

	if (ptrace(PTRACE_SEIZE, owner, NULL, NULL) || ptrace(PTRACE_INTERRUPT, owner, NULL, NULL))
		return -errno;
	if (waitpid(owner, &status, __WALL) != owner)
		return -errno;
	error = act(memory, owner);
	ptrace(PTRACE_DETACH, owner, NULL, NULL);
	return error;
}

int poke_as_tracer(const struct memory *memory, pid_t owner)
{
	return as_tracer(memory, owner, poke_words);
}

int write_proc_mem_as_tracer(const struct memory *memory, pid_t owner)
{
	return as_tracer(memory, owner, write_proc_mem);
}
