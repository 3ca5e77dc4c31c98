// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device I/O: reads and writes of held memory as a DMA engine would do them, by the page,
 * whatever the page tables say by now.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "command.h"
#include "compat/kmap.h"
#include "hold.h"

/*
 * Everything goes through a page of our own: the caller's buffer may fault, and where it does
 * copy_from_user() clears what it could not read, which must not happen to held memory.
 */
static unsigned long copy_part(struct page *page, unsigned int offset, unsigned int len,
			       void __user *buffer, void *bounce, bool write)
{
	unsigned int good = len;
	void *held;

	if (write)
		good -= copy_from_user(bounce, buffer, len);
	held = compat_kmap_local_page(page);
	if (write)
		memcpy(held + offset, bounce, good);
	else
		memcpy(bounce, held + offset, good);
	compat_kunmap_local(held);
	if (!write)
		good -= copy_to_user(buffer, bounce, len);
	return good;
}

/* Copies until done. io->done tells how far it came, whatever the result. */
static int transfer(struct hold *hold, struct pincheck_io *io, void *bounce)
{
	bool write = io->flags & PINCHECK_IO_WRITE;

	while (io->done < io->len) {
		u64 at = io->offset + io->done;
		unsigned int offset = offset_in_page(at), part, good;
		struct page *page = hold->pages[array_index_nospec(at >> PAGE_SHIFT, hold->nr)];

		if (fatal_signal_pending(current))
			return -EINTR;
		if (!page)
			return -ENODATA;
		if (PageHWPoison(page))
			return -EIO;
		part = min_t(u64, io->len - io->done, PAGE_SIZE - offset);
		if (write)
			WRITE_ONCE(hold->written, true);
		good = copy_part(page, offset, part, u64_to_user_ptr(io->buffer + io->done),
				 bounce, write);
		io->done += good;
		if (good < part)
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

static int io_check(const struct hold *hold, const struct pincheck_io *io)
{
	if ((io->flags & PINCHECK_IO_WRITE) && !(hold->flags & PINCHECK_HOLD_WRITE))
		return -EPERM;
	return window_check(io->offset, io->len, (u64)hold->nr << PAGE_SHIFT) ? 0 : -EINVAL;
}

/**
 * io_command() - read or write through a hold
 * @session: whose hold
 * @argument: of IO; done is set in any case
 *
 * Context: process context, sleeps, faults the caller's buffer in.
 *
 * Return: 0, or what struct pincheck_io promises.
 */
int io_command(struct session *session, union argument *argument)
{
	struct pincheck_io *io = &argument->io;
	struct hold *hold;
	void *bounce;
	int err;

	io->done = 0;
	hold = hold_enter(session, io->hold);
	if (IS_ERR(hold))
		return PTR_ERR(hold);
	err = io_check(hold, io);
	if (err)
		goto leave;
	err = -ENOMEM;
	bounce = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!bounce)
		goto leave;
	err = transfer(hold, io, bounce);
	free_page((unsigned long)bounce);
leave:
	hold_leave(hold);
	return err;
}
