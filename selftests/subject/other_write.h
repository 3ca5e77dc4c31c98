/* SPDX-License-Identifier: GPL-2.0-only */
/* How a debugger writes to the memory of another process, also where that process may not write. */
#ifndef PINCHECK_SELFTESTS_OTHER_WRITE_H
#define PINCHECK_SELFTESTS_OTHER_WRITE_H

#include <sys/types.h>
#include "memory.h"

/** area_address() - address of the CPU's area of sample number @sample, in the owner of @memory */
static inline char *area_address(const struct memory *memory, size_t sample)
{
	return memory->start + area_offset(memory, CPU_AREA, sample);
}

/** all_area_bytes() - Return: 0 if a call did AREA_BYTES; -errno; -EIO if it did less */
int all_area_bytes(ssize_t done);

/** write_proc_mem() - write AFTER to all samples of process @owner. Return: 0 or a negative errno */
int write_proc_mem(const struct memory *memory, pid_t owner);

/**
 * write_proc_mem_as_tracer() - the same by a tracer of @owner
 *
 * With proc_mem.force_override=ptrace (Linux 6.12) only a tracer may write where @owner may not.
 */
int write_proc_mem_as_tracer(const struct memory *memory, pid_t owner);

/** poke_as_tracer() - the same by ptrace() */
int poke_as_tracer(const struct memory *memory, pid_t owner);

#endif
