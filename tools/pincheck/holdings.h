/* SPDX-License-Identifier: GPL-2.0-only */
/* By what a process may hold memory: its descriptors, and the system calls that it is in. */
#ifndef PINCHECK_HOLDINGS_H
#define PINCHECK_HOLDINGS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** enum taking - what a driver takes of a page */
enum taking {
	TAKES_PINS	= 1U << 0,
	/** @TAKES_GETS: plain references: some drivers took those on old kernels only */
	TAKES_GETS	= 1U << 1,
};

/**
 * struct driver - who holds memory of processes
 * @name: as HOLDER prints it
 * @link: how the link in /proc/PID/fd begins
 * @takes: enum taking
 * @charge: the field of /proc/PID/status where the driver counts all that it holds; NULL: nowhere. A
 *	process that has 0 there has nothing that this driver holds
 * @look: looks closer at the descriptor, and adds what it finds; NULL: the link is enough
 */
struct holdings;
struct driver {
	const char *name;
	const char *link;
	unsigned int takes;
	const char *charge;
	void (*look)(struct holdings *holdings, const struct driver *driver, int fd, const char *link);
};

/** struct range - addresses that @driver is known to hold: @text says how */
struct range {
	__u64 start;
	__u64 end;
	const struct driver *driver;
	char text[80];
};

/** struct hint - @driver may hold memory of the process, nobody knows which: @text says how */
struct hint {
	const struct driver *driver;
	char text[120];
};

/**
 * struct holdings - all that was found of a process
 * @ranges: sorted by start; none is longer than @longest
 * @direct: a descriptor that is open with O_DIRECT, or -1
 * @ring: a descriptor of io_uring, or -1
 * @queue: the process has a queue of io_submit()
 */
struct holdings {
	pid_t pid;
	struct range *ranges;
	size_t range_count;
	__u64 longest;
	struct hint *hints;
	size_t hint_count;
	int direct;
	int ring;
	bool queue;
};

/** dmabuf_exporter() - the module that made the DMA buffer of @inode, as debugfs lists it, or "dma-buf" */
void dmabuf_exporter(unsigned long inode, char *name, size_t size);

/** holdings_read() - look at the process. Return: an object to be freed, or NULL without memory */
struct holdings *holdings_read(pid_t pid);
void holdings_release(struct holdings *holdings);

/** holdings_next() - the next of the ranges that meet @start..@end. Return: NULL behind the last */
const struct range *holdings_next(const struct holdings *holdings, __u64 start, __u64 end,
				  const struct range *last);

#endif
