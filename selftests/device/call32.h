/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls as a 32-bit program makes them: the kernel takes its compat entries for them. */
#ifndef PINCHECK_SELFTESTS_CALL32_H
#define PINCHECK_SELFTESTS_CALL32_H

#include <errno.h>
#include <stdint.h>

#define CALL32_GETPID	20
#define CALL32_IOCTL	54

/**
 * call32() - system call @number of i386, with arguments below 4 GiB
 *
 * A kernel without CONFIG_IA32_EMULATION answers with SIGSEGV: see NEEDS_CALL32.
 *
 * Return: what the call returns, or a negative errno.
 */
static inline long call32(unsigned int number, uint32_t first, uint32_t second, uint32_t third)
{
#ifdef __x86_64__
	long result;

	__asm__ volatile("int $0x80" : "=a" (result)
			 : "a" ((unsigned long)number), "b" ((unsigned long)first),
			   "c" ((unsigned long)second), "d" ((unsigned long)third)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int32_t)result;
#else
	(void)number, (void)first, (void)second, (void)third;
	return -ENOSYS;
#endif
}

#endif
