/* SPDX-License-Identifier: GPL-2.0-only */
/* File systems for the guest, made on the host, each on a RAM disk of its own. */
#ifndef PINCHECK_VM_DISKS_H
#define PINCHECK_VM_DISKS_H

/* What mkfs.xfs takes as the least. A RAM disk costs no more than what is written to it. */
#define DISK_MIB	320

struct initramfs;
struct options;

/** disks_parameters() - what the RAM disks are told, each word after @prefix; to be freed */
char *disks_parameters(const struct options *options, const char *prefix);

/**
 * disks_pack() - put the blocks of fresh, empty file systems into the initramfs
 *
 * One whose program the host does not have is left out, which is said. Return: 0 or -1
 */
int disks_pack(struct initramfs *initramfs, const struct options *options);

#endif
