// SPDX-License-Identifier: GPL-2.0-only
/* A file on FUSE: the answers that do not depend on what the file is for. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "fuse_file.h"

#define FILE_NODE	2	/* node 1 is the root of the file system */
#define FILE_NAME	"file"
#define READAHEAD	(128U << 10)
#define CACHED		20000	/* seconds */
#define WRITE_BYTES	4096
#define REQUEST_PAGES	256	/* most that the kernel takes */
#define WAITING		1000	/* requests that the kernel may have at the same time */

static struct fuse_attr file_attributes(const struct fuse_file *file, uint64_t node)
{
	return (struct fuse_attr) {
		.ino = node, .nlink = 1, .blksize = 4096,
		.size = node == FILE_NODE ? file->bytes : 0,
		.mode = node == FILE_NODE ? S_IFREG | 0600 : S_IFDIR | 0700,
	};
}

int fuse_file_reply(int device, uint64_t request, int error, const void *body, size_t bytes)
{
	struct fuse_out_header head = {
		.len = sizeof(head) + bytes, .error = error, .unique = request,
	};
	struct iovec parts[] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)body, .iov_len = bytes },
	};

	return writev(device, parts, bytes ? 2 : 1) < 0 ? -errno : 0;
}

/*
 * With FUSE_ASYNC_READ the kernel waits for pages by their locks, and the wait can be killed.
 * Without it FUSE itself waits for the answer, and not even a CPU fault there can be killed.
 */
static int answer_init(int device, uint64_t request)
{
	const struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_readahead = READAHEAD,
		.flags = FUSE_ASYNC_READ | FUSE_ASYNC_DIO | FUSE_MAX_PAGES,
		.max_write = WRITE_BYTES, .max_pages = REQUEST_PAGES,
		.max_background = WAITING, .congestion_threshold = WAITING,
	};

	return fuse_file_reply(device, request, 0, &init, sizeof(init));
}

static int answer_lookup(int device, uint64_t request, const struct fuse_file *file)
{
	const struct fuse_entry_out entry = {
		.nodeid = FILE_NODE, .attr_valid = CACHED, .entry_valid = CACHED,
		.attr = file_attributes(file, FILE_NODE),
	};

	return fuse_file_reply(device, request, 0, &entry, sizeof(entry));
}

static int answer_getattr(int device, const struct fuse_in_header *in, const struct fuse_file *file)
{
	const struct fuse_attr_out attr = {
		.attr_valid = CACHED, .attr = file_attributes(file, in->nodeid),
	};

	return fuse_file_reply(device, in->unique, 0, &attr, sizeof(attr));
}

static int answer_open(int device, uint64_t request, const struct fuse_file *file)
{
	const struct fuse_open_out opened = { .fh = 1, .open_flags = file->open_flags };

	return fuse_file_reply(device, request, 0, &opened, sizeof(opened));
}

static int serve_request(int device, const struct fuse_in_header *in, const struct fuse_file *file)
{
	switch (in->opcode) {
	case FUSE_INIT:
		return answer_init(device, in->unique);
	case FUSE_LOOKUP:
		return answer_lookup(device, in->unique, file);
	case FUSE_GETATTR:
		return answer_getattr(device, in, file);
	case FUSE_OPEN:
		return answer_open(device, in->unique, file);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return 0;	/* these have no answer */
	default:
		return fuse_file_reply(device, in->unique, -ENOSYS, NULL, 0);
	}
}

bool fuse_file_serve(int device, const struct fuse_in_header *in, const struct fuse_file *file)
{
	int error;

	if (in->opcode == FUSE_READ || in->opcode == FUSE_WRITE)
		return false;
	error = serve_request(device, in, file);
	if (error && error != -ENOENT)	/* whoever asked may have died */
		_exit(1);
	return true;
}

int fuse_file_mount(const char *directory)
{
	char options[80];
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC), error;

	if (device < 0)
		return -errno;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", device,
		 getuid(), getgid());
	if (!mount("pincheck", directory, "fuse", MS_NOSUID | MS_NODEV, options))
		return device;
	error = -errno;
	close(device);
	return error;
}

int fuse_file_open(const char *directory, int flags)
{
	char name[64];
	int file;

	snprintf(name, sizeof(name), "%s/" FILE_NAME, directory);
	file = open(name, flags | O_CLOEXEC);
	if (file < 0)
		file = -errno;
	umount2(directory, MNT_DETACH);
	return file;
}
