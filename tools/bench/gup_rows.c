// SPDX-License-Identifier: GPL-2.0-only
/* What the microbenchmark of GUP measures: a row each. */
#include "tools/bench/gup.h"
#include "tools/lib/array.h"
#include "tools/lib/pincheck.h"

#define RW	PINCHECK_HOLD_WRITE
#define LT	PINCHECK_HOLD_LONGTERM

#define CALL(name_, kind_, path_, flags_)							\
	(&(const struct gup_call) { name_, PINCHECK_KIND_##kind_, PINCHECK_PATH_##path_, flags_ })

#define PIN_FAST_RW	CALL("pin-fast-rw", PIN, FAST, RW)
#define PIN_FAST_RO	CALL("pin-fast-ro", PIN, FAST, 0)
#define PIN_FAST_RW_LT	CALL("pin-fast-rw-lt", PIN, FAST, RW | LT)
#define PIN_SLOW_RW	CALL("pin-slow-rw", PIN, SLOW, RW)
#define PIN_SLOW_RW_LT	CALL("pin-slow-rw-lt", PIN, SLOW, RW | LT)
#define GET_FAST_RW	CALL("get-fast-rw", GET, FAST, RW)
#define GET_SLOW_RW	CALL("get-slow-rw", GET, SLOW, RW)

#define ROW(call_, memory_, state_)								\
	{ .call = call_, .memory = USERMEM_##memory_, .state = GUP_##state_, .threads = 1 }
#define ONE_PAGE(call_, memory_)								\
	{ .call = call_, .memory = USERMEM_##memory_, .one_page = true, .threads = 1 }
#define THREADS(call_, memory_, shared_)							\
	{ .call = call_, .memory = USERMEM_##memory_, .shared = shared_ }

/* Each kind of call on memory that is there */
#define WARM_ROWS(memory)									\
	ROW(PIN_FAST_RW, memory, WARM), ROW(PIN_FAST_RO, memory, WARM),			\
	ROW(PIN_FAST_RW_LT, memory, WARM), ROW(PIN_SLOW_RW, memory, WARM),			\
	ROW(PIN_SLOW_RW_LT, memory, WARM), ROW(GET_FAST_RW, memory, WARM),			\
	ROW(GET_SLOW_RW, memory, WARM)

/* ... and where the call has to fault first */
#define FAULT_ROWS(memory)									\
	ROW(PIN_FAST_RW, memory, COLD), ROW(PIN_FAST_RW, memory, REUSE),			\
	ROW(PIN_FAST_RW, memory, COPY), ROW(PIN_FAST_RO, memory, UNSHARE)

const struct gup_row gup_rows[] = {
	ONE_PAGE(PIN_FAST_RW, BASE), ONE_PAGE(PIN_SLOW_RW, BASE), ONE_PAGE(GET_FAST_RW, BASE),
	ONE_PAGE(PIN_FAST_RW, THP),
	WARM_ROWS(BASE), FAULT_ROWS(BASE),
	WARM_ROWS(THP), FAULT_ROWS(THP),
	ROW(PIN_FAST_RW, THP_PTE, WARM), ROW(PIN_SLOW_RW, THP_PTE, WARM),
	ROW(PIN_FAST_RW, MTHP, WARM), ROW(PIN_SLOW_RW, MTHP, WARM), ROW(PIN_FAST_RW, MTHP, COLD),
	WARM_ROWS(HUGETLB), FAULT_ROWS(HUGETLB),
	THREADS(PIN_FAST_RW, BASE, false), THREADS(PIN_FAST_RW, BASE, true),
	THREADS(PIN_SLOW_RW, BASE, false), THREADS(PIN_SLOW_RW, BASE, true),
	THREADS(PIN_FAST_RW, THP, false), THREADS(PIN_FAST_RW, THP, true),
};

size_t gup_rows_count(void)
{
	return ARRAY_SIZE(gup_rows);
}
