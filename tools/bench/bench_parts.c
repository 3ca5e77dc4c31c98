// SPDX-License-Identifier: GPL-2.0-only
/* All that is measured. */
#include "tools/bench/bench.h"

const struct bench_part bench_parts[BENCH_PARTS] = {
	{ "pin", 1, bench_pin },
	{ "memory", 1, bench_memory },
	{ "report", 1, bench_report },
	{ "scan", 1, bench_scan },
	{ "sessions", 2, bench_sessions },
};
