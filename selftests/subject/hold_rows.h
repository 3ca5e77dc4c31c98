/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of holds: by which kind, and for which access, a device holds pages at an address.
 * Every list of holds in the suite comes from these rows: the objects hold_NAME of hold.h, the
 * products of suite.h, and the variants of the topics about the device.
 *
 * A table calls ROW(access, kind, flags, arguments...). The lists below the tables call
 * X(arguments..., name, kind, path, flags).
 */
#ifndef PINCHECK_SELFTESTS_HOLD_ROWS_H
#define PINCHECK_SELFTESTS_HOLD_ROWS_H

#include <linux/pincheck.h>

#define HOLD_RW	PINCHECK_HOLD_WRITE
#define HOLD_LT	PINCHECK_HOLD_LONGTERM

/* GUP takes pins and plain references: by either path. */
#define COMMON_PIN_ACCESSES(ROW, ...)				\
	ROW(pin_ro,	PIN, 0, __VA_ARGS__)			\
	ROW(pin_rw,	PIN, HOLD_RW, __VA_ARGS__)		\
	ROW(pin_rw_lt,	PIN, HOLD_RW | HOLD_LT, __VA_ARGS__)

#define PIN_ACCESSES(ROW, ...)					\
	COMMON_PIN_ACCESSES(ROW, __VA_ARGS__)			\
	ROW(pin_ro_lt,	PIN, HOLD_LT, __VA_ARGS__)

#define GET_ACCESSES(ROW, ...)					\
	ROW(get_ro,	GET, 0, __VA_ARGS__)			\
	ROW(get_rw,	GET, HOLD_RW, __VA_ARGS__)

/* Kinds that do not go by GUP have no path. */
#define OTHER_ACCESSES(ROW, ...)				\
	ROW(mirror_ro,	MIRROR, 0, __VA_ARGS__)			\
	ROW(mirror_rw,	MIRROR, HOLD_RW, __VA_ARGS__)

#define HOLD_BY_BOTH_PATHS(access, kind, flags, X, ...)				\
	X(__VA_ARGS__ __VA_OPT__(,) access##_fast, kind, FAST, flags)		\
	X(__VA_ARGS__ __VA_OPT__(,) access##_slow, kind, SLOW, flags)

#define HOLD_BY_PATH_FAST(access, kind, flags, X, ...)				\
	X(__VA_ARGS__ __VA_OPT__(,) access, kind, FAST, flags)

#define HOLD_BY_PATH_SLOW(access, kind, flags, X, ...)				\
	X(__VA_ARGS__ __VA_OPT__(,) access, kind, SLOW, flags)

#define HOLD_WITHOUT_PATH(access, kind, flags, X, ...)				\
	X(__VA_ARGS__ __VA_OPT__(,) access, kind, UNKNOWN, flags)

/** FOR_EACH_PIN_ROW() - every pin, by both paths */
#define FOR_EACH_PIN_ROW(...)		PIN_ACCESSES(HOLD_BY_BOTH_PATHS, __VA_ARGS__)

/** FOR_EACH_GET_ROW() - every plain reference, by both paths */
#define FOR_EACH_GET_ROW(...)		GET_ACCESSES(HOLD_BY_BOTH_PATHS, __VA_ARGS__)

/** FOR_EACH_HOLD_ROW() - every hold that GUP takes, by both paths */
#define FOR_EACH_HOLD_ROW(...)		FOR_EACH_PIN_ROW(__VA_ARGS__) FOR_EACH_GET_ROW(__VA_ARGS__)

/** FOR_EACH_OTHER_HOLD_ROW() - every hold that GUP does not take */
#define FOR_EACH_OTHER_HOLD_ROW(...)	OTHER_ACCESSES(HOLD_WITHOUT_PATH, __VA_ARGS__)

/** FOR_EACH_FAST_HOLD_ROW() - holds by the fast path, for tests of what follows after taking */
#define FOR_EACH_FAST_HOLD_ROW(...)						\
	COMMON_PIN_ACCESSES(HOLD_BY_PATH_FAST, __VA_ARGS__)			\
	GET_ACCESSES(HOLD_BY_PATH_FAST, __VA_ARGS__)

/** FOR_EACH_SLOW_HOLD_ROW() - the same holds by the slow path, the only one to others' memory */
#define FOR_EACH_SLOW_HOLD_ROW(...)						\
	COMMON_PIN_ACCESSES(HOLD_BY_PATH_SLOW, __VA_ARGS__)			\
	GET_ACCESSES(HOLD_BY_PATH_SLOW, __VA_ARGS__)

#endif
