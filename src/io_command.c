// SPDX-License-Identifier: GPL-2.0-only
/*
 * IO: reads and writes held memory as a DMA engine would, a page at a time, whatever the page
 * tables say by now.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include "command.h"
#include "hold/device_io.h"
#include "hold/hold.h"
#include "hold/session.h"

static int hold_access(struct hold *hold, const struct io_part *part)
{
	int err;

	if (hold->ops->access)
		return hold->ops->access(hold, part);
	if (!hold->pages[part->index])
		return -ENODATA;
	err = device_access(hold->pages[part->index], part);
	if (!err && part->write)
		WRITE_ONCE(hold->written, true);
	return err;
}

/*
 * All bytes go through the bounce page: the caller's buffer may fault, and then copy_from_user()
 * clears the rest of its destination, which must never be held memory.
 */
static int transfer_part(struct hold *hold, struct pincheck_io *io, struct io_part *part)
{
	void __user *buffer = u64_to_user_ptr(io->buffer + io->done);
	unsigned int lacking = 0;
	int err;

	if (part->write) {
		lacking = copy_from_user(part->bounce, buffer, part->len);
		part->len -= lacking;
		/* A write of no byte must not make the page dirty. */
		if (!part->len)
			return -EFAULT;
	}
	err = hold_access(hold, part);
	if (err)
		return err;
	io->done += part->len;
	if (!part->write) {
		lacking = copy_to_user(buffer, part->bounce, part->len);
		io->done -= lacking;
	}
	return lacking ? -EFAULT : 0;
}

/* Copies all parts. io->done counts the bytes copied, whatever the result. */
static int transfer_parts(struct hold *hold, struct pincheck_io *io, void *bounce)
{
	int err = 0;

	for (; io->done < io->len && !err; cond_resched()) {
		u64 at = io->offset + io->done;
		struct io_part part = {
			.index = array_index_nospec(at >> PAGE_SHIFT, hold->nr),
			.offset = offset_in_page(at),
			.len = min_t(u64, io->len - io->done, PAGE_SIZE - offset_in_page(at)),
			.write = io->flags & PINCHECK_IO_WRITE,
			.bounce = bounce,
		};

		if (fatal_signal_pending(current))
			return -EINTR;
		err = transfer_part(hold, io, &part);
	}
	return err;
}

static int check_io(const struct hold *hold, const struct pincheck_io *io)
{
	if ((io->flags & PINCHECK_IO_WRITE) && !(hold->flags & PINCHECK_HOLD_WRITE))
		return -EPERM;
	return window_check(io->offset, io->len, (u64)hold->nr << PAGE_SHIFT) ? 0 : -EINVAL;
}

/**
 * io_command() - read or write through a hold
 * @session: that has the hold
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
	hold = session_enter_hold(session, io->hold);
	if (IS_ERR(hold))
		return PTR_ERR(hold);
	err = check_io(hold, io);
	if (err)
		goto leave;
	err = -ENOMEM;
	bounce = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!bounce)
		goto leave;
	err = transfer_parts(hold, io, bounce);
	free_page((unsigned long)bounce);
leave:
	hold_leave(hold);
	return err;
}
