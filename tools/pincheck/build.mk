# SPDX-License-Identifier: GPL-2.0-only
# The pincheck command.

PINCHECK_SOURCES := $(wildcard tools/pincheck/*.c) $(LIB_SOURCES) tools/lib/ktap.c

TOOLS += $(BUILD)/bin/pincheck

$(BUILD)/bin/pincheck: $(PINCHECK_SOURCES) $(LIB_HEADERS) $(wildcard tools/pincheck/*.h) tools/pincheck/acts.inc | host-build
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -D_GNU_SOURCE -I. -o $@ $(PINCHECK_SOURCES) -ljansson -lsmartcols
