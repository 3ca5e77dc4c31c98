/* SPDX-License-Identifier: GPL-2.0-only */
/* Device memory: pages that a session maps by page frame number, and that REVOKE takes away. */
#ifndef PINCHECK_PFNMAP_H
#define PINCHECK_PFNMAP_H

#include <linux/types.h>

struct charge;
struct file;
struct pfnmap;
struct pincheck_revoke;
struct vm_area_struct;

struct pfnmap *pfnmap_open(struct file *file, struct charge *charge);
void pfnmap_close(struct pfnmap *pfnmap);
int pfnmap_mmap(struct pfnmap *pfnmap, struct vm_area_struct *vma);
int pfnmap_revoke(struct pfnmap *pfnmap, struct pincheck_revoke *request);
bool pfnmap_is_device_memory(const struct vm_area_struct *vma, unsigned long pfn);
bool pfnmap_is_private_copy(const struct vm_area_struct *vma, unsigned long pfn);

#endif
