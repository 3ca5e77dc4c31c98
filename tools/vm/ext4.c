// SPDX-License-Identifier: GPL-2.0-only
/* An ext4 file system for the guest, made on the host. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ext4.h"
#include "initramfs.h"
#include "options.h"
#include "protocol.h"
#include "util.h"

#define BLOCK	4096

/* "offset, block" of every block that is not zero: an empty ext4 is 200 KiB of them. */
static char *collect_blocks(FILE *image, size_t *length)
{
	static const char zero[BLOCK];
	char block[BLOCK], *blocks;
	FILE *to = open_memstream(&blocks, length);

	if (!to)
		return NULL;
	for (uint64_t offset = 0; fread(block, BLOCK, 1, image) == 1; offset += BLOCK) {
		if (!memcmp(block, zero, BLOCK))
			continue;
		fwrite(&offset, sizeof(offset), 1, to);
		fwrite(block, BLOCK, 1, to);
	}
	return fclose(to) ? NULL : blocks;
}

static int make_image(const char *mke2fs, const char *path)
{
	/* The guest's mount must not start a thread that zeroes tables: it would be noise. */
	char size[16];
	char *const argv[] = { (char *)mke2fs, "-q", "-F", "-t", "ext4", "-b", "4096", "-J", "size=4",
			       "-E", "lazy_itable_init=0,lazy_journal_init=1,nodiscard",
			       "-N", "1024", (char *)path, size, NULL };
	char line[256];

	snprintf(size, sizeof(size), "%dM", EXT4_MIB);
	return first_line_of(argv, line, sizeof(line));
}

int ext4_pack(struct initramfs *initramfs, const struct options *options)
{
	char *mke2fs = find_program("mke2fs");
	char *path, *blocks = NULL;
	FILE *image = NULL;
	size_t length;
	int error = 0;

	if (!mke2fs) {
		complain("no mke2fs, so no ext4 in the guest. Install it: sudo apt-get install "
			 "e2fsprogs");
		return 0;
	}
	path = format_text("%s/ext4.img", options->results);
	if (!make_image(mke2fs, path))
		image = fopen(path, "re");
	if (image)
		blocks = collect_blocks(image, &length);
	if (blocks) {
		error = initramfs_bytes(initramfs, GUEST_EXT4, 0644, blocks, length);
	} else {
		complain("cannot make an ext4 image in %s: %s", options->results, strerror(errno));
		error = -1;
	}
	if (image)
		fclose(image);
	unlink(path);
	free(blocks);
	free(path);
	free(mke2fs);
	return error;
}
