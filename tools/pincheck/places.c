// SPDX-License-Identifier: GPL-2.0-only
/* Where a page frame belongs: its memory block, and the cgroup that pays for it. */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/places.h"

#define BLOCKS		"/sys/devices/system/memory"
#define CGROUPS		"/sys/fs/cgroup"
#define CHARGES		"/proc/kpagecgroup"	/* the inode of a cgroup for each page frame */

static bool read_first_line(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(text, size, file);

	if (read)
		text[strcspn(text, "\n")] = '\0';
	if (file)
		fclose(file);
	return read;
}

__u64 block_pages(void)
{
	static __u64 pages;
	char text[32];

	if (!pages && read_first_line(BLOCKS "/block_size_bytes", text, sizeof(text)))
		pages = strtoull(text, NULL, 16) / PAGE_BYTES;
	return pages;
}

bool block_file(unsigned long long block, const char *name, char *text, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), BLOCKS "/memory%llu/%s", block, name);
	return read_first_line(path, text, size);
}

/** struct cgroup - a directory of the cgroup file system */
struct cgroup {
	ino_t inode;
	char *path;
};

static struct cgroup *cgroups;
static size_t cgroup_count;

static int add_cgroup(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)place;
	if (type != FTW_D)
		return 0;
	if (!(cgroup_count & (cgroup_count - 1))) {
		struct cgroup *longer = reallocarray(cgroups, cgroup_count * 2 + 1, sizeof(*cgroups));

		if (!longer)
			return -1;
		cgroups = longer;
	}
	cgroups[cgroup_count++] = (struct cgroup) {
		.inode = status->st_ino, .path = strdup(path[strlen(CGROUPS)] ? path + strlen(CGROUPS) : "/"),
	};
	return 0;
}

static ino_t charged_inode(__u64 pfn)
{
	static int charges = -2;
	__u64 inode = 0;

	if (charges == -2)
		charges = open(CHARGES, O_RDONLY | O_CLOEXEC);
	if (charges < 0 || pread(charges, &inode, sizeof(inode), pfn * sizeof(inode)) != sizeof(inode))
		return 0;
	return inode;
}

void cgroup_of_pfn(__u64 pfn, char *text, size_t size)
{
	static bool listed;
	ino_t inode = charged_inode(pfn);

	text[0] = '\0';
	if (!inode)
		return;
	if (!listed)
		nftw(CGROUPS, add_cgroup, 8, FTW_PHYS);
	listed = true;
	snprintf(text, size, "inode %lu", (unsigned long)inode);
	for (size_t i = 0; i < cgroup_count; i++) {
		if (cgroups[i].inode == inode && cgroups[i].path)
			snprintf(text, size, "%s", cgroups[i].path);
	}
}
