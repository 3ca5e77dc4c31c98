// SPDX-License-Identifier: GPL-2.0-only
/* A file on FUSE whose server answers when it is told to. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "fd_pass.h"
#include "fuse_file.h"
#include "late_file.h"

#define LOOK_MS		20	/* how often the server looks whether its client ends */
#define PATIENCE	5000	/* ms */
#define PF_EXITING	0x4	/* of the kernel, in /proc/PID/stat */

static const struct fuse_file late_kind = {
	.bytes = LATE_FILE_BYTES, .open_flags = FOPEN_DIRECT_IO,
};

enum what { KEEP_READS, ANSWER_READ, TAKE_WRITE };

/** struct order - to the server, which sends it back with @error and the bytes of a write */
struct order {
	enum what what;
	int error;
	uint64_t offset;
	size_t bytes;
	char data[LATE_FILE_MOST];
};

/** struct server - @unique: of a read that is kept; 0: it was answered */
struct server {
	int device, orders;
	char *request;
	size_t reads;
	struct {
		uint64_t unique, offset;
		size_t bytes;
	} read[LATE_FILE_REQUESTS];
};

static const struct fuse_in_header *next_request(const struct server *server)
{
	ssize_t got = read(server->device, server->request, FUSE_REQUEST_BYTES);

	return got >= (ssize_t)sizeof(struct fuse_in_header) ? (const void *)server->request : NULL;
}

static bool request_comes(const struct server *server, int patience)
{
	struct pollfd device = { .fd = server->device, .events = POLLIN };

	return poll(&device, 1, patience) == 1;
}

/* Answers what the opening of the file asks, and keeps reads. */
static int serve_request(struct server *server)
{
	const struct fuse_in_header *in = next_request(server);
	const struct fuse_read_in *read = (const void *)(in + 1);

	if (!in || fuse_file_serve(server->device, in, &late_kind))
		return 0;
	if (in->opcode != FUSE_READ || server->reads == LATE_FILE_REQUESTS)
		return -EBADMSG;
	server->read[server->reads].unique = in->unique;
	server->read[server->reads].offset = read->offset;
	server->read[server->reads++].bytes = read->size;
	return 0;
}

static int keep_reads(struct server *server, size_t count)
{
	int error = 0;

	while (server->reads < count && !error)
		error = request_comes(server, PATIENCE) ? serve_request(server) : -ETIME;
	return error;
}

static int answer_read(struct server *server, const struct order *order)
{
	for (size_t i = 0; i < server->reads; i++) {
		uint64_t unique = server->read[i].unique;

		if (!unique || server->read[i].offset != order->offset ||
		    server->read[i].bytes != order->bytes)
			continue;
		server->read[i].unique = 0;
		return fuse_file_reply(server->device, unique, 0, order->data, order->bytes);
	}
	return -ENOBUFS;
}

static int take_write(const struct server *server, struct order *order)
{
	/* A disk brings the requests by threads of its own. */
	while (request_comes(server, PATIENCE)) {
		const struct fuse_in_header *in = next_request(server);
		const struct fuse_write_in *write = (const void *)(in + 1);

		if (!in || in->opcode != FUSE_WRITE)
			return -EBADMSG;
		if (write->offset != order->offset || write->size != order->bytes)
			continue;
		memcpy(order->data, write + 1, order->bytes);
		return 0;
	}
	return -ENOBUFS;
}

static void obey_order(struct server *server, struct order *order)
{
	switch (order->what) {
	case KEEP_READS:
		order->error = keep_reads(server, order->bytes);
		break;
	case ANSWER_READ:
		order->error = answer_read(server, order);
		break;
	case TAKE_WRITE:
		order->error = take_write(server, order);
		break;
	}
}

/*
 * A process that dies waits for its requests before it closes anything, so neither a signal nor the end
 * of the socket comes to this process in time.
 */
static bool client_ends(pid_t client)
{
	char path[40], line[512] = "", *rest;
	unsigned int flags = PF_EXITING;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", client);
	stat = fopen(path, "re");
	if (!stat)
		return true;
	if (fgets(line, sizeof(line), stat)) {
		rest = strrchr(line, ')');
		if (rest)
			sscanf(rest, ") %*c %*d %*d %*d %*d %*d %u", &flags);
	}
	fclose(stat);
	return getppid() != client || flags & PF_EXITING;
}

