// SPDX-License-Identifier: GPL-2.0-only
/*
 * uprobe_pinned: a breakpoint that a tracer sets by uprobe replaces a page that a device has pinned, and
 * the device goes on with the old page. Documentation/reports/uprobe_pinned.md
 *
 * The device is a pipe: io_uring pins a fixed buffer, and reads from the pipe into it. Run as root,
 * because the program sets a uprobe.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

static int cannot_tell(const char *what)
{
	printf("uprobe_pinned: cannot tell: %s: %s\n", what, strerror(errno));
	return CANNOT_TELL;
}

/* The tracer stops here. Nobody calls this function. */
static int __attribute__((noinline, used, aligned(64))) traced(int number)
{
	return number + 1;
}

/* Where is @address in the file of this program? */
static uint64_t offset_in_program(uintptr_t address)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end, offset;
	uint64_t found = 0;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 &&
		    address >= start && address < end)
			found = offset + address - start;
	if (maps)
		fclose(maps);
	return found;
}

/* Set the breakpoint. It is there until the event is closed. */
static int open_uprobe(const char *program, uint64_t offset)
{
	struct perf_event_attr attributes = {
		.size = sizeof(attributes), .config1 = (uintptr_t)program, .config2 = offset,
	};
	FILE *type = fopen("/sys/bus/event_source/devices/uprobe/type", "r");
	int read = type ? fscanf(type, "%u", &attributes.type) : 0;

	if (type)
		fclose(type);
	return read == 1 ? syscall(SYS_perf_event_open, &attributes, getpid(), -1, -1, 0) : -1;
}

/* Let the device write @byte to @at, through the pin. */
static int device_writes(struct io_uring *ring, const int *channel, char *at, char byte)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	int done;

	if (write(channel[1], &byte, 1) != 1)
		return -errno;
	io_uring_prep_read_fixed(sqe, channel[0], at, 1, -1, 0);
	io_uring_submit_and_wait(ring, 1);
	done = io_uring_wait_cqe(ring, &cqe);
	if (done)
		return done;
	done = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return done == 1 ? 0 : -EIO;
}

int main(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uint64_t offset = offset_in_program((uintptr_t)traced);
	char program[512] = "", seen[3], *at, *byte, original;
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), event, channel[2];
	struct iovec range;
	struct io_uring ring;

	if (!offset || readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return cannot_tell("the place of the function in the program");
	/* A private copy of the page with the function. The device writes far from that. */
	at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, offset & ~(page - 1));
	byte = at + ((offset + page / 2) & (page - 1));
	*byte = '0';
	range = (struct iovec){ at, page };
	if (io_uring_queue_init(2, &ring, 0) || pipe(channel) ||
	    io_uring_register_buffers(&ring, &range, 1))
		return cannot_tell("io_uring fixed buffer");
	mprotect(at, page, PROT_READ | PROT_EXEC);
	original = at[offset & (page - 1)];

	if (device_writes(&ring, channel, byte, '1'))
		return cannot_tell("io_uring read");
	seen[0] = *(volatile char *)byte;
	event = open_uprobe(program, offset);
	if (event < 0)
		return cannot_tell("uprobe by perf_event_open (root?)");
	if (*(volatile char *)(at + (offset & (page - 1))) == original)
		return cannot_tell("no breakpoint in the pinned page");
	device_writes(&ring, channel, byte, '2');
	seen[1] = *(volatile char *)byte;
	close(event);
	device_writes(&ring, channel, byte, '3');
	seen[2] = *(volatile char *)byte;
	if (seen[0] != '1') {
		printf("uprobe_pinned: cannot tell: the process sees '%c' before any breakpoint\n", seen[0]);
		return CANNOT_TELL;
	}
	printf("uprobe_pinned: %s: the device wrote '1' before the breakpoint, '2' under it, '3' after it; the process sees '%c' '%c' '%c'\n",
	       seen[1] == '2' && seen[2] == '3' ? "fine" : "broken", seen[0], seen[1], seen[2]);
	return seen[1] == '2' && seen[2] == '3' ? FINE : BROKEN;
}
