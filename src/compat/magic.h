/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SECRETMEM_MAGIC came with 5.14 (1507f51255c9), together with its filesystem. It is a macro, so no
 * probe is needed. Can go when the oldest supported kernel is 5.14.
 *
 * Assumes: the filesystem of memfd_secret() has this magic. Topic assumptions tests that.
 */
#ifndef PINCHECK_COMPAT_MAGIC_H
#define PINCHECK_COMPAT_MAGIC_H

#include <linux/magic.h>

#ifndef SECRETMEM_MAGIC
#define SECRETMEM_MAGIC	0x5345434d
#endif

#endif
