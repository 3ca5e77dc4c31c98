/* SPDX-License-Identifier: GPL-2.0-only */
/* Guard regions (Linux 6.13): a touch of such a page ends in SIGSEGV, without a mapping of its own. */
#ifndef PINCHECK_SELFTESTS_GUARD_H
#define PINCHECK_SELFTESTS_GUARD_H

#include <stdbool.h>
#include <sys/mman.h>

/* include/uapi/asm-generic/mman-common.h */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#define MADV_GUARD_REMOVE	103
#endif

/** guard_offered() - for NEEDS_GUARD */
bool guard_offered(void);

#endif
