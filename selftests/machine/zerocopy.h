/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data of a TCP connection that the process sends by MSG_ZEROCOPY and nobody acknowledges: the kernel
 * refers to the process' pages until it may forget the data.
 */
#ifndef PINCHECK_SELFTESTS_ZEROCOPY_H
#define PINCHECK_SELFTESTS_ZEROCOPY_H

#include <stdbool.h>
#include <stddef.h>

struct zerocopy;

/** zerocopy_offered() - are there TCP sockets that send this way, and networks? For NEEDS_ZEROCOPY */
bool zerocopy_offered(void);

/**
 * zerocopy_open() - send the memory from @start on, and keep it unsent
 * @start: at a base page
 * @bytes: of whole base pages; the kernel refers to each of them once
 * @opened: gets the connection
 *
 * Return: 0 or a negative errno.
 */
int zerocopy_open(const void *start, size_t bytes, struct zerocopy **opened);

/** zerocopy_peek() - the kernel reads @bytes of the data, from @offset on, into @buffer */
int zerocopy_peek(struct zerocopy *connection, size_t offset, void *buffer, size_t bytes);

/** zerocopy_close() - the kernel forgets the data */
void zerocopy_close(struct zerocopy *connection);

#endif
