/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel offers, as bits of enum pincheck_feature. */
#ifndef PINCHECK_COMPAT_FEATURES_H
#define PINCHECK_COMPAT_FEATURES_H

#include <linux/pincheck.h>
#include <generated/pincheck-found.h>

static inline u64 compat_features(void)
{
	return 0;
}

#endif
