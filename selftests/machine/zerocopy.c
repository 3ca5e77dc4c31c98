// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data of a TCP connection that wait for a peer. The peer, a socket of this process, too, does not read,
 * so its window is shut by other data before. The interface for checkpoints (TCP_REPAIR) reads the
 * queue of the sender from the pages to which the queue refers, as a network card would.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/tcp.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_size.h"
#include "private_net.h"
#include "zerocopy.h"

/*
 * A segment has at most half of the peer's window. Each page must fit into one, because the kernel
 * refers to a page from each segment that has a part of it.
 */
#define WINDOW_BYTES	32768
#define SHUT_BYTES	(8 * WINDOW_BYTES)	/* what no window of WINDOW_BYTES takes, with all overhead */
#define SINK_BYTES	65536
#define TRIES		100

/** struct zerocopy - the two ends of the connection; -1: not open; @bytes: of memory */
struct zerocopy {
	int sender, peer;
	size_t bytes;
};

static int set_option(int socket, int level, int option, int value)
{
	return setsockopt(socket, level, option, &value, sizeof(value)) ? -errno : 0;
}

static int listen_on_loopback(struct sockaddr_in *address)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;
	socklen_t size = sizeof(*address);

	*address = (struct sockaddr_in) {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (listener < 0)
		return -errno;
	error = set_option(listener, SOL_SOCKET, SO_RCVBUF, WINDOW_BYTES);
	if (!error && !bind(listener, (struct sockaddr *)address, size) && !listen(listener, 1) &&
	    !getsockname(listener, (struct sockaddr *)address, &size))
		return listener;
	error = error ? error : -errno;
	close(listener);
	return error;
}

static int connect_ends(struct zerocopy *new)
{
	struct sockaddr_in address;
	int listener = listen_on_loopback(&address), error = 0;

	if (listener < 0)
		return listener;
	new->sender = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (new->sender < 0 || connect(new->sender, (struct sockaddr *)&address, sizeof(address)))
		error = -errno;
	if (!error) {
		new->peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		error = new->peer < 0 ? -errno : 0;
	}
	close(listener);
	return error;
}

static int send_record(int sender, const void *start, size_t bytes, int flags)
{
	ssize_t sent = send(sender, start, bytes, flags | MSG_EOR | MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0)
		return -errno;
	if ((size_t)sent != bytes)
		return cause_say(-EIO, "the socket took %zd of %zu bytes", sent, bytes);
	return 0;
}

/* MSG_EOR ends a segment. Neighbouring pages of a huge page would share a reference in one segment. */
static int send_all(const struct zerocopy *new, const char *start)
{
	static const char shut[SHUT_BYTES];
	int error = set_option(new->sender, SOL_SOCKET, SO_ZEROCOPY, 1);

	if (!error)
		error = set_option(new->sender, SOL_SOCKET, SO_SNDBUFFORCE, SHUT_BYTES + new->bytes);
	if (!error)
		error = send_record(new->sender, shut, sizeof(shut), 0);
	for (size_t at = 0; at < new->bytes && !error; at += PAGE_BYTES)
		error = send_record(new->sender, start + at, PAGE_BYTES, MSG_ZEROCOPY);
	return error;
}

int zerocopy_open(const void *start, size_t bytes, struct zerocopy **opened)
{
	struct zerocopy *new = malloc(sizeof(*new));
	int network = new ? private_net_enter() : -ENOMEM, error, left;

	if (network < 0) {
		free(new);
		return network;
	}
	*new = (struct zerocopy) { .sender = -1, .peer = -1, .bytes = bytes };
	error = connect_ends(new);
	left = private_net_leave(network);
	error = error ? error : left;
	if (!error)
		error = send_all(new, start);
	if (error)
		zerocopy_close(new);
	else
		*opened = new;
	return error;
}

/* Connecting to no address drops the queue at once, also if a child has the socket, too. */
void zerocopy_close(struct zerocopy *connection)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (connection->sender >= 0) {
		connect(connection->sender, &none, sizeof(none));
		close(connection->sender);
	}
	if (connection->peer >= 0)
		close(connection->peer);
	free(connection);
}

/*
 * Reads the queue from its begin: @skip bytes that nobody wants, then @bytes into @buffer.
 * Return: the length of the whole queue, or -errno
 */
static ssize_t peek_queue(int sender, size_t skip, void *buffer, size_t bytes)
{
	static char sink[SINK_BYTES];
	size_t sinks = (skip + SINK_BYTES - 1) / SINK_BYTES;
	struct iovec *places = calloc(sinks + 1, sizeof(*places));
	struct msghdr queue = { .msg_iov = places, .msg_iovlen = sinks + 1 };
	ssize_t got;

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < sinks; i++)
		places[i] = (struct iovec){ sink, SINK_BYTES };
	if (sinks)
		places[sinks - 1].iov_len = skip - (sinks - 1) * SINK_BYTES;
	places[sinks] = (struct iovec){ buffer, bytes };
	got = recvmsg(sender, &queue, MSG_PEEK | MSG_DONTWAIT);
	if (got < 0)
		got = -errno;
	free(places);
	return got;
}

/* The memory is at the end of the queue. Before it, the peer may just have taken some of the other data. */
static int peek_at_end(const struct zerocopy *connection, size_t offset, void *buffer, size_t bytes)
{
	ssize_t before = peek_queue(connection->sender, 0, buffer, 1), now;

	for (int i = 0; i < TRIES && before >= (ssize_t)connection->bytes; i++) {
		now = peek_queue(connection->sender, before - connection->bytes + offset, buffer, bytes);
		if (now == before)
			return 0;
		before = now;
	}
	if (before < 0)
		return before;
	return cause_say(-EIO, "the socket has %zd of %zu bytes unsent, or does not come to rest", before,
			 connection->bytes);
}

int zerocopy_peek(struct zerocopy *connection, size_t offset, void *buffer, size_t bytes)
{
	int sender = connection->sender;
	int error = set_option(sender, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON), done;

	if (error)
		return error;
	error = set_option(sender, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	if (!error)
		error = peek_at_end(connection, offset, buffer, bytes);
	done = set_option(sender, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
	return error ? error : done;
}

bool zerocopy_offered(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), network = private_net_enter();
	bool offered = tcp >= 0 && network >= 0 && !set_option(tcp, SOL_SOCKET, SO_ZEROCOPY, 1) &&
		       !set_option(tcp, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON) &&
		       PAGE_BYTES <= WINDOW_BYTES / 2;

	if (network >= 0)
		private_net_leave(network);
	if (tcp >= 0)
		close(tcp);
	return offered;
}
