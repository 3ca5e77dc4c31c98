/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that stops a process that touches or writes it: a userfaultfd that answers on request. */
#ifndef PINCHECK_SELFTESTS_TRAP_H
#define PINCHECK_SELFTESTS_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/userfaultfd.h>

/* Since Linux 6.8, and 7.3. */
#ifndef UFFDIO_MOVE
struct uffdio_move {
	__u64 dst, src, len, mode;
	__s64 move;
};
#define UFFDIO_MOVE			_IOWR(UFFDIO, 0x05, struct uffdio_move)
#endif
#ifndef UFFDIO_RWPROTECT
struct uffdio_rwprotect {
	struct uffdio_range range;
	__u64 mode;
};
#define UFFDIO_RWPROTECT		_IOWR(UFFDIO, 0x09, struct uffdio_rwprotect)
#define UFFDIO_RWPROTECT_MODE_RWP	((__u64)1 << 0)
#define UFFDIO_REGISTER_MODE_RWP	((__u64)1 << 3)
#define UFFD_FEATURE_RWP		(1 << 17)
#endif

/**
 * trap_set() - make a trap of anonymous memory, or of a mapping of shmem
 * @start: address of whole pages
 * @bytes: their length
 * @mode: UFFDIO_REGISTER_MODE_MISSING stops a touch of a page that is not there,
 *	UFFDIO_REGISTER_MODE_WP a write to a page that trap_protect() protects,
 *	UFFDIO_REGISTER_MODE_RWP an access to a page that trap_deny() protects,
 *	UFFDIO_REGISTER_MODE_MINOR a touch of a page that the file has and the process does not map
 *
 * Return: a descriptor, which removes the trap when closed; or -errno.
 */
int trap_set(const void *start, size_t bytes, uint64_t mode);

/** trap_set_with() - the same, with @features that userfaultfd is asked for: UFFD_FEATURE_* */
int trap_set_with(const void *start, size_t bytes, uint64_t mode, uint64_t features);

/** trap_protect() - protect memory of a trap, or let waiting writers go on. Return: 0 or -errno */
int trap_protect(int trap, const void *start, size_t bytes, bool protect);

/** trap_deny() - take all access to memory of a trap, or give the access back. Return: 0 or -errno */
int trap_deny(int trap, const void *start, size_t bytes, bool deny);

/** trap_continue() - map pages that the file has: read-only where the mapping is private. Return: 0 or -errno */
int trap_continue(int trap, const void *start, size_t bytes);

/**
 * trap_move() - move the pages at @from to @to, where nothing is mapped yet
 *
 * Return: 0; -EAGAIN if only some of the pages were moved; another negative errno.
 */
int trap_move(int trap, void *to, const void *from, size_t bytes);

/** trap_was_sprung() - does a stopped touch wait? It is not read. */
bool trap_was_sprung(int trap);

/** trap_fill() - map a page of zeroes where a touch waits for one. Return: 0 or -errno */
int trap_fill(int trap, const void *page);

/** trap_fill_range() - map @bytes of zeroes from @start on, where nothing is mapped. Return: 0 or -errno */
int trap_fill_range(int trap, const void *start, size_t bytes);

/** trap_copy() - map pages with @bytes from @from at @to, where nothing is mapped. Return: 0 or -errno */
int trap_copy(int trap, void *to, const void *from, size_t bytes);

/** trap_wait() - wait for a stopped touch, at *@address. Return: 0; -ETIME after 20 s; -errno */
int trap_wait(int trap, uintptr_t *address);

#endif
