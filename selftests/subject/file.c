// SPDX-License-Identifier: GPL-2.0-only
/* Files to map: a row a file system. No file leaves a name or a mount behind. */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/pincheck.h>
#include "../../tools/lib/cause.h"
#include "file.h"
#include "hugetlb_pool.h"
#include "packet_ring.h"
#include "require.h"

int file_open_direct(int file, int access)
{
	char path[40];
	int direct;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	direct = open(path, access | O_DIRECT | O_CLOEXEC);
	return direct < 0 ? -errno : direct;
}

ssize_t file_write_direct(const void *start, size_t bytes)
{
	int file = file_open(&file_ext4), direct;
	ssize_t written;

	if (file < 0)
		return file;
	direct = file_open_direct(file, O_WRONLY);
	close(file);
	if (direct < 0)
		return direct;
	written = pwrite(direct, start, bytes, 0);
	if (written < 0)
		written = -errno;
	close(direct);
	return written;
}

static int set_size(int fd, size_t bytes)
{
	int error;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, bytes))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int file_renewed(int *file, int (*make)(void), size_t bytes)
{
	int copy;

	if (*file < 0)
		*file = make();
	if (*file < 0)
		return *file;
	if (ftruncate(*file, 0) || ftruncate(*file, (off_t)bytes))
		return -errno;
	copy = fcntl(*file, F_DUPFD_CLOEXEC, 0);
	return copy < 0 ? -errno : copy;
}

/* A file of the file system that has the directory $@variable. */
static int make_on_file_system_of(const char *variable)
{
	const char *directory = getenv(variable);
	int file;

	if (!directory)
		return cause_say(-ENOENT, "%s= names no directory on such a file system", variable);
	file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return file < 0 ? -errno : file;
}

static int make_on_ext4(void)
{
	return make_on_file_system_of("PINCHECK_EXT4");
}

static int make_on_xfs(void)
{
	return make_on_file_system_of("PINCHECK_XFS");
}

static int make_on_btrfs(void)
{
	return make_on_file_system_of("PINCHECK_BTRFS");
}

