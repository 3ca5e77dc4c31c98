# SPDX-License-Identifier: GPL-2.0-only
# The selftests, for the top Makefile: build/tests/TOPIC, static, one a file selftests/TOPIC.c.
# Wants BUILD (build), CC, and KSRC: a directory with tools/testing/selftests/kselftest_harness.h
# (tools/kernels/kernels ksrc tells one).

BUILD			?= build
SELFTESTS		:= $(patsubst selftests/%.c,$(BUILD)/tests/%,$(wildcard selftests/*.c))
SELFTESTS_LIB_OBJS	:= $(patsubst %.c,$(BUILD)/%.o,$(wildcard selftests/lib/*.c) \
			     tools/lib/pagemap.c tools/lib/pincheck.c)
SELFTESTS_HEADERS	:= $(wildcard selftests/lib/*.h tools/lib/*.h include/uapi/linux/*.h)
SELFTESTS_CFLAGS	:= -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Werror \
			   -Iinclude/uapi -Iselftests/lib
# The harness is the kernel's: its own warnings are not ours to mend.
SELFTESTS_KSRC		= -isystem $(KSRC)/tools/testing/selftests

.PHONY: selftests-build
selftests-build: $(SELFTESTS) $(BUILD)/tests/known-issues

$(SELFTESTS): $(BUILD)/tests/%: selftests/%.c $(BUILD)/selftests/libselftests.a $(SELFTESTS_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(SELFTESTS_CFLAGS) $(SELFTESTS_KSRC) -static -o $@ $< \
		$(BUILD)/selftests/libselftests.a -luring

$(BUILD)/selftests/libselftests.a: $(SELFTESTS_LIB_OBJS:$(BUILD)/%=$(BUILD)/selftests/%)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/selftests/%.o: %.c $(SELFTESTS_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(SELFTESTS_CFLAGS) -c -o $@ $<

$(BUILD)/tests/known-issues: selftests/known-issues
	@mkdir -p $(@D)
	cp $< $@
