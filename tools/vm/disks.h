/* SPDX-License-Identifier: GPL-2.0-only */
/* File systems for the guest, made on the host, each on a RAM disk of its own. */
#ifndef PINCHECK_VM_DISKS_H
#define PINCHECK_VM_DISKS_H

/* The smallest size that mkfs.xfs takes. A RAM disk uses memory only for what is written to it. */
#define DISK_MIB	320

struct initramfs;
struct options;

/** disks_parameters() - module parameters of the RAM disks, each after @prefix; to be freed */
char *disks_parameters(const struct options *options, const char *prefix);

/**
 * disks_pack() - put the blocks of fresh, empty file systems into the initramfs
 *
 * A file system whose program the host lacks is left out, with a message. Return: 0 or -1
 */
int disks_pack(struct initramfs *initramfs, const struct options *options);

#endif
