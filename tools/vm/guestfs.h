/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest finds in its file system. */
#ifndef PINCHECK_VM_GUESTFS_H
#define PINCHECK_VM_GUESTFS_H

#include <stdbool.h>

struct guest;
struct options;

/**
 * guestfs_build() - the initramfs of @guest, at @path
 * @results: top-level results of all guests
 *
 * Return: 0 or -1
 */
int guestfs_build(const struct options *options, const struct guest *guest, unsigned int results,
		  bool emulated, const char *path);

/** guestfs_build_probe() - one that only says hello. Return: 0 or -1 */
int guestfs_build_probe(const struct options *options, const char *path);

#endif
