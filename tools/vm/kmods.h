/* SPDX-License-Identifier: GPL-2.0-only */
/* Which kernel modules the guest needs, in load order, with all they depend on. */
#ifndef PINCHECK_VM_KMODS_H
#define PINCHECK_VM_KMODS_H

#include <stdbool.h>
#include <stddef.h>

struct initramfs;
struct options;

/**
 * kmods_pack() - put the modules of options->modules that the suite needs into the initramfs
 *
 * Order comes from the kernel's own modules.dep, modules.softdep and modules.builtin; compressed
 * modules are unpacked. A module that the kernel does not have is said and left out.
 * Return: 0 or -1, having complained
 */
int kmods_pack(struct initramfs *initramfs, const struct options *options);

/** kmods_offer() - are all modules of @need, an enum need, known to be there? */
bool kmods_offer(const struct options *options, unsigned int need);

/** kmods_unpack() - the bytes of a .ko, .ko.gz, .ko.xz or .ko.zst. Return: to be freed, or NULL */
char *kmods_unpack(const char *path, size_t *length);

#endif
