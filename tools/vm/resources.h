/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host has left for guests. */
#ifndef PINCHECK_VM_RESOURCES_H
#define PINCHECK_VM_RESOURCES_H

/** resources_processors() - those that this process may use and that had no work just now; takes 0.1 s */
long resources_processors(void);

/** resources_memory_mib() - what this process and its children may use without making others swap */
long resources_memory_mib(void);

#endif
