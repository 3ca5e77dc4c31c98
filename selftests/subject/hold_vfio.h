/* SPDX-License-Identifier: GPL-2.0-only */
/* The hold by VFIO, and what VFIO itself says of it: which pages the device may have written. */
#ifndef PINCHECK_SELFTESTS_HOLD_VFIO_H
#define PINCHECK_SELFTESTS_HOLD_VFIO_H

#include "subject.h"

extern const struct hold_kind hold_vfio;

/** hold_vfio_log_begin() - begin the dirty log of the container. Return: 0 or a negative errno */
int hold_vfio_log_begin(const struct hold *hold);

/**
 * hold_vfio_log_read() - which pages of the hold the device may have written since the last call
 * @bits: receives a bit for each base page
 */
int hold_vfio_log_read(const struct hold *hold, uint64_t *bits);

/**
 * last_page_only() - a test looks at the last page only, because the device is slow
 *
 * The device finds that page only if all pages before it are mapped.
 */
static inline void last_page_only(struct subject *subject)
{
	struct memory *memory = &subject->memory;

	memory->sample[0] = memory->sample[memory->samples - 1];
	memory->samples = 1;
}

#endif
