/* SPDX-License-Identifier: GPL-2.0-only */
/* The caller's effective capabilities; what is dropped stays permitted and can be raised again. */
#ifndef SELFTESTS_LIB_CAPABILITY_H
#define SELFTESTS_LIB_CAPABILITY_H

#include <linux/capability.h>

/** capability_drop() - @capability (CAP_*) out of the effective set. Return: 0 or -errno */
int capability_drop(int capability);

/** capability_raise() - back into it */
int capability_raise(int capability);

#endif
