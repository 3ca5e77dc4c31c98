// SPDX-License-Identifier: GPL-2.0-only
/*
 * scan_misses_pins: PAGEMAP_SCAN with asynchronous write protection does not report what a device writes
 * through a pin. Documentation/reports/scan_misses_pins.md
 *
 * The device is a disk: io_uring pins a fixed buffer, and reads a file into it with O_DIRECT. Run the
 * program in a directory on a file system that has O_DIRECT (ext4, xfs).
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/fs.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PAGEMAP_SCAN
struct page_region {
	__u64 start, end, categories;
};

struct pm_scan_arg {
	__u64 size, flags, start, end, walk_end, vec, vec_len, max_pages;
	__u64 category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define PAGEMAP_SCAN		_IOWR('f', 16, struct pm_scan_arg)
#define PAGE_IS_WRITTEN		(1 << 1)
#define PM_SCAN_WP_MATCHING	(1 << 0)
#define PM_SCAN_CHECK_WPASYNC	(1 << 1)
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_UNPOPULATED	(1 << 13)
#define UFFD_FEATURE_WP_ASYNC		(1 << 15)
#endif

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define FILE_BYTES	4096U
#define FILE_NAME	"scan_misses_pins.tmp"

struct device {
	struct io_uring ring;
	int file;
};

static int device_open(struct device *device)
{
	static char bytes[FILE_BYTES];

	memset(bytes, 'D', sizeof(bytes));
	device->file = open(FILE_NAME, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	unlink(FILE_NAME);
	if (device->file < 0 || fcntl(device->file, F_SETFL, 0) ||
	    pwrite(device->file, bytes, sizeof(bytes), 0) != sizeof(bytes) || fsync(device->file) ||
	    fcntl(device->file, F_SETFL, O_DIRECT))
		return -errno;
	return io_uring_queue_init(2, &device->ring, 0);
}

/* The disk writes to @at: through the fixed buffer, or through a pin that lives as long as the read. */
static int device_writes(struct device *device, void *at, bool fixed)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&device->ring);
	struct io_uring_cqe *cqe;
	int done;

	if (fixed)
		io_uring_prep_read_fixed(sqe, device->file, at, FILE_BYTES, 0, 0);
	else
		io_uring_prep_read(sqe, device->file, at, FILE_BYTES, 0);
	io_uring_submit_and_wait(&device->ring, 1);
	done = io_uring_wait_cqe(&device->ring, &cqe);
	if (!done) {
		done = cqe->res;
		io_uring_cqe_seen(&device->ring, cqe);
	}
	return done == (int)FILE_BYTES ? 0 : done < 0 ? done : -EIO;
}

/* Number of regions that were written since the last call, which protects them again */
static int written_regions(void *at, size_t bytes)
{
	struct page_region region;
	struct pm_scan_arg scan = {
		.size = sizeof(scan), .flags = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC,
		.start = (uintptr_t)at, .end = (uintptr_t)at + bytes, .vec = (uintptr_t)&region,
		.vec_len = 1, .category_mask = PAGE_IS_WRITTEN, .return_mask = PAGE_IS_WRITTEN,
	};
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int regions = ioctl(pagemap, PAGEMAP_SCAN, &scan);

	close(pagemap);
	return regions < 0 ? -errno : regions;
}

static int track_writes(void *at, size_t bytes)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED,
	};
	struct uffdio_register area = {
		.range = { (uintptr_t)at, bytes }, .mode = UFFDIO_REGISTER_MODE_WP,
	};
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &area))
		return -errno;
	return uffd;
}

/* Return: 1: the write of the device is reported, 0: it is not; or -errno */
static int write_is_reported(struct device *device, char *at, size_t bytes, bool fixed)
{
	struct iovec range = { at, bytes };
	int uffd, error, regions;

	memset(at, 'C', bytes);
	uffd = track_writes(at, bytes);
	if (uffd < 0)
		return uffd;
	error = fixed ? io_uring_register_buffers(&device->ring, &range, 1) : 0;
	regions = written_regions(at, bytes);
	if (!error && regions < 0)
		error = regions;
	/* The pages are clean now, and a second pass proves that. Pinned pages may be reported in each pass. */
	if (!error && written_regions(at, bytes) && !fixed)
		error = -EBUSY;
	error = error ?: device_writes(device, at, fixed);
	regions = error ?: written_regions(at, bytes);
	if (!error && *(volatile char *)at != 'D')
		regions = -EIO;
	if (fixed)
		io_uring_unregister_buffers(&device->ring);
	close(uffd);
	return regions;
}

/* The number behind @format in @path, or 0 */
static size_t read_number(const char *path, const char *format)
{
	FILE *file = fopen(path, "r");
	size_t number = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &number) == 1)
			break;
	if (file)
		fclose(file);
	return number;
}

/**
 * struct kind - a kind of memory
 * @control: is a write of the disk without an older pin reported? 1, 0, or -errno
 * @pinned: and one through an older pin?
 */
struct kind {
	const char *name;
	size_t bytes;
	int flags, advice;
	int control, pinned;
};

static void try_kind(struct device *device, struct kind *kind)
{
	char *at = mmap(NULL, 2 * kind->bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | kind->flags, -1, 0);

	kind->control = kind->pinned = -errno;
	if (at == MAP_FAILED)
		return;
	at = (char *)(((uintptr_t)at + kind->bytes - 1) & ~(kind->bytes - 1));
	madvise(at, kind->bytes, kind->advice);
	kind->control = write_is_reported(device, at, kind->bytes, false);
	kind->pinned = write_is_reported(device, at, kind->bytes, true);
}

int main(void)
{
	size_t thp = read_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "%zu");
	size_t hugetlb = read_number("/proc/meminfo", "Hugepagesize: %zu") << 10;
	struct kind kinds[] = {
		{ "base page", sysconf(_SC_PAGESIZE), 0, MADV_NOHUGEPAGE, 0, 0 },
		{ "THP", thp, 0, MADV_HUGEPAGE, 0, 0 },
		{ "hugetlb", hugetlb, MAP_HUGETLB, MADV_NORMAL, 0, 0 },
	};
	int missed = 0, seen = 0, error;
	struct device device;

	error = device_open(&device);
	if (error) {
		printf("scan_misses_pins: cannot tell: %s: %s\n", FILE_NAME, strerror(-error));
		return CANNOT_TELL;
	}
	for (int i = 0; i < 3; i++) {
		try_kind(&device, &kinds[i]);
		missed += kinds[i].control == 1 && kinds[i].pinned == 0;
		seen += kinds[i].control == 1 && kinds[i].pinned == 1;
	}
	if (kinds[0].control == -EINVAL) {
		puts("scan_misses_pins: cannot tell: no UFFD_FEATURE_WP_ASYNC (Linux 6.7)");
		return CANNOT_TELL;
	}
	printf("scan_misses_pins: %s: writes of the disk that are reported, without and with an older pin:",
	       missed ? "broken" : seen ? "fine" : "cannot tell");
	for (int i = 0; i < 3; i++)
		printf(" %s %d %d%s", kinds[i].name, kinds[i].control, kinds[i].pinned, i < 2 ? "," : "\n");
	return missed ? BROKEN : seen ? FINE : CANNOT_TELL;
}
