// SPDX-License-Identifier: GPL-2.0-only
/*
 * udmabuf_hole: after a hole is punched in a memfd, the dma-buf that udmabuf made of it keeps pages that
 * the file does not have any more. Documentation/reports/udmabuf_hole.md
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define PAGES	4

static int cannot_tell(const char *what)
{
	printf("udmabuf_hole: cannot tell: %s: %s\n", what, strerror(errno));
	return CANNOT_TELL;
}

int main(void)
{
	size_t page = sysconf(_SC_PAGESIZE), bytes = PAGES * page;
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), buffer, punched;
	int file = memfd_create("buffer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct udmabuf_create create = { .memfd = file, .size = bytes };
	volatile char *cpu, *device_sees;
	char before, after, control;

	if (device < 0)
		return cannot_tell("/dev/udmabuf (CONFIG_UDMABUF)");
	if (ftruncate(file, bytes) || fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK))
		return cannot_tell("memfd");
	cpu = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	memset((void *)cpu, '1', bytes);
	buffer = ioctl(device, UDMABUF_CREATE, &create);
	if (buffer < 0)
		return cannot_tell("UDMABUF_CREATE");
	device_sees = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer, 0);
	if (device_sees == MAP_FAILED)
		return cannot_tell("mmap of the dma-buf");
	before = device_sees[page];
	punched = fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, page, page);
	cpu[page] = '2';
	cpu[2 * page] = '2';
	after = device_sees[page];
	/* The control: a page beside the hole. */
	control = device_sees[2 * page];
	if (before != '1' || control != '2') {
		printf("udmabuf_hole: cannot tell: the dma-buf has '%c' at first, '%c' beside the hole\n",
		       before, control);
		return CANNOT_TELL;
	}
	if (punched) {
		puts("udmabuf_hole: fine: no hole can be punched in the file of a dma-buf");
		return FINE;
	}
	printf("udmabuf_hole: %s: the process wrote '2' after the hole was punched; the dma-buf has '%c' there, '%c' beside the hole\n",
	       after == '2' ? "fine" : "broken", after, control);
	return after == '2' ? FINE : BROKEN;
}
