// SPDX-License-Identifier: GPL-2.0-only
/*
 * uffd_async_discarded: memory of a file, tracked by asynchronous write protection. Its bytes are discarded by
 * MADV_DONTNEED or a punched hole, and PAGEMAP_SCAN says that nothing was written.
 * Documentation/reports/uffd_async_discarded.md
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/userfaultfd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
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
enum { KEPT, DISCARDED, PAGES };

static size_t page;

/* Was the page at @at written since it was protected? 1, 0, or -errno. @flags: PM_SCAN_WP_MATCHING protects it */
static int page_is_written(int pagemap, const char *at, __u64 flags)
{
	struct page_region region;
	struct pm_scan_arg scan = {
		.size = sizeof(scan), .flags = PM_SCAN_CHECK_WPASYNC | flags,
		.start = (uintptr_t)at, .end = (uintptr_t)at + page, .vec = (uintptr_t)&region,
		.vec_len = 1, .category_mask = PAGE_IS_WRITTEN, .return_mask = PAGE_IS_WRITTEN,
	};
	int regions = ioctl(pagemap, PAGEMAP_SCAN, &scan);

	return regions < 0 ? -errno : regions;
}

static int track_writes(void *at)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED,
	};
	struct uffdio_register area = {
		.range = { (uintptr_t)at, PAGES * page }, .mode = UFFDIO_REGISTER_MODE_WP,
	};
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &area))
		return -errno;
	return uffd;
}

/**
 * struct kind - how bytes are discarded
 * @flags: of mmap()
 * @advice: what discards them
 * @written: what PAGEMAP_SCAN says of the page whose bytes were discarded: at once, and once it was read
 * @kept: and of the other page
 * @changed: are the bytes others than before?
 */
struct kind {
	const char *name;
	int flags, advice;
	int written[2], kept;
	bool changed;
};

static int discard_page(int pagemap, char *at, struct kind *kind)
{
	char *target = at + DISCARDED * page;
	int error = page_is_written(pagemap, at + KEPT * page, PM_SCAN_WP_MATCHING);

	if (error >= 0)
		error = page_is_written(pagemap, target, PM_SCAN_WP_MATCHING);
	if (error < 0)
		return error;
	/* The pages are clean now: a second pass proves that. */
	if (page_is_written(pagemap, at + KEPT * page, 0) || page_is_written(pagemap, target, 0))
		return -EBUSY;
	if (madvise(target, page, kind->advice))
		return -errno;
	kind->written[0] = page_is_written(pagemap, target, 0);
	kind->changed = *(volatile char *)target != 'P';
	kind->written[1] = page_is_written(pagemap, target, 0);
	kind->kept = page_is_written(pagemap, at + KEPT * page, 0);
	return 0;
}

static int try_kind(struct kind *kind)
{
	bool anonymous = kind->flags & MAP_ANONYMOUS;
	int file = anonymous ? -1 : memfd_create("uffd_async_discarded", MFD_CLOEXEC);
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), uffd, error;
	char *at;

	if (file >= 0 && (ftruncate(file, PAGES * page) || pwrite(file, "F", 1, DISCARDED * page) != 1))
		return -errno;
	at = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, kind->flags, file, 0);
	if (at == MAP_FAILED)
		return -errno;
	madvise(at, PAGES * page, MADV_NOHUGEPAGE);
	memset(at, 'P', PAGES * page);
	uffd = track_writes(at);
	if (uffd < 0)
		return uffd;
	error = discard_page(pagemap, at, kind);
	close(uffd);
	close(pagemap);
	return error;
}

int main(void)
{
	struct kind kinds[] = {
		{ "private memory", MAP_PRIVATE | MAP_ANONYMOUS, MADV_DONTNEED, { 0 }, 0, false },
		{ "private copies of a file", MAP_PRIVATE, MADV_DONTNEED, { 0 }, 0, false },
		{ "shared memory with a hole", MAP_SHARED, MADV_REMOVE, { 0 }, 0, false },
	};
	int error = 0, missed = 0;

	page = sysconf(_SC_PAGESIZE);
	for (int i = 0; i < 3 && !error; i++) {
		error = try_kind(&kinds[i]);
		if (!error && (!kinds[i].changed || kinds[i].kept))
			error = -ENODATA;
		missed += kinds[i].changed && !(kinds[i].written[0] && kinds[i].written[1]);
	}
	if (error || !kinds[0].written[0] || !kinds[0].written[1]) {
		printf("uffd_async_discarded: cannot tell: %s\n",
		       error == -EINVAL ? "no UFFD_FEATURE_WP_ASYNC (Linux 6.7)" :
		       error ? strerror(-error) : "not even the control is tracked");
		return CANNOT_TELL;
	}
	printf("uffd_async_discarded: %s: the bytes changed; PAGE_IS_WRITTEN before, after they are read:",
	       missed ? "broken" : "fine");
	for (int i = 0; i < 3; i++)
		printf(" %s %d %d%s", kinds[i].name, kinds[i].written[0], kinds[i].written[1],
		       i < 2 ? "," : "\n");
	return missed ? BROKEN : FINE;
}
