// SPDX-License-Identifier: GPL-2.0-only
/* Memory that stops a process that touches or writes it (userfaultfd). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "memory.h"
#include "trap.h"

#define PATIENCE	20000	/* ms */

static uint64_t features_of_mode(uint64_t mode)
{
	if (mode & UFFDIO_REGISTER_MODE_WP)
		return UFFD_FEATURE_PAGEFAULT_FLAG_WP;
	if (mode & UFFDIO_REGISTER_MODE_MINOR)
		return UFFD_FEATURE_MINOR_SHMEM;
	return mode & UFFDIO_REGISTER_MODE_RWP ? UFFD_FEATURE_RWP : 0;
}

int trap_set_with(const void *start, size_t bytes, uint64_t mode, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register area = { .range = { (uintptr_t)start, bytes }, .mode = mode };
	int trap = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), error;

	if (trap < 0)
		return -errno;
	if (!ioctl(trap, UFFDIO_API, &api) && !ioctl(trap, UFFDIO_REGISTER, &area))
		return trap;
	error = -errno;
	close(trap);
	return error;
}

int trap_set(const void *start, size_t bytes, uint64_t mode)
{
	return trap_set_with(start, bytes, mode, features_of_mode(mode));
}

int trap_protect(int trap, const void *start, size_t bytes, bool protect)
{
	struct uffdio_writeprotect area = {
		.range = { (uintptr_t)start, bytes },
		.mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(trap, UFFDIO_WRITEPROTECT, &area) ? -errno : 0;
}

int trap_deny(int trap, const void *start, size_t bytes, bool deny)
{
	struct uffdio_rwprotect area = {
		.range = { (uintptr_t)start, bytes },
		.mode = deny ? UFFDIO_RWPROTECT_MODE_RWP : 0,
	};

	return ioctl(trap, UFFDIO_RWPROTECT, &area) ? -errno : 0;
}

int trap_continue(int trap, const void *start, size_t bytes)
{
	struct uffdio_continue area = { .range = { (uintptr_t)start, bytes } };

	return ioctl(trap, UFFDIO_CONTINUE, &area) ? -errno : 0;
}

int trap_move(int trap, void *to, const void *from, size_t bytes)
{
	struct uffdio_move area = { .dst = (uintptr_t)to, .src = (uintptr_t)from, .len = bytes };

	return ioctl(trap, UFFDIO_MOVE, &area) ? -errno : 0;
}

bool trap_was_sprung(int trap)
{
	struct pollfd fault = { .fd = trap, .events = POLLIN };

	return poll(&fault, 1, 0) == 1;
}

int trap_fill_range(int trap, const void *start, size_t bytes)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)start, bytes } };

	return ioctl(trap, UFFDIO_ZEROPAGE, &zero) ? -errno : 0;
}

int trap_fill(int trap, const void *page)
{
	return trap_fill_range(trap, page, PAGE_BYTES);
}

int trap_copy(int trap, void *to, const void *from, size_t bytes)
{
	struct uffdio_copy area = { .dst = (uintptr_t)to, .src = (uintptr_t)from, .len = bytes };

	return ioctl(trap, UFFDIO_COPY, &area) ? -errno : 0;
}

int trap_wait(int trap, uintptr_t *address)
{
	struct pollfd fault = { .fd = trap, .events = POLLIN };
	struct uffd_msg message;

	if (poll(&fault, 1, PATIENCE) != 1)
		return cause_say(-ETIME, "no page fault came to the userfaultfd in %d ms", PATIENCE);
	if (read(trap, &message, sizeof(message)) != sizeof(message))
		return cause_say(-EIO, "the userfaultfd has no message, though poll() says so");
	*address = message.arg.pagefault.address;
	if (message.event != UFFD_EVENT_PAGEFAULT)
		return cause_say(-EBADMSG, "the userfaultfd reports event %#x, not a page fault",
				 message.event);
	return 0;
}
