// SPDX-License-Identifier: GPL-2.0-only
/*
 * gup_fast_zero: pin_user_pages_fast() of 0 pages pins what is mapped at the address, up to the first page that is
 * not mapped, and writes behind the array of its caller. Documentation/reports/gup_fast_zero.md
 *
 * The caller is the debugfs file gup_test of kernels with CONFIG_GUP_TEST, which asks GUP for 0 pages where a range
 * ends in the middle of a page. Run as root. Two pages too many come, and kmalloc() has room for these behind an
 * array of five: only KASAN sees the writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define GUP_TEST_FILE	"/sys/kernel/debug/gup_test"
#define WANTED		5	/* pages */
#define MAPPED		(WANTED + 2)
#define ALIGNMENT	16	/* pages; so all of the mapping is in one page table */

/* As in mm/gup_test.h of the kernel */
struct gup_test {
	__u64 get_delta_usec;
	__u64 put_delta_usec;
	__u64 addr;
	__u64 size;
	__u32 nr_pages_per_call;
	__u32 gup_flags;
	__u32 test_flags;
	__u32 which_pages[8];
};

#define PIN_FAST_BENCHMARK	_IOWR('g', 2, struct gup_test)

static int cannot_tell(const char *what)
{
	printf("gup_fast_zero: cannot tell: %s: %s\n", what, strerror(errno));
	return CANNOT_TELL;
}

/* Pins that the machine has acquired since boot, or -1 */
static long pins_acquired(void)
{
	int refresh = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	FILE *file = fopen("/proc/vmstat", "r");
	long acquired = -1;
	char line[128];

	if (write(refresh, "1", 1) != 1)
		perror("/proc/sys/vm/stat_refresh");
	close(refresh);
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "nr_foll_pin_acquired %ld", &acquired) == 1)
			break;
	if (file)
		fclose(file);
	return acquired;
}

/* Pins for @bytes from @memory on, of a call for each page; or -1 */
static long pins_for(int file, char *memory, size_t bytes)
{
	struct gup_test test = {
		.addr = (unsigned long)memory, .size = bytes, .nr_pages_per_call = 1,
	};
	long before = pins_acquired(), after;

	if (ioctl(file, PIN_FAST_BENCHMARK, &test))
		return -1;
	after = pins_acquired();
	return before < 0 ? -1 : after - before;
}

/* MAPPED pages that are there, and nothing behind them */
static char *map_pages(size_t page)
{
	char *area = mmap(NULL, 2 * ALIGNMENT * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *memory;

	if (area == MAP_FAILED)
		return NULL;
	memory = (char *)(((unsigned long)area + ALIGNMENT * page - 1) & -(ALIGNMENT * page));
	madvise(memory, MAPPED * page, MADV_NOHUGEPAGE);
	memset(memory, 1, MAPPED * page);
	return munmap(memory + MAPPED * page, area + 2 * ALIGNMENT * page - (memory + MAPPED * page)) ? NULL : memory;
}

int main(void)
{
	int file = open(GUP_TEST_FILE, O_RDWR | O_CLOEXEC), code;
	size_t page = sysconf(_SC_PAGESIZE);
	long whole, half;
	char *memory;

	if (file < 0)
		return cannot_tell(GUP_TEST_FILE " (CONFIG_GUP_TEST)");
	memory = map_pages(page);
	if (!memory)
		return cannot_tell("mmap");
	whole = pins_for(file, memory, WANTED * page);
	half = pins_for(file, memory, WANTED * page + page / 2);
	if (whole < 0 || half < 0)
		return cannot_tell("PIN_FAST_BENCHMARK, or nr_foll_pin_acquired");
	code = whole != WANTED ? CANNOT_TELL : half > WANTED + 1 ? BROKEN : FINE;
	printf("gup_fast_zero: %s: pins for %d pages: %ld; for %d pages and a half, of memory with %d pages: %ld\n",
	       code == BROKEN ? "broken" : code == FINE ? "fine" : "cannot tell", WANTED, whole, WANTED, MAPPED, half);
	return code;
}
