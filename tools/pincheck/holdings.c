// SPDX-License-Identifier: GPL-2.0-only
/* By what a process may hold memory, from /proc/PID/fd, fdinfo, status, maps and task/TID/syscall. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <linux/sockios.h>
#include <unistd.h>
#include "tools/pincheck/holdings.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/process.h"

#define DMABUF_LIST	"/sys/kernel/debug/dma_buf/bufinfo"

static void *need_room(void *memory)
{
	if (memory)
		return memory;
	fprintf(stderr, "pincheck: no memory for what a process holds. Name one process by --pid\n");
	exit(EXIT_USAGE);
}

static void add_range(struct holdings *holdings, const struct driver *driver, __u64 start, __u64 bytes,
		      const char *text)
{
	struct range *range;

	if (!(holdings->range_count & (holdings->range_count - 1)))
		holdings->ranges = need_room(reallocarray(holdings->ranges,
							  holdings->range_count * 2 + 1, sizeof(*range)));
	range = &holdings->ranges[holdings->range_count++];
	*range = (struct range) { .start = start, .end = start + bytes, .driver = driver };
	snprintf(range->text, sizeof(range->text), "%s", text);
	if (bytes > holdings->longest)
		holdings->longest = bytes;
}

/* One hint of a driver is enough. */
static void add_hint(struct holdings *holdings, const struct driver *driver, const char *text)
{
	struct hint *hint;

	for (size_t i = 0; i < holdings->hint_count; i++) {
		if (holdings->hints[i].driver == driver)
			return;
	}
	holdings->hints = need_room(reallocarray(holdings->hints, holdings->hint_count + 1,
						 sizeof(*hint)));
	hint = &holdings->hints[holdings->hint_count++];
	hint->driver = driver;
	snprintf(hint->text, sizeof(hint->text), "%s", text);
}

static FILE *open_fdinfo(pid_t pid, int fd)
{
	char name[32];

	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	return process_file(pid, name);
}

/*
 * The lines behind "UserBufs:" have the fixed buffers, by the addresses at which they were registered. A ring
 * that is busy at that moment shows their number alone (mutex_trylock() in io_uring_show_fdinfo()).
 */
static void look_at_ring(struct holdings *holdings, const struct driver *driver, int fd,
			 const char *link)
{
	FILE *info = open_fdinfo(holdings->pid, fd);
	unsigned int wanted = 0, shown = 0, number;
	unsigned long long start, bytes;
	char line[256], text[80];
	bool buffers = false;

	(void)link;
	holdings->ring = fd;
	while (info && fgets(line, sizeof(line), info)) {
		if (sscanf(line, "UserBufs: %u", &wanted) == 1) {
			buffers = true;
		} else if (buffers && sscanf(line, "%u: 0x%llx/%llu", &number, &start, &bytes) == 3) {
			snprintf(text, sizeof(text), "fd %d: buffer %u is %#llx/%llu", fd, number, start,
				 bytes);
			add_range(holdings, driver, start, bytes, text);
			shown++;
		} else if (buffers && sscanf(line, "%u: <none", &number) == 1) {
			shown++;
		} else {
			buffers = false;
		}
	}
	if (info)
		fclose(info);
	snprintf(text, sizeof(text), "fd %d has %u fixed buffers", fd, wanted);
	if (shown < wanted)
		add_hint(holdings, driver, text);
}

/* exp_name: the module that made the buffer. Other exporters hold memory of their own. */
static void look_at_dmabuf(struct holdings *holdings, const struct driver *driver, int fd,
			   const char *link)
{
	FILE *info = open_fdinfo(holdings->pid, fd);
	unsigned long long bytes = 0;
	char line[256], text[80], name[32] = "";

	(void)link;
	while (info && fgets(line, sizeof(line), info)) {
		sscanf(line, "size: %llu", &bytes);
		sscanf(line, "exp_name: %31s", name);
	}
	if (info)
		fclose(info);
	snprintf(text, sizeof(text), "fd %d is a buffer of %llu bytes", fd, bytes);
	if (!strcmp(name, driver->name))
		add_hint(holdings, driver, text);
}

/* Return: a descriptor of this process for @fd of @pid, without opening the file anew; or -errno */
static int borrow_descriptor(pid_t pid, int fd)
{
	int process = syscall(SYS_pidfd_open, pid, 0);
	int borrowed = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);

	if (process >= 0)
		close(process);
	return borrowed;
}

static void look_at_pipe(struct holdings *holdings, const struct driver *driver, int fd,
			 const char *link)
{
	int borrowed = borrow_descriptor(holdings->pid, fd), bytes = 0;
	char text[80];

	if (borrowed < 0)
		return;
	snprintf(text, sizeof(text), "fd %d is %.30s", fd, link);
	if (!ioctl(borrowed, FIONREAD, &bytes) && bytes > 0) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " with %d bytes", bytes);
		add_hint(holdings, driver, text);
	}
	close(borrowed);
}

