/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors that travel through a UNIX socket (SCM_RIGHTS). */
#ifndef PINCHECK_SELFTESTS_FD_PASS_H
#define PINCHECK_SELFTESTS_FD_PASS_H

#include <stddef.h>

/**
 * fd_send() - send @fd with a message of @bytes bytes from @data, at least one
 * @flags: MSG_*, for sendmsg()
 *
 * Return: 0 or -errno
 */
int fd_send(int socket, int fd, const void *data, size_t bytes, int flags);

/**
 * fd_receive() - receive a message of up to @bytes bytes into @data, and its descriptor
 * @flags: MSG_*, for recvmsg()
 *
 * Return: the descriptor, close-on-exec, or -errno; -EBADF: the message came without a descriptor,
 * which happens also when the receiver may not have one more
 */
int fd_receive(int socket, void *data, size_t bytes, int flags);

/**
 * fd_close_others() - close all but the standard descriptors and @first and @second
 *
 * For a process that was forked for a driver: a peer of the test waits for the end of a file until all close it.
 */
void fd_close_others(int first, int second);

#endif
