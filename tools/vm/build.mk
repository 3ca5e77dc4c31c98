# SPDX-License-Identifier: GPL-2.0-only
# pincheck-vm, the guest's init, and the tests of both.
BUILD ?= build

VM_SOURCES	:= $(wildcard tools/vm/*.c) $(ARCH_SOURCES) \
		   $(addprefix tools/lib/,directory.c version.c) tools/ktap/ktap.c
VM_TOPIC_PARTS	:= tools/vm/needs.c tools/vm/splat.c $(ARCH_SOURCES) \
		   $(addprefix tools/lib/,knob.c offline.c page_size.c vmstat.c)
VM_INIT_SOURCES	:= $(filter-out %/host.c,$(wildcard tools/vm/guest/*.c)) $(VM_TOPIC_PARTS)
VM_HOST_SOURCES	:= $(patsubst %,tools/vm/guest/%.c,host run topics descendants ktap_forward report clean kmsg kmods files) \
		   $(VM_TOPIC_PARTS)
VM_HEADERS	:= $(wildcard tools/vm/*.h tools/vm/guest/*.h) $(ARCH_HEADERS) \
		   $(addprefix tools/lib/,array.h directory.h exit_code.h knob.h offline.h page_size.h \
					  test/tap.h vmstat.h) include/pincheck-version.h
VM_TEST_PARTS	:= tools/vm/util.c tools/vm/kmods.c tools/vm/initramfs.c tools/vm/disks.c \
		   tools/vm/needs.c tools/lib/directory.c

TOOLS		+= $(BUILD)/bin/pincheck-vm $(BUILD)/vm/init $(BUILD)/vm/topics-host
UNIT_TESTS	+= $(BUILD)/test/ktap_test $(BUILD)/test/vm_parts_test

VM_LIBS		:= -larchive -ljansson

$(BUILD)/bin/pincheck-vm: LIBS := $(VM_LIBS)
$(BUILD)/bin/pincheck-vm: $(VM_SOURCES) $(VM_HEADERS) | host-build
	$(host-program)

$(BUILD)/vm/init: LIBS := -static -s
$(BUILD)/vm/init: $(VM_INIT_SOURCES) $(VM_HEADERS) | host-build
	$(host-program)

$(BUILD)/vm/topics-host: LIBS := -static -s
$(BUILD)/vm/topics-host: $(VM_HOST_SOURCES) $(VM_HEADERS)
	$(host-program)

$(BUILD)/test/ktap_test: tools/ktap/test/ktap_test.c tools/ktap/ktap.c $(VM_HEADERS)
	$(unit-program)

$(BUILD)/test/vm_parts_test: LIBS := $(VM_LIBS)
$(BUILD)/test/vm_parts_test: tools/vm/test/parts_test.c $(filter-out tools/vm/main.c,$(VM_SOURCES)) \
			     $(addprefix tools/vm/guest/,ktap_forward.c report.c choice.c) $(VM_HEADERS) | host-build
	$(unit-program)

$(BUILD)/test/misbehave: LIBS := -static -s
$(BUILD)/test/misbehave: tools/vm/test/misbehave.c tools/vm/protocol.h
	$(host-program)

$(BUILD)/test/vm_test: LIBS := $(VM_LIBS)
$(BUILD)/test/vm_test: tools/vm/test/vm_test.c $(VM_TEST_PARTS) $(VM_HEADERS) | host-build
	$(host-program)

VM_TESTING	:= $(BUILD)/bin/pincheck-vm $(BUILD)/vm/init $(BUILD)/test/misbehave $(BUILD)/test/vm_test

##@ Test and measure
.PHONY: test-vm
test-vm: $(VM_TESTING) tests | host-vm ## test the runner on a real kernel: good runs and all kinds of failure, as TAP
	@module=$(BUILD)/module/$$($(matrix) default) && \
	$(matrix) fetch default >&2 && $(matrix) build default $$module >&2 && \
	BUILD=$(BUILD) $(BUILD)/test/vm_test "$$($(matrix) image default)" \
		"$$($(matrix) modules default)" $$module/pincheck.ko