/* The name that the protocol has in the kernel: lsof reads it there, too. */
static bool socket_is_of(pid_t pid, int fd, const char *protocol)
{
	char path[64], name[32] = "";
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	length = getxattr(path, "system.sockprotoname", name, sizeof(name) - 1);
	return length > 0 && !strncmp(name, protocol, strlen(protocol));
}

static void look_at_xdp_socket(struct holdings *holdings, const struct driver *driver, int fd,
			       const char *link)
{
	char text[80];

	snprintf(text, sizeof(text), "fd %d is %.30s of AF_XDP", fd, link);
	if (socket_is_of(holdings->pid, fd, "XDP"))
		add_hint(holdings, driver, text);
}

static void look_at_tcp_socket(struct holdings *holdings, const struct driver *driver, int fd,
			       const char *link)
{
	int borrowed, zerocopy = 0, unsent = 0;
	socklen_t size = sizeof(zerocopy);
	char text[80];

	if (!socket_is_of(holdings->pid, fd, "TCP"))
		return;
	borrowed = borrow_descriptor(holdings->pid, fd);
	if (borrowed < 0)
		return;
	if (!getsockopt(borrowed, SOL_SOCKET, SO_ZEROCOPY, &zerocopy, &size) && zerocopy &&
	    !ioctl(borrowed, SIOCOUTQ, &unsent) && unsent > 0) {
		snprintf(text, sizeof(text), "fd %d is %.30s with %d bytes that wait", fd, link, unsent);
		add_hint(holdings, driver, text);
	}
	close(borrowed);
}

static bool is_direct(pid_t pid, int fd)
{
	FILE *info = open_fdinfo(pid, fd);
	unsigned int flags = 0;
	char line[256];

	while (info && fgets(line, sizeof(line), info) && sscanf(line, "flags: %o", &flags) != 1)
		;
	if (info)
		fclose(info);
	return flags & O_DIRECT;
}

static void look_at_file(struct holdings *holdings, const struct driver *driver, int fd,
			 const char *link)
{
	(void)driver;
	(void)link;
	if (holdings->direct < 0 && is_direct(holdings->pid, fd))
		holdings->direct = fd;
}

static const struct driver drivers[] = {
	{ "io_uring", "anon_inode:[io_uring]", TAKES_PINS | TAKES_GETS, NULL, look_at_ring },
	{ "rdma", "/dev/infiniband/uverbs", TAKES_PINS, "VmPin:", NULL },
	{ "vfio", "/dev/vfio/", TAKES_PINS, "VmLck:", NULL },
	{ "iommufd", "/dev/iommu", TAKES_PINS, NULL, NULL },
	{ "vdpa", "/dev/vhost-vdpa", TAKES_PINS, "VmPin:", NULL },
	{ "udmabuf", "/dmabuf:", TAKES_PINS | TAKES_GETS, NULL, look_at_dmabuf },
	{ "af_xdp", "socket:[", TAKES_PINS, NULL, look_at_xdp_socket },
	{ "v4l2", "/dev/video", TAKES_PINS | TAKES_GETS, NULL, NULL },
	{ "drm", "/dev/dri/", TAKES_PINS | TAKES_GETS, NULL, NULL },
	{ "nvidia", "/dev/nvidia", TAKES_PINS | TAKES_GETS, NULL, NULL },
	{ "gup_test", "/sys/kernel/debug/gup_test", TAKES_PINS | TAKES_GETS, NULL, NULL },
	{ "tcp-zerocopy", "socket:[", TAKES_GETS, NULL, look_at_tcp_socket },
	{ "pipe", "pipe:[", TAKES_GETS, NULL, look_at_pipe },
	{ "o_direct", "/", TAKES_PINS | TAKES_GETS, NULL, look_at_file },
};

static const struct driver *driver_named(const char *name)
{
	const struct driver *driver = drivers;

	while (strcmp(driver->name, name))
		driver++;
	return driver;
}

/* A driver that charges the process for what it holds has nothing of one that is charged nothing. */
static void add_descriptor(struct holdings *holdings, const struct driver *driver, int fd,
			   const char *link)
{
	long charged = driver->charge ? process_status_kib(holdings->pid, driver->charge) : -1;
	char text[120];

	if (driver->charge && charged == 0)
		return;
	snprintf(text, sizeof(text), "fd %d is %.40s", fd, link);
	if (charged > 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %s %ld kB", driver->charge,
			 charged);
	add_hint(holdings, driver, text);
}

static void look_at_descriptor(struct holdings *holdings, int fd, const char *link)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		const struct driver *driver = &drivers[i];

		if (strncmp(link, driver->link, strlen(driver->link)))
			continue;
		if (driver->look)
			driver->look(holdings, driver, fd, link);
		else
			add_descriptor(holdings, driver, fd, link);
	}
}

static void look_at_descriptors(struct holdings *holdings)
{
	char path[PATH_MAX], link[PATH_MAX];
	const struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)holdings->pid);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		ssize_t length = isdigit(entry->d_name[0]) ?
				 readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1) : -1;

		if (length < 0)
			continue;
		link[length] = '\0';
		look_at_descriptor(holdings, atoi(entry->d_name), link);
	}
	if (directory)
		closedir(directory);
}