/* Once an order came, writes stay in the kernel until an order asks for them. */
static void run_server(struct server *server, pid_t client)
{
	struct pollfd from[] = {
		{ .fd = server->orders, .events = POLLIN }, { .fd = server->device, .events = POLLIN },
	};
	struct order order;
	nfds_t sources = 2;

	fd_close_others(server->device, server->orders);
	while (!client_ends(client)) {
		if (poll(from, sources, LOOK_MS) <= 0)
			continue;
		if (from[0].revents) {
			sources = 1;
			if (recv(server->orders, &order, sizeof(order), 0) != sizeof(order))
				break;
			obey_order(server, &order);
			if (send(server->orders, &order, sizeof(order), MSG_NOSIGNAL) != sizeof(order))
				break;
		} else if (serve_request(server)) {
			break;
		}
	}
	_exit(0);
}

static int start_server(struct late_file *late, int device)
{
	struct server server = { .device = device, .request = malloc(FUSE_REQUEST_BYTES) };
	pid_t client = getpid();
	int ends[2];

	if (!server.request || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		free(server.request);
		return -ENOMEM;
	}
	late->server = fork();
	if (!late->server) {
		close(ends[0]);
		server.orders = ends[1];
		run_server(&server, client);
	}
	free(server.request);
	close(ends[1]);
	late->orders = ends[0];
	return late->server < 0 ? -EAGAIN : 0;
}

/*
 * Whoever closes the file would ask the server to flush it, a child of the test too, and wait. The server
 * does not know this request, and the kernel asks once.
 */
static int open_without_flush(const char *directory)
{
	int file = fuse_file_open(directory, O_RDWR | O_DIRECT);
	int copy = file < 0 ? -1 : dup(file);

	if (copy >= 0)
		close(copy);
	return file;
}

int late_file_open(struct late_file *late)
{
	char directory[] = "/tmp/late_file.XXXXXX";
	int device, error;

	*late = (struct late_file) { .file = -1, .orders = -1 };
	if (!mkdtemp(directory))
		return -errno;
	device = fuse_file_mount(directory);
	error = device < 0 ? device : start_server(late, device);
	if (device >= 0)
		close(device);
	if (!error) {
		late->file = open_without_flush(directory);
		error = late->file < 0 ? late->file : 0;
	}
	rmdir(directory);
	if (error)
		late_file_close(late);
	return error;
}

static int give_order(const struct late_file *late, struct order *order)
{
	if (send(late->orders, order, sizeof(*order), MSG_NOSIGNAL) != sizeof(*order) ||
	    recv(late->orders, order, sizeof(*order), 0) != sizeof(*order))
		return cause_say(-EPIPE, "the FUSE server has died");
	return order->error;
}

int late_file_keep_reads(const struct late_file *late, size_t count)
{
	struct order order = { .what = KEEP_READS, .bytes = count };

	return give_order(late, &order);
}

int late_file_answer_read(const struct late_file *late, uint64_t offset, const void *data,
			  size_t bytes)
{
	struct order order = { .what = ANSWER_READ, .offset = offset, .bytes = bytes };

	if (bytes > LATE_FILE_MOST)
		return -EINVAL;
	memcpy(order.data, data, bytes);
	return give_order(late, &order);
}

int late_file_take_write(const struct late_file *late, uint64_t offset, void *data, size_t bytes)
{
	struct order order = { .what = TAKE_WRITE, .offset = offset, .bytes = bytes };
	int error = bytes > LATE_FILE_MOST ? -EINVAL : give_order(late, &order);

	if (!error)
		memcpy(data, order.data, bytes);
	return error;
}

void late_file_close(struct late_file *late)
{
	if (late->server > 0) {
		kill(late->server, SIGKILL);
		waitpid(late->server, NULL, 0);
	}
	if (late->file >= 0)
		close(late->file);
	if (late->orders >= 0)
		close(late->orders);
	*late = (struct late_file) { .file = -1, .orders = -1 };
}
