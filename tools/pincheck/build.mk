# SPDX-License-Identifier: GPL-2.0-only
# The pincheck command.

PINCHECK_SOURCES := $(wildcard tools/pincheck/*.c) $(ARCH_SOURCES) $(LIB_SOURCES) tools/lib/directory.c \
		    tools/lib/ktap.c \
		    $(filter-out tools/bench/main.c,$(wildcard tools/bench/*.c))

TOOLS += $(BUILD)/bin/pincheck

$(BUILD)/bin/pincheck: $(PINCHECK_SOURCES) $(ARCH_HEADERS) $(LIB_HEADERS) $(wildcard tools/pincheck/*.h) tools/pincheck/acts.inc tools/bench/bench.h | host-build
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -D_GNU_SOURCE -I. -o $@ $(PINCHECK_SOURCES) -ljansson -lsmartcols -lm -pthread

UNIT_TESTS += $(BUILD)/test/table_test
TABLE_TEST_SOURCES := $(addprefix tools/pincheck/,test/table_test.c table.c columns.c common.c) $(LIB_SOURCES)
$(BUILD)/test/table_test: $(TABLE_TEST_SOURCES) $(LIB_HEADERS) $(wildcard tools/pincheck/*.h) | host-build
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -D_GNU_SOURCE -I. -fsanitize=address,undefined \
		-fno-sanitize-recover=all -o $@ $(TABLE_TEST_SOURCES) -ljansson -lsmartcols