/* Is the thread in a call that reads or writes one buffer by a descriptor that is open with O_DIRECT? */
static void look_at_call(struct holdings *holdings, const char *thread)
{
	static const long calls[] = { SYS_read, SYS_write, SYS_pread64, SYS_pwrite64 };
	unsigned long long fd, start, bytes;
	char name[64], text[80];
	FILE *file;
	long call = -1;
	bool known;

	snprintf(name, sizeof(name), "task/%.20s/syscall", thread);
	file = process_file(holdings->pid, name);
	known = file && fscanf(file, "%ld 0x%llx 0x%llx 0x%llx", &call, &fd, &start, &bytes) == 4;
	if (file)
		fclose(file);
	for (size_t i = 0; known && i < ARRAY_SIZE(calls); i++) {
		if (call != calls[i] || !is_direct(holdings->pid, fd))
			continue;
		snprintf(text, sizeof(text), "thread %.20s moves %#llx/%llu by fd %llu", thread, start, bytes,
			 fd);
		add_range(holdings, driver_named("o_direct"), start, bytes, text);
	}
}

static void look_at_calls(struct holdings *holdings)
{
	const struct dirent *entry;
	char path[64];
	DIR *directory;

	if (holdings->direct < 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)holdings->pid);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (isdigit(entry->d_name[0]))
			look_at_call(holdings, entry->d_name);
	}
	if (directory)
		closedir(directory);
}

void dmabuf_exporter(unsigned long inode, char *name, size_t size)
{
	FILE *list = fopen(DMABUF_LIST, "re");
	char line[256], exporter[32];
	unsigned long listed;

	snprintf(name, size, "dma-buf");
	while (list && fgets(line, sizeof(line), list)) {
		if (sscanf(line, "%*u %*x %*x %*d %31s %lu", exporter, &listed) == 2 && listed == inode)
			snprintf(name, size, "%s", exporter);
	}
	if (list)
		fclose(list);
}

/* A mapping keeps a DMA buffer also where the descriptor is closed. */
static int look_at_mapping(void *context, const struct vma *vma)
{
	struct holdings *holdings = context;
	char name[32], text[80];

	if (!strncmp(vma->path, "/[aio]", strlen("/[aio]")))
		holdings->queue = true;
	if (strncmp(vma->path, "/dmabuf:", strlen("/dmabuf:")))
		return 0;
	dmabuf_exporter(vma->inode, name, sizeof(name));
	snprintf(text, sizeof(text), "maps a buffer of %llu bytes at %#llx", vma->end - vma->start,
		 vma->start);
	if (!strcmp(name, "udmabuf"))
		add_hint(holdings, driver_named("udmabuf"), text);
	return 0;
}

/* Requests that nobody waits for are sent by a ring or by io_submit(), whose queue is mapped. */
static void look_for_requests(struct holdings *holdings)
{
	char text[120];

	if (holdings->direct < 0 || (!holdings->queue && holdings->ring < 0))
		return;
	snprintf(text, sizeof(text), "fd %d is open with O_DIRECT, and there is a queue of %s",
		 holdings->direct, holdings->queue ? "io_submit()" : "io_uring");
	add_hint(holdings, driver_named("o_direct"), text);
}

static int compare_ranges(const void *first, const void *second)
{
	const struct range *a = first, *b = second;

	return a->start < b->start ? -1 : a->start > b->start;
}

struct holdings *holdings_read(pid_t pid)
{
	struct holdings *holdings = need_room(calloc(1, sizeof(*holdings)));

	*holdings = (struct holdings) { .pid = pid, .direct = -1, .ring = -1 };
	look_at_descriptors(holdings);
	look_at_calls(holdings);
	vmas_visit(pid, look_at_mapping, holdings);
	look_for_requests(holdings);
	if (holdings->range_count)
		qsort(holdings->ranges, holdings->range_count, sizeof(*holdings->ranges), compare_ranges);
	return holdings;
}

void holdings_release(struct holdings *holdings)
{
	if (!holdings)
		return;
	free(holdings->ranges);
	free(holdings->hints);
	free(holdings);
}

/* Return: the first range that may end behind @start. */
static const struct range *first_range(const struct holdings *holdings, __u64 start)
{
	size_t low = 0, high = holdings->range_count;
	__u64 least = start > holdings->longest ? start - holdings->longest : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (holdings->ranges[middle].start < least)
			low = middle + 1;
		else
			high = middle;
	}
	return holdings->ranges + low;
}

const struct range *holdings_next(const struct holdings *holdings, __u64 start, __u64 end,
				  const struct range *last)
{
	const struct range *behind = holdings->ranges + holdings->range_count, *range;

	if (!holdings->range_count)
		return NULL;
	for (range = last ? last + 1 : first_range(holdings, start);
	     range < behind && range->start < end; range++) {
		if (range->end > start)
			return range;
	}
	return NULL;
}
