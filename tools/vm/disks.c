// SPDX-License-Identifier: GPL-2.0-only
/* File systems for the guest, made on the host, each on a RAM disk of its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "disks.h"
#include "initramfs.h"
#include "needs.h"
#include "options.h"
#include "protocol.h"
#include "util.h"

#define MAX_ARGUMENTS	20

/**
 * struct maker - how to make a file system
 * @name: the type of the file system, for mount(8)
 * @program: makes the file system; its last argument is the image
 * @package: has the program
 * @needs: enum need: the file system is made for topics that have one of them; 0: for all topics
 * @arguments: options with which the oldest kernel of the matrix can mount the file system
 */
struct maker {
	const char *name;
	const char *program;
	const char *package;
	unsigned int needs;
	char *const arguments[MAX_ARGUMENTS];
};

static const struct maker makers[] = {
	{ "ext4", "mke2fs", "e2fsprogs", 0,
	  /* Without these the mount starts a thread that zeroes tables, and disturbs the tests. */
	  { "-q", "-F", "-t", "ext4", "-b", "4096", "-J", "size=4", "-N", "1024",
	    "-E", "lazy_itable_init=0,lazy_journal_init=1,nodiscard" } },
	{ "xfs", "mkfs.xfs", "xfsprogs", NEED_FILE_SYSTEMS,
	  { "-q", "-f", "-K", "-m", "bigtime=0,inobtcount=0,rmapbt=0,reflink=0",
	    "-i", "nrext64=0" } },
	{ "btrfs", "mkfs.btrfs", "btrfs-progs", NEED_FILE_SYSTEMS,
	  { "-q", "-f", "-K", "-s", "4096", "-m", "single", "-d", "single" } },
};

/* Write offset and bytes of every block that is not zero. An empty file system has few of them. */
static void collect_range(int image, off_t offset, off_t end, FILE *to)
{
	static const char zero[DISK_BLOCK];
	char block[DISK_BLOCK];

	for (; offset < end && pread(image, block, DISK_BLOCK, offset) == DISK_BLOCK; offset += DISK_BLOCK) {
		uint64_t at = (uint64_t)offset;

		if (!memcmp(block, zero, DISK_BLOCK))
			continue;
		fwrite(&at, sizeof(at), 1, to);
		fwrite(block, DISK_BLOCK, 1, to);
	}
}

static char *collect_blocks(int image, size_t *length)
{
	char *blocks;
	FILE *to = open_memstream(&blocks, length);
	off_t data, hole;

	if (!to)
		return NULL;
	for (hole = 0; (data = lseek(image, hole, SEEK_DATA)) >= 0;) {
		hole = lseek(image, data, SEEK_HOLE);
		collect_range(image, data & ~(off_t)(DISK_BLOCK - 1), hole, to);
	}
	return fclose(to) ? NULL : blocks;
}

/* Make an image and unlink it. Return: its descriptor, or -1 */
static int make_image(const struct maker *maker, const char *program, const char *path)
{
	char *argv[MAX_ARGUMENTS + 2] = { (char *)program };
	size_t arguments = 0;
	char line[256];
	int image = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (image < 0)
		return -1;
	for (; arguments < MAX_ARGUMENTS && maker->arguments[arguments]; arguments++)
		argv[1 + arguments] = maker->arguments[arguments];
	argv[1 + arguments] = (char *)path;
	if (ftruncate(image, (off_t)DISK_MIB << 20) || first_line_of(argv, line, sizeof(line))) {
		close(image);
		image = -1;
	}
	unlink(path);
	return image;
}

static int pack_disk(struct initramfs *initramfs, const struct options *options,
		const struct maker *maker, const char *program)
{
	char *path = format_text("%s/%s.img", options->results, maker->name);
	char *guest = format_text(GUEST_DISKS "%s", maker->name);
	int image = make_image(maker, program, path), error = 0;
	size_t length;
	char *blocks = image < 0 ? NULL : collect_blocks(image, &length);

	if (blocks)
		error = initramfs_bytes(initramfs, guest, 0644, blocks, length);
	else
		complain("%s makes no %s image in %s: tests that need it will skip", program,
			 maker->name, options->results);
	if (image >= 0)
		close(image);
	free(blocks);
	free(guest);
	free(path);
	return error;
}

char *disks_parameters(const struct options *options, const char *prefix)
{
	long mib = options->swap_mib > DISK_MIB ? options->swap_mib : DISK_MIB;

	/* One RAM disk for swap, and one for each file system */
	return format_text("%srd_nr=%zu %srd_size=%ld", prefix, 1 + ARRAY_SIZE(makers), prefix,
			   mib * 1024);
}

int disks_pack(struct initramfs *initramfs, const struct options *options)
{
	int error = 0;

	for (size_t i = 0; i < ARRAY_SIZE(makers) && !error; i++) {
		char *program;

		if (makers[i].needs && !(makers[i].needs & options->needs))
			continue;
		program = find_program(makers[i].program);
		if (program)
			error = pack_disk(initramfs, options, &makers[i], program);
		else
			complain("no %s, so no %s in the guest. Install it: sudo apt-get install %s",
				 makers[i].program, makers[i].name, makers[i].package);
		free(program);
	}
	return error;
}
