// SPDX-License-Identifier: GPL-2.0-only
/* Writes an initramfs: a newc cpio archive. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "initramfs.h"
#include "util.h"

/* The kernel's unpacker does not create parent directories, so the archive begins with them. */
static const char *const directories[] = {
	"bin", "dev", "etc", "lib", "lib/pincheck-vm", "mnt", "proc", "sys", "tests", "tmp",
};

struct initramfs {
	struct archive *archive;
	char *path;
	int error;
};

static int write_entry(struct initramfs *initramfs, struct archive_entry *entry, const void *bytes,
		       size_t length)
{
	archive_entry_set_size(entry, (la_int64_t)length);
	archive_entry_set_nlink(entry, 1);
	if (archive_write_header(initramfs->archive, entry) != ARCHIVE_OK ||
	    (length && archive_write_data(initramfs->archive, bytes, length) != (la_ssize_t)length)) {
		complain("cannot write %s: %s", initramfs->path,
			 archive_error_string(initramfs->archive));
		initramfs->error = -1;
	}
	archive_entry_free(entry);
	return initramfs->error;
}

static struct archive_entry *new_entry(const char *path, mode_t type, mode_t mode)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, path + (*path == '/'));
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, mode);
	return entry;
}

/* Without /dev/console in the archive, init would start without standard descriptors. */
static void write_skeleton(struct initramfs *initramfs)
{
	struct archive_entry *console;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		write_entry(initramfs, new_entry(directories[i], AE_IFDIR, 0755), NULL, 0);
	console = new_entry("dev/console", AE_IFCHR, 0600);
	archive_entry_set_rdev(console, makedev(5, 1));
	write_entry(initramfs, console, NULL, 0);
}

/* A level beyond 9 takes minutes for a tenth of the bytes, or a window that small machines do not have. */
#define LEVEL	"9"

static bool set_compression(struct archive *archive, const char *compression)
{
	if (!compression)
		return true;
	/* ARCHIVE_WARN: libarchive calls the program of that name instead. */
	return archive_write_add_filter_by_name(archive, compression) >= ARCHIVE_WARN &&
	       archive_write_set_filter_option(archive, compression, "compression-level", LEVEL) >= ARCHIVE_WARN;
}

struct initramfs *initramfs_create(const char *path, const char *compression)
{
	struct initramfs *initramfs = calloc(1, sizeof(*initramfs));

	if (!initramfs)
		return NULL;
	initramfs->path = format_text("%s", path);
	initramfs->archive = archive_write_new();
	archive_write_set_format_cpio_newc(initramfs->archive);
	archive_write_set_bytes_in_last_block(initramfs->archive, 1);
	if (!set_compression(initramfs->archive, compression) ||
	    archive_write_open_filename(initramfs->archive, path) != ARCHIVE_OK) {
		complain("cannot write %s: %s", path, archive_error_string(initramfs->archive));
		archive_write_free(initramfs->archive);
		free(initramfs->path);
		free(initramfs);
		return NULL;
	}
	write_skeleton(initramfs);
	return initramfs;
}

int initramfs_bytes(struct initramfs *initramfs, const char *guest_path, mode_t mode,
		    const void *bytes, size_t length)
{
	return write_entry(initramfs, new_entry(guest_path, AE_IFREG, mode), bytes, length);
}

int initramfs_directory(struct initramfs *initramfs, const char *guest_path, mode_t mode)
{
	return write_entry(initramfs, new_entry(guest_path, AE_IFDIR, mode), NULL, 0);
}

int initramfs_link(struct initramfs *initramfs, const char *guest_path, const char *target)
{
	struct archive_entry *entry = new_entry(guest_path, AE_IFLNK, 0777);

	archive_entry_set_symlink(entry, target);
	return write_entry(initramfs, entry, NULL, 0);
}

int initramfs_text(struct initramfs *initramfs, const char *guest_path, const char *text)
{
	return initramfs_bytes(initramfs, guest_path, 0644, text, strlen(text));
}

int initramfs_file(struct initramfs *initramfs, const char *guest_path, mode_t mode,
		   const char *host_path)
{
	size_t length;
	char *bytes = read_file(host_path, &length);
	int error;

	if (!bytes) {
		complain("cannot read %s: %s", host_path, strerror(errno));
		initramfs->error = -1;
		return -1;
	}
	error = initramfs_bytes(initramfs, guest_path, mode, bytes, length);
	free(bytes);
	return error;
}

int initramfs_close(struct initramfs *initramfs)
{
	int error = initramfs->error;

	if (archive_write_close(initramfs->archive) != ARCHIVE_OK) {
		complain("cannot write %s: %s", initramfs->path,
			 archive_error_string(initramfs->archive));
		error = -1;
	}
	archive_write_free(initramfs->archive);
	free(initramfs->path);
	free(initramfs);
	return error;
}
