# SPDX-License-Identifier: GPL-2.0-only
# libpincheck, linked into tools and selftests as objects.

LIB_SOURCES := $(addprefix tools/lib/,cause.c knob.c pagemap.c pidfd.c pincheck.c usermem.c vmstat.c)
LIB_HEADERS := $(wildcard tools/lib/*.h) include/uapi/linux/pincheck.h include/pincheck-version.h
