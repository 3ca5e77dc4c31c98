/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes an initramfs: a newc cpio archive. */
#ifndef PINCHECK_VM_INITRAMFS_H
#define PINCHECK_VM_INITRAMFS_H

#include <stddef.h>
#include <sys/types.h>

struct initramfs;

/**
 * initramfs_create() - begin the archive at @path
 * @compression: a filter of libarchive, or NULL: emulation unpacks slowly
 *
 * All functions print their errors. They return NULL or -1 on failure.
 */
struct initramfs *initramfs_create(const char *path, const char *compression);
int initramfs_bytes(struct initramfs *initramfs, const char *guest_path, mode_t mode,
		    const void *bytes, size_t length);
int initramfs_directory(struct initramfs *initramfs, const char *guest_path, mode_t mode);
int initramfs_link(struct initramfs *initramfs, const char *guest_path, const char *target);
int initramfs_text(struct initramfs *initramfs, const char *guest_path, const char *text);
int initramfs_file(struct initramfs *initramfs, const char *guest_path, mode_t mode,
		   const char *host_path);

/* Finish the archive. Return: -1 if anything could not be written since the beginning */
int initramfs_close(struct initramfs *initramfs);

#endif
