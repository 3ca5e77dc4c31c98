# SPDX-License-Identifier: GPL-2.0-only
# Unit tests, on the host, of the module's functions that need no kernel.

UNIT_TESTS += $(patsubst src/test/%.c,$(BUILD)/test/%,$(wildcard src/test/*_test.c))

$(BUILD)/test/%_test: INCLUDES += -Isrc
$(BUILD)/test/%_test: src/test/%_test.c $(wildcard src/*.h src/*/*.h) \
		      tools/lib/array.h tools/lib/test/tap.h include/uapi/linux/pincheck.h
	$(unit-program)