int file_make_alone_with(const char *filesystem, const char *option, const char *value)
{
	int context = fsopen(filesystem, FSOPEN_CLOEXEC), mounted, file;

	if (context < 0)
		return -errno;
	if ((option && fsconfig(context, FSCONFIG_SET_STRING, option, value, 0)) ||
	    fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
		close(context);
		return -errno;
	}
	mounted = fsmount(context, FSMOUNT_CLOEXEC, 0);
	close(context);
	if (mounted < 0)
		return -errno;
	file = openat(mounted, "file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (file < 0)
		file = -errno;
	close(mounted);
	return file;
}

int file_make_alone(const char *filesystem)
{
	return file_make_alone_with(filesystem, NULL, NULL);
}

int file_make_huge(void)
{
	int file = file_make_alone_with("tmpfs", "huge", "always");
	size_t at, block = PAGE_BYTES_MAX;
	char *bytes;

	if (file < 0)
		return file;
	bytes = malloc(block);
	if (!bytes || ftruncate(file, (off_t)PMD_BYTES))
		goto failed;
	for (at = 0; at < PMD_BYTES; at += block) {
		memset(bytes, (int)(at / block) + 1, block);
		if (pwrite(file, bytes, block, (off_t)at) != (ssize_t)block)
			goto failed;
	}
	free(bytes);
	return file;
failed:
	free(bytes);
	close(file);
	return cause_say(-EIO, "tmpfs takes no file of one huge page: is there free memory?");
}

static int make_on_ramfs(void)
{
	return file_make_alone("ramfs");
}

static int make_on_tmpfs(void)
{
	return file_make_alone("tmpfs");
}

static int open_ext4(size_t bytes)
{
	static int file = -1;

	return file_renewed(&file, make_on_ext4, bytes);
}

static int open_xfs(size_t bytes)
{
	static int file = -1;

	return file_renewed(&file, make_on_xfs, bytes);
}

static int open_btrfs(size_t bytes)
{
	static int file = -1;

	return file_renewed(&file, make_on_btrfs, bytes);
}

static int open_ramfs(size_t bytes)
{
	static int file = -1;

	return file_renewed(&file, make_on_ramfs, bytes);
}

static int open_tmpfs(size_t bytes)
{
	static int file = -1;

	return file_renewed(&file, make_on_tmpfs, bytes);
}

static int make_on_tmpfs_huge(void)
{
	return file_make_alone_with("tmpfs", "huge", "always");
}

static int open_tmpfs_huge(size_t bytes)
{
	static int file = -1;

	return file_renewed(&file, make_on_tmpfs_huge, bytes);
}

static int open_memfd(size_t bytes)
{
	return set_size(memfd_create("pincheck", MFD_CLOEXEC | MFD_ALLOW_SEALING), bytes);
}

static int open_hugetlb(size_t bytes)
{
	return set_size(hugetlb_pool_memfd("pincheck", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB),
			bytes);
}

static int open_hugetlb_1g(size_t bytes)
{
	return set_size(memfd_create("pincheck", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_1GB), bytes);
}

static int open_secretmem(size_t bytes)
{
	return set_size(syscall(SYS_memfd_secret, O_CLOEXEC), bytes);
}

const struct file_kind file_ext4 = {
	.name = "ext4", .needs = NEEDS_EXT4, .open = open_ext4,
	.whitelist = PINCHECK_WHITELIST_DENY, .reason = PINCHECK_WHITELIST_FILE,
};

const struct file_kind file_xfs = {
	.name = "xfs", .needs = NEEDS_XFS, .open = open_xfs,
	.whitelist = PINCHECK_WHITELIST_DENY, .reason = PINCHECK_WHITELIST_FILE,
};

const struct file_kind file_btrfs = {
	.name = "btrfs", .needs = NEEDS_BTRFS, .open = open_btrfs,
	.whitelist = PINCHECK_WHITELIST_DENY, .reason = PINCHECK_WHITELIST_FILE,
};

/* A mapping of an overlay has pages of the file system below: the rule of that one decides. */
const struct file_kind file_overlay_ext4 = {
	.name = "overlay_ext4", .needs = NEEDS_OVERLAY | NEEDS_EXT4,
	.open = overlay_open_ext4,
	.whitelist = PINCHECK_WHITELIST_DENY, .reason = PINCHECK_WHITELIST_FILE,
};

const struct file_kind file_overlay_tmpfs = {
	.name = "overlay_tmpfs", .needs = NEEDS_OVERLAY | NEEDS_SHMEM,
	.open = overlay_open_tmpfs,
	.whitelist = PINCHECK_WHITELIST_ALLOW, .reason = PINCHECK_WHITELIST_SHMEM,
};

const struct file_kind file_ramfs = {
	.name = "ramfs", .open = open_ramfs,
	.whitelist = PINCHECK_WHITELIST_DENY, .reason = PINCHECK_WHITELIST_FILE,
};

const struct file_kind file_tmpfs = {
	.name = "tmpfs", .needs = NEEDS_SHMEM, .open = open_tmpfs,
	.whitelist = PINCHECK_WHITELIST_ALLOW, .reason = PINCHECK_WHITELIST_SHMEM,
};

const struct file_kind file_memfd = {
	.name = "memfd", .needs = NEEDS_SHMEM, .open = open_memfd,
	.whitelist = PINCHECK_WHITELIST_ALLOW, .reason = PINCHECK_WHITELIST_SHMEM,
};

const struct file_kind file_hugetlb = {
	.name = "hugetlb", .folio = FOLIO_PMD, .needs = NEEDS_HUGETLB, .open = open_hugetlb,
	.whitelist = PINCHECK_WHITELIST_ALLOW, .reason = PINCHECK_WHITELIST_HUGETLB,
};

const struct file_kind file_hugetlb_1g = {
	.name = "hugetlb_1g", .needs = NEEDS_HUGETLB_1G, .open = open_hugetlb_1g,
	.whitelist = PINCHECK_WHITELIST_ALLOW, .reason = PINCHECK_WHITELIST_HUGETLB,
};

const struct file_kind file_tmpfs_huge = {
	.name = "tmpfs_huge", .folio = FOLIO_PMD, .needs = NEEDS_SHMEM | NEEDS_THP,
	.open = open_tmpfs_huge,
	.whitelist = PINCHECK_WHITELIST_ALLOW, .reason = PINCHECK_WHITELIST_SHMEM,
};

/* A socket has no page cache that a disk would write back. */
const struct file_kind file_packet_ring = {
	.name = "packet_ring", .needs = NEEDS_PACKET_RING, .open = packet_ring_open,
	.whitelist = PINCHECK_WHITELIST_ALLOW, .reason = PINCHECK_WHITELIST_FILE,
};

const struct file_kind file_secretmem = {
	.name = "secretmem", .needs = NEEDS_SECRETMEM, .open = open_secretmem,
	.whitelist = PINCHECK_WHITELIST_DENY, .reason = PINCHECK_WHITELIST_SECRETMEM,
};
