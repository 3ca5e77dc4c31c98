# SPDX-License-Identifier: GPL-2.0-only
# libpincheck, linked into tools and selftests as objects.

LIB_SOURCES := $(addprefix tools/lib/,cause.c knob.c offline.c page_size.c pagemap.c pidfd.c pincheck.c \
				   usermem.c usermem_kind.c vmstat.c)
LIB_HEADERS := $(wildcard tools/lib/*.h) include/uapi/linux/pincheck.h include/pincheck-version.h
