# SPDX-License-Identifier: GPL-2.0-only
# libpincheck: objects that tools and selftests link.

LIB_SOURCES := $(addprefix tools/lib/,cause.c knob.c offline.c page_reports.c page_size.c pagemap.c pairs.c pidfd.c \
				   pincheck.c usermem.c usermem_kind.c vmstat.c)
LIB_HEADERS := $(wildcard tools/lib/*.h) include/uapi/linux/pincheck.h include/pincheck-version.h

UNIT_TESTS += $(BUILD)/test/pairs_test
$(BUILD)/test/pairs_test: tools/lib/test/pairs_test.c tools/lib/pairs.c $(LIB_HEADERS) tools/lib/test/tap.h | host-build
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -D_GNU_SOURCE -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
		-o $@ tools/lib/test/pairs_test.c tools/lib/pairs.c
