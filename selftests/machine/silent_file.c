// SPDX-License-Identifier: GPL-2.0-only
/* A file on FUSE whose server answers every request but reads. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/fuse.h>
#include "silent_file.h"

#define FILE_NODE	2	/* node 1 is the root of the file system */
#define FILE_NAME	"file"
#define READAHEAD	(128U << 10)
#define REQUEST_BYTES	(256U << 10)	/* more than a request of any kind needs */
#define PATIENCE	20000	/* ms */

/* The bodies of the server's answers, each behind a struct fuse_out_header. */
union answer {
	struct fuse_init_out init;
	struct fuse_entry_out entry;
	struct fuse_attr_out attr;
	struct fuse_open_out open;
};

static struct fuse_attr file_attributes(uint64_t node)
{
	return (struct fuse_attr) {
		.ino = node, .nlink = 1, .blksize = 4096,
		.size = node == FILE_NODE ? SILENT_FILE_BYTES : 0,
		.mode = node == FILE_NODE ? S_IFREG | 0600 : S_IFDIR | 0700,
	};
}

static void send_answer(int device, uint64_t request, int error, const void *body, size_t bytes)
{
	char message[sizeof(struct fuse_out_header) + sizeof(union answer)];
	struct fuse_out_header head = {
		.len = sizeof(head) + bytes, .error = error, .unique = request,
	};

	memcpy(message, &head, sizeof(head));
	if (bytes)
		memcpy(message + sizeof(head), body, bytes);
	if (write(device, message, head.len) < 0 && errno != ENOENT)
		_exit(1);
}

/*
 * With FUSE_ASYNC_READ the kernel waits for pages by their locks, and the wait can be killed.
 * Without it FUSE itself waits for the answer, and not even a CPU fault there can be killed.
 */
static void answer_init(int device, uint64_t request)
{
	const struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_readahead = READAHEAD,
		.flags = FUSE_ASYNC_READ, .max_write = 4096,
	};

	send_answer(device, request, 0, &init, sizeof(init));
}

static void answer_lookup(int device, uint64_t request)
{
	const struct fuse_entry_out entry = {
		.nodeid = FILE_NODE, .attr_valid = PATIENCE, .entry_valid = PATIENCE,
		.attr = file_attributes(FILE_NODE),
	};

	send_answer(device, request, 0, &entry, sizeof(entry));
}

static void answer_getattr(int device, uint64_t request, uint64_t node)
{
	const struct fuse_attr_out attr = { .attr_valid = PATIENCE, .attr = file_attributes(node) };

	send_answer(device, request, 0, &attr, sizeof(attr));
}

static void serve_request(int device, int reads, const struct fuse_in_header *in)
{
	const struct fuse_open_out opened = { .fh = 1, .open_flags = FOPEN_KEEP_CACHE };

	switch (in->opcode) {
	case FUSE_INIT:
		return answer_init(device, in->unique);
	case FUSE_LOOKUP:
		return answer_lookup(device, in->unique);
	case FUSE_GETATTR:
		return answer_getattr(device, in->unique, in->nodeid);
	case FUSE_OPEN:
		return send_answer(device, in->unique, 0, &opened, sizeof(opened));
	case FUSE_READ:
		if (write(reads, "", 1) != 1)
			_exit(1);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;	/* these have no answer */
	default:
		send_answer(device, in->unique, -ENOSYS, NULL, 0);
	}
}

/* The server process. Writes a byte to @reads once the file system is mounted. */
static void run_server(const char *directory, int reads)
{
	char options[80], *request = malloc(REQUEST_BYTES);
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", device,
		 getuid(), getgid());
	if (device < 0 || !request ||
	    mount("pincheck", directory, "fuse", MS_NOSUID | MS_NODEV, options) ||
	    write(reads, "", 1) != 1)
		_exit(1);
	for (;;) {
		ssize_t got = read(device, request, REQUEST_BYTES);

		if (got >= (ssize_t)sizeof(struct fuse_in_header))
			serve_request(device, reads, (const void *)request);
		else if (got >= 0 || (errno != ENOENT && errno != EINTR && errno != EAGAIN))
			_exit(0);	/* unmounted, and the file is closed */
	}
}

static int start_server(struct silent_file *silent, const char *directory)
{
	int ends[2];
	char ready;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	silent->server = fork();
	if (silent->server < 0) {
		close(ends[0]);
		close(ends[1]);
		return -EAGAIN;
	}
	if (!silent->server) {
		close(ends[0]);
		run_server(directory, ends[1]);
	}
	close(ends[1]);
	silent->reads = ends[0];
	return read(ends[0], &ready, 1) == 1 ? 0 : -ENODEV;
}

static int open_file(const char *directory)
{
	char name[64];
	int file;

	snprintf(name, sizeof(name), "%s/" FILE_NAME, directory);
	file = open(name, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		file = -errno;
	umount2(directory, MNT_DETACH);
	return file;
}

int silent_file_open(struct silent_file *silent)
{
	char directory[] = "/tmp/silent_file.XXXXXX";
	int error;

	*silent = (struct silent_file) { .file = -1, .reads = -1 };
	if (!mkdtemp(directory))
		return -errno;
	error = start_server(silent, directory);
	if (!error) {
		silent->file = open_file(directory);
		error = silent->file < 0 ? silent->file : 0;
	}
	rmdir(directory);
	if (error)
		silent_file_close(silent);
	return error;
}

static bool read_comes(const struct silent_file *silent, int patience)
{
	struct pollfd asked = { .fd = silent->reads, .events = POLLIN };

	return poll(&asked, 1, patience) == 1;
}

bool silent_file_asked(const struct silent_file *silent)
{
	return read_comes(silent, 0);
}

int silent_file_wait(const struct silent_file *silent)
{
	char read_asked;

	if (!read_comes(silent, PATIENCE))
		return -ETIME;
	return read(silent->reads, &read_asked, 1) == 1 ? 0 : -EIO;
}

void silent_file_close(struct silent_file *silent)
{
	if (silent->server > 0) {
		kill(silent->server, SIGKILL);
		waitpid(silent->server, NULL, 0);
	}
	if (silent->file >= 0)
		close(silent->file);
	if (silent->reads >= 0)
		close(silent->reads);
	*silent = (struct silent_file) { .file = -1, .reads = -1 };
}
