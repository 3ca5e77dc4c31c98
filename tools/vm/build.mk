# SPDX-License-Identifier: GPL-2.0-only
# pincheck-vm, the guest's init, and the tests of both.
BUILD ?= build

VM_SOURCES	:= $(wildcard tools/vm/*.c) $(ARCH_SOURCES) tools/lib/directory.c tools/lib/ktap.c
VM_INIT_SOURCES	:= $(wildcard tools/vm/guest/*.c) tools/vm/needs.c tools/vm/splat.c \
		   $(ARCH_SOURCES) $(addprefix tools/lib/,knob.c offline.c page_size.c vmstat.c)
VM_HEADERS	:= $(wildcard tools/vm/*.h tools/vm/guest/*.h) tools/lib/directory.h tools/lib/ktap.h \
		   $(addprefix tools/lib/,knob.h offline.h page_size.h vmstat.h) $(ARCH_HEADERS) \
		   tools/lib/array.h tools/lib/test/tap.h
VM_CFLAGS	:= -O2 -g -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes \
		   -Wmissing-prototypes -Werror
VM_TEST_PARTS	:= tools/vm/util.c tools/vm/kmods.c tools/vm/initramfs.c tools/vm/disks.c \
		   tools/vm/needs.c tools/lib/directory.c
VM_SANITIZE	:= -fsanitize=address,undefined -fno-sanitize-recover=all

TOOLS		+= $(BUILD)/bin/pincheck-vm $(BUILD)/vm/init
UNIT_TESTS	+= $(BUILD)/test/ktap_test $(BUILD)/test/vm_parts_test

$(BUILD)/bin/pincheck-vm: $(VM_SOURCES) $(VM_HEADERS) | host-build
	@mkdir -p $(@D)
	$(CC) $(VM_CFLAGS) -o $@ $(VM_SOURCES) -larchive -ljansson

$(BUILD)/vm/init: $(VM_INIT_SOURCES) $(VM_HEADERS) | host-build
	@mkdir -p $(@D)
	$(CC) $(VM_CFLAGS) -static -s -o $@ $(VM_INIT_SOURCES)

$(BUILD)/test/ktap_test: tools/lib/test/ktap_test.c tools/lib/ktap.c $(VM_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(VM_CFLAGS) -O1 $(VM_SANITIZE) -o $@ tools/lib/test/ktap_test.c tools/lib/ktap.c

$(BUILD)/test/vm_parts_test: tools/vm/test/parts_test.c $(VM_SOURCES) $(VM_HEADERS) | host-build
	@mkdir -p $(@D)
	$(CC) $(VM_CFLAGS) -O1 $(VM_SANITIZE) -o $@ tools/vm/test/parts_test.c \
		$(filter-out tools/vm/main.c,$(VM_SOURCES)) -larchive -ljansson

$(BUILD)/test/misbehave: tools/vm/test/misbehave.c tools/vm/protocol.h
	@mkdir -p $(@D)
	$(CC) $(VM_CFLAGS) -static -s -o $@ tools/vm/test/misbehave.c

$(BUILD)/test/vm_test: tools/vm/test/vm_test.c $(VM_TEST_PARTS) $(VM_HEADERS) | host-build
	@mkdir -p $(@D)
	$(CC) $(VM_CFLAGS) -o $@ tools/vm/test/vm_test.c $(VM_TEST_PARTS) -larchive -ljansson

VM_TESTING	:= $(BUILD)/bin/pincheck-vm $(BUILD)/vm/init $(BUILD)/test/misbehave $(BUILD)/test/vm_test

.PHONY: test-vm
test-vm: $(VM_TESTING) tests | host-vm ## the runner itself, on a real kernel: good runs and all bad ends, as TAP
	@module=$(BUILD)/module/$$($(matrix) default) && \
	$(matrix) fetch default >&2 && $(matrix) build default $$module >&2 && \
	BUILD=$(BUILD) $(BUILD)/test/vm_test "$$($(matrix) image default)" \
		"$$($(matrix) modules default)" $$module/pincheck.ko
