/* SPDX-License-Identifier: GPL-2.0-only */
/* A directory of the host for a guest that cannot mount it: a copy. */
#ifndef PINCHECK_VM_SHARE_H
#define PINCHECK_VM_SHARE_H

struct initramfs;

/** share_pack() - pack @directory, with its content, as GUEST_SHARE. Return: 0, or -1 with a message */
int share_pack(struct initramfs *initramfs, const char *directory);

#endif
