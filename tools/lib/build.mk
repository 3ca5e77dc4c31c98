# SPDX-License-Identifier: GPL-2.0-only
# libpincheck, linked into tools and selftests as objects.

LIB_SOURCES := tools/lib/pincheck.c tools/lib/pagemap.c tools/lib/pidfd.c tools/lib/usermem.c tools/lib/vmstat.c
LIB_HEADERS := $(wildcard tools/lib/*.h) include/uapi/linux/pincheck.h include/pincheck-version.h
