// SPDX-License-Identifier: GPL-2.0-only
/* A file on FUSE whose server answers every request but reads. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fuse_file.h"
#include "silent_file.h"

#define PATIENCE	20000	/* ms */

static const struct fuse_file silent_file = {
	.bytes = SILENT_FILE_BYTES, .open_flags = FOPEN_KEEP_CACHE,
};

static void serve_silently(int device, int reads, const struct fuse_in_header *in)
{
	if (fuse_file_serve(device, in, &silent_file))
		return;
	if (in->opcode == FUSE_WRITE)
		fuse_file_reply(device, in->unique, -EROFS, NULL, 0);
	else if (write(reads, "", 1) != 1)
		_exit(1);
}

/* The server process. Writes a byte to @reads once the file system is mounted. */
static void run_server(const char *directory, int reads)
{
	char *request = malloc(FUSE_REQUEST_BYTES);
	int device = fuse_file_mount(directory);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (device < 0 || !request || write(reads, "", 1) != 1)
		_exit(1);
	for (;;) {
		ssize_t got = read(device, request, FUSE_REQUEST_BYTES);

		if (got >= (ssize_t)sizeof(struct fuse_in_header))
			serve_silently(device, reads, (const void *)request);
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

int silent_file_open(struct silent_file *silent)
{
	char directory[] = "/tmp/silent_file.XXXXXX";
	int error;

	*silent = (struct silent_file) { .file = -1, .reads = -1 };
	if (!mkdtemp(directory))
		return -errno;
	error = start_server(silent, directory);
	if (!error) {
		silent->file = fuse_file_open(directory, O_RDONLY);
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
