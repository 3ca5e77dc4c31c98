/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest finds in its file system. */
#ifndef PINCHECK_VM_GUESTFS_H
#define PINCHECK_VM_GUESTFS_H

#include <stdbool.h>

struct guest;
struct guests;
struct options;

/**
 * guestfs_build() - the initramfs of @guest, at @path
 * @results: top-level results of all guests
 *
 * Return: 0 or -1
 */
int guestfs_build(const struct options *options, const struct guest *guest, unsigned int results,
		  bool emulated, const char *path);

/**
 * guestfs_build_image() - one initramfs for all @guests, at @path
 * @compression: see initramfs_create()
 *
 * The kernel's command line says which of them boots. Return: 0 or -1
 */
int guestfs_build_image(const struct options *options, const struct guests *guests,
			const char *compression, const char *path);

/** guestfs_build_probe() - an initramfs whose init says that it runs, and resets. Return: 0 or -1 */
int guestfs_build_probe(const struct options *options, const char *path);

#endif
