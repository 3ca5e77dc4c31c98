/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that stops whoever touches it, or writes to it: a userfaultfd that answers when told to. */
#ifndef SELFTESTS_LIB_TRAP_H
#define SELFTESTS_LIB_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/userfaultfd.h>

/**
 * trap_set() - make a trap of anonymous memory
 * @start: of whole pages
 * @bytes: of them
 * @mode: UFFDIO_REGISTER_MODE_MISSING stops who touches what is not there, UFFDIO_REGISTER_MODE_WP
 *	who writes to what trap_protect() protects
 *
 * Return: a descriptor, and no trap is left once it is closed; or -errno.
 */
int trap_set(const void *start, size_t bytes, uint64_t mode);

/** trap_protect() - protect memory of a trap, or let go who waits to write to it. Return: 0 or -errno */
int trap_protect(int trap, const void *start, size_t bytes, bool protect);

/** trap_fill() - a page of zeroes for who waits for it. Return: 0 or -errno */
int trap_fill(int trap, const void *page);

/** trap_wait() - until somebody is stopped, at *@address. Return: 0; -ETIME after 20 s; -errno */
int trap_wait(int trap, uintptr_t *address);

#endif
