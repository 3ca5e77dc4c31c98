/* SPDX-License-Identifier: GPL-2.0-only */
/* An ext4 file system for the guest, made on the host. */
#ifndef PINCHECK_VM_EXT4_H
#define PINCHECK_VM_EXT4_H

#define EXT4_MIB	64

struct initramfs;
struct options;

/**
 * ext4_pack() - put the blocks of a fresh, empty ext4 into the initramfs
 *
 * Without e2fsprogs on the host there is none, which is said. Return: 0 or -1
 */
int ext4_pack(struct initramfs *initramfs, const struct options *options);

#endif
