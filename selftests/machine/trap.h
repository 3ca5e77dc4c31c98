/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that stops a process that touches or writes it: a userfaultfd that answers on request. */
#ifndef PINCHECK_SELFTESTS_TRAP_H
#define PINCHECK_SELFTESTS_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/userfaultfd.h>

/**
 * trap_set() - make a trap of anonymous memory
 * @start: address of whole pages
 * @bytes: their length
 * @mode: UFFDIO_REGISTER_MODE_MISSING stops a touch of a page that is not there,
 *	UFFDIO_REGISTER_MODE_WP a write to a page that trap_protect() protects
 *
 * Return: a descriptor, which removes the trap when closed; or -errno.
 */
int trap_set(const void *start, size_t bytes, uint64_t mode);

/** trap_protect() - protect memory of a trap, or let waiting writers go on. Return: 0 or -errno */
int trap_protect(int trap, const void *start, size_t bytes, bool protect);

/** trap_fill() - map a page of zeroes where a touch waits for one. Return: 0 or -errno */
int trap_fill(int trap, const void *page);

/** trap_wait() - wait for a stopped touch, at *@address. Return: 0; -ETIME after 20 s; -errno */
int trap_wait(int trap, uintptr_t *address);

#endif
