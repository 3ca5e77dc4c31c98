// SPDX-License-Identifier: GPL-2.0-only
/* Keeps the kernel's own threads from moving pages. */
#include <stddef.h>
#include "../../tools/lib/array.h"
#include "knob_journal.h"
#include "quiet.h"

static const char *const settings[] = {
	/* kcompactd compacts even if nobody asks for a large folio (Linux 5.9) */
	"/proc/sys/vm/compaction_proactiveness",
	/* NUMA balancing takes permissions away, to see which node uses a page, and moves it */
	"/proc/sys/kernel/numa_balancing",
};

void quiet_begin(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (knob_number(settings[i]) > 0)
			knob_change_for_run(settings[i], 0);
	}
}
