// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by a pipe: vmsplice() puts the pages of the process into the pipe, by plain references for
 * reading (iov_iter_get_pages(), R35). The pipe is the device: tee() shows its bytes again and again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "hold.h"

#define PIECE	(64UL << 10)

/**
 * struct pages_pipe - pipes with a place for each page
 * @full: has the pages
 * @shown: gets them from tee(), and is read
 */
struct pages_pipe {
	int full[2];
	int shown[2];
};

static int open_pages_pipe(int *ends, size_t bytes)
{
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	if (fcntl(ends[1], F_SETPIPE_SZ, bytes) >= 0)
		return 0;
	close(ends[0]);
	close(ends[1]);
	return cause_say(-errno, "no pipe of %zu bytes (fs.pipe-max-size)", bytes);
}

static void close_ends(const int *ends)
{
	close(ends[0]);
	close(ends[1]);
}

static int splice_memory(struct hold *hold, int pipe_end)
{
	char *start = hold_start(hold);
	size_t bytes = hold_bytes(hold), done = 0;

	while (done < bytes) {
		struct iovec rest = { .iov_base = start + done, .iov_len = bytes - done };
		ssize_t spliced = vmsplice(pipe_end, &rest, 1, SPLICE_F_NONBLOCK);

		if (spliced <= 0)
			return spliced ? -errno : -EIO;
		done += spliced;
	}
	return 0;
}

static int vmsplice_release(struct hold *hold)
{
	struct pages_pipe *pages = hold->device;

	close_ends(pages->shown);
	close_ends(pages->full);
	free(pages);
	return 0;
}

static int vmsplice_take(struct hold *hold)
{
	size_t bytes = hold_bytes(hold);
	struct pages_pipe *pages = malloc(sizeof(*pages));
	int error = pages ? open_pages_pipe(pages->full, bytes) : -ENOMEM;

	if (error)
		goto no_full;
	error = open_pages_pipe(pages->shown, bytes);
	if (error)
		goto no_shown;
	hold->device = pages;
	error = splice_memory(hold, pages->full[1]);
	if (error)
		vmsplice_release(hold);
	return error;
no_shown:
	close_ends(pages->full);
no_full:
	free(pages);
	return error;
}

/* Reads all of @bytes, of which the last @wanted go to @buffer. */
static int read_end(int pipe_end, size_t bytes, char *buffer, size_t wanted)
{
	static char passed[PIECE];

	while (bytes) {
		bool here = bytes <= wanted;
		size_t most = here ? bytes : bytes - wanted;
		ssize_t got = read(pipe_end, here ? buffer + wanted - bytes : passed,
				   here || most < PIECE ? most : PIECE);

		if (got <= 0)
			return got ? -errno : cause_say(-ENODATA, "the pipe ends before its pages do");
		bytes -= got;
	}
	return 0;
}

static int vmsplice_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	const struct pages_pipe *pages = hold->device;
	ssize_t shown = tee(pages->full[0], pages->shown[1], offset + bytes, SPLICE_F_NONBLOCK);

	if (shown < 0)
		return -errno;
	if ((size_t)shown != offset + bytes)
		return cause_say(-EIO, "tee() shows %zd of %zu bytes", shown, offset + bytes);
	return read_end(pages->shown[0], shown, buffer, bytes);
}

static int vmsplice_device_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	(void)hold, (void)offset, (void)buffer, (void)bytes;
	return cause_say(-EBADF, "a pipe does not write to the pages that it has");
}

static const struct hold_ops vmsplice_ops = {
	.take = vmsplice_take, .device_read = vmsplice_device_read,
	.device_write = vmsplice_device_write, .release = vmsplice_release,
};

const struct hold_kind hold_vmsplice = {
	.name = "vmsplice", .ops = &vmsplice_ops, .traits = HOLD_GET | HOLD_DRIVER,
	.keeps_sync = ACROSS_PROTECTION,
};
