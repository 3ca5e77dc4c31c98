# SPDX-License-Identifier: GPL-2.0-only
# The table of architectures, an object that tools, the guest's init and selftests link.

ARCH_SOURCES	:= tools/arch/arch.c
ARCH_HEADERS	:= tools/arch/arch.h

UNIT_TESTS	+= $(BUILD)/test/arch_test

$(BUILD)/test/arch_test: tools/arch/test/arch_test.c $(ARCH_SOURCES) $(ARCH_HEADERS) tools/lib/test/tap.h
	@mkdir -p $(@D)
	$(HOST_CC) $(SANITIZE) -o $@ $<
