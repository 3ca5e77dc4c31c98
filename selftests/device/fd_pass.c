// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that travel through a UNIX socket. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "fd_pass.h"

/* A message of one piece of data and one descriptor. */
struct envelope {
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec data;
	struct msghdr message;
};

static void envelope_init(struct envelope *envelope, void *data, size_t bytes)
{
	memset(envelope, 0, sizeof(*envelope));
	envelope->data = (struct iovec){ data, bytes };
	envelope->message = (struct msghdr){
		.msg_iov = &envelope->data, .msg_iovlen = 1,
		.msg_control = envelope->control, .msg_controllen = sizeof(envelope->control),
	};
}

int fd_send(int socket, int fd, const void *data, size_t bytes, int flags)
{
	struct envelope envelope;
	struct cmsghdr *header;

	envelope_init(&envelope, (void *)data, bytes);
	header = CMSG_FIRSTHDR(&envelope.message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(socket, &envelope.message, flags) < 0 ? -errno : 0;
}

int fd_receive(int socket, void *data, size_t bytes, int flags)
{
	struct envelope envelope;
	struct cmsghdr *header;
	int fd;

	envelope_init(&envelope, data, bytes);
	if (recvmsg(socket, &envelope.message, flags | MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&envelope.message);
	if (!header || header->cmsg_len < CMSG_LEN(sizeof(fd)))
		return -EBADF;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

void fd_close_others(int first, int second)
{
	int most = getdtablesize();

	for (int fd = STDERR_FILENO + 1; fd < most; fd++) {
		if (fd != first && fd != second)
			close(fd);
	}
}
