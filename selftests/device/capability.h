/* SPDX-License-Identifier: GPL-2.0-only */
/* The caller's effective capabilities. A dropped capability can be raised again. */
#ifndef PINCHECK_SELFTESTS_CAPABILITY_H
#define PINCHECK_SELFTESTS_CAPABILITY_H

#include <linux/capability.h>

/** capability_drop() - take @capability (CAP_*) out of the effective set. Return: 0 or -errno */
int capability_drop(int capability);

/** capability_raise() - put @capability back into the effective set. Return: 0 or -errno */
int capability_raise(int capability);

#endif
