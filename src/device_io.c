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
#include "device_io.h"
#include "hold.h"
#include "page_health.h"
#include "session.h"

/**
 * device_access() - copy between a page and the module's own
 * @page: that cannot go away meanwhile
 * @part: what of it
 *
 * Context: does not sleep.
 *
 * Return: 0, or -EIO: see page_health().
 */
int device_access(struct page *page, const struct io_part *part)
{
	int err = page_health(page);
	void *held;

	if (err)
		return err;
	/*
	 * Where caches alias, what processes wrote at their addresses has to be seen at the kernel's,
	 * and the other way round (Documentation/core-api/cachetlb.rst, memcpy_to_page()).
	 */
	if (!part->write)
		flush_dcache_page(page);
	held = compat_kmap_local_page(page);
	if (part->write)
		memcpy(held + part->offset, part->bounce, part->len);
	else
		memcpy(part->bounce, held + part->offset, part->len);
	if (part->write)
		flush_dcache_page(page);
	compat_kunmap_local(held);
	return 0;
}

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
 * Everything goes through a page of our own: the caller's buffer may fault, and where it does
 * copy_from_user() clears what it could not read, which must not happen to held memory.
 */
static int transfer_part(struct hold *hold, struct pincheck_io *io, struct io_part *part)
{
	void __user *buffer = u64_to_user_ptr(io->buffer + io->done);
	unsigned int lacking = 0;
	int err;

	if (part->write) {
		lacking = copy_from_user(part->bounce, buffer, part->len);
		part->len -= lacking;
		/* Whoever writes nothing to a page must not make the page dirty. */
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

/* Copies until done. io->done tells how far it came, whatever the result. */
static int transfer(struct hold *hold, struct pincheck_io *io, void *bounce)
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
	hold = session_enter_hold(session, io->hold);
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
