// SPDX-License-Identifier: GPL-2.0-only
/* A directory of the host for a guest that cannot mount it: a copy. */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "initramfs.h"
#include "protocol.h"
#include "share.h"
#include "util.h"

/* The copy takes memory of the guest. */
#define SHARE_BYTES_MAX	(256L << 20)
#define DESCRIPTORS	16

/* nftw() passes no argument on to its function. */
static struct {
	struct initramfs *initramfs;
	size_t prefix;
	off_t bytes;
} sharing;

static int share_link(const char *guest, const char *path)
{
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0) {
		complain("cannot read %s: %s", path, strerror(errno));
		return -1;
	}
	target[length] = '\0';
	return initramfs_link(sharing.initramfs, guest, target);
}

static int share_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
	char *guest = format_text(GUEST_SHARE "%s", path + sharing.prefix);
	mode_t mode = status->st_mode & 07777;
	int error = 0;

	(void)at;
	sharing.bytes += S_ISREG(status->st_mode) ? status->st_size : 0;
	if (sharing.bytes > SHARE_BYTES_MAX) {
		complain("the directory to share has more than %ld MiB, and the kernel no 9p: the guest "
			 "would have to keep a copy in memory. Share a smaller one",
			 SHARE_BYTES_MAX >> 20);
		error = -1;
	} else if (type == FTW_D) {
		error = initramfs_directory(sharing.initramfs, guest, mode);
	} else if (type == FTW_SL) {
		error = share_link(guest, path);
	} else if (type == FTW_F && S_ISREG(status->st_mode)) {
		error = initramfs_file(sharing.initramfs, guest, mode, path);
	}
	free(guest);
	return error;
}

int share_pack(struct initramfs *initramfs, const char *directory)
{
	sharing.initramfs = initramfs;
	sharing.prefix = strlen(directory);
	sharing.bytes = 0;
	return nftw(directory, share_entry, DESCRIPTORS, FTW_PHYS) ? -1 : 0;
}
