// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file on an overlay. The layers need names only during the mount, so the mount happens in a
 * mount namespace of its own, and only the open file is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "file.h"

#define SCRATCH		"/tmp"	/* covered by a tmpfs of this namespace */
#define TARGET		SCRATCH "/merged"
#define PATH_BYTES	4096

static const char *const layers[] = { "lower", "upper", "work" };
#define LAYERS		(sizeof(layers) / sizeof(*layers))

static int enter_own_namespace(void)
{
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("scratch", SCRATCH, "tmpfs", 0, NULL) || mkdir(TARGET, 0700))
		return -errno;
	return 0;
}

static int make_layers(const char *directory)
{
	char path[PATH_BYTES];

	for (size_t i = 0; i < LAYERS; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, layers[i]);
		if (mkdir(path, 0700))
			return -errno;
	}
	return 0;
}

/* The overlay creates a directory in its work directory. */
static void remove_layers(const char *directory)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/work/work", directory);
	rmdir(path);
	for (size_t i = 0; i < LAYERS; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, layers[i]);
		rmdir(path);
	}
}

static int open_merged(const char *directory)
{
	const char *name = TARGET "/file";
	char options[3 * PATH_BYTES];
	int file;

	snprintf(options, sizeof(options), "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work",
		 directory, directory, directory);
	if (mount("overlay", TARGET, "overlay", 0, options))
		return -errno;
	file = open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (file < 0)
		file = -errno;
	unlink(name);
	umount2(TARGET, MNT_DETACH);
	return file;
}

/* Opens a file on an overlay in a new directory; the name @directory ends in XXXXXX. */
static int open_on_overlay(char *directory)
{
	int file;

	if (!mkdtemp(directory))
		return -errno;
	file = make_layers(directory);
	if (!file)
		file = open_merged(directory);
	remove_layers(directory);
	rmdir(directory);
	return file;
}

static int overlay_on_ext4(void)
{
	const char *ext4 = getenv("PINCHECK_EXT4");
	char directory[PATH_BYTES / 2];
	int error = enter_own_namespace();

	if (error || !ext4)
		return error ? error :
		       cause_say(-ENOENT, "PINCHECK_EXT4= names no directory on ext4");
	snprintf(directory, sizeof(directory), "%s/overlay.XXXXXX", ext4);
	return open_on_overlay(directory);
}

static int overlay_on_tmpfs(void)
{
	char directory[] = SCRATCH "/overlay.XXXXXX";
	int error = enter_own_namespace();

	return error ? error : open_on_overlay(directory);
}

int overlay_open_ext4(size_t bytes)
{
	static int file = -1;

	return file_renewed(&file, overlay_on_ext4, bytes);
}

int overlay_open_tmpfs(size_t bytes)
{
	static int file = -1;

	return file_renewed(&file, overlay_on_tmpfs, bytes);
}
