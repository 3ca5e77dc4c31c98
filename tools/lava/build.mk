# SPDX-License-Identifier: GPL-2.0-only
# Images for labs, their jobs for LAVA, and the tests of both.

UNIT_TESTS	+= $(BUILD)/test/pack-test $(BUILD)/test/lava-test $(BUILD)/test/kselftest-test

$(BUILD)/test/pack-test: $(BUILD)/bin/pincheck-vm $(BUILD)/vm/init
	$(call script-test,VM=$<,tools/lava/test/pack-test)

$(BUILD)/test/lava-test: $(BUILD)/test/pincheck-report
	$(call script-test,REPORT=$<,tools/lava/test/lava-test)

$(BUILD)/test/kselftest-test: tools/lava/test/kselftest-test
	$(call script-test,,$<)

##@ Labs
.PHONY: pack lava-check kselftest-dir
pack: host-vm ## images that a lab boots, without QEMU here: build/pack/KERNEL; KERNELS=, KERNEL=, KDIR=, TESTS= as above
	KERNEL="$(KERNEL)" KDIR="$(if $(KERNEL),$(KDIR))" KERNELS="$(KERNELS)" TESTS='$(TESTS)' tools/lava/pack

lava-check: tools tests $(BUILD)/test/misbehave host-vm ## test images and jobs with LAVA's dispatcher, in a root of its own; KERNELS=, TESTS= as above
	KERNELS="$(KERNELS)" TESTS='$(TESTS)' ACCEL="$(ACCEL)" tools/lava/test/lava-check

# The topics of the room cli test a program that the kernel's tree does not have.
KSELFTEST_FILES = $(filter-out selftests/cli/%,$(SELFTESTS_TOPICS)) $(ARCH_SOURCES) $(LIB_SOURCES) $(VM_HOST_SOURCES) $(SELFTESTS_HEADERS) \
	$(VM_HEADERS) $(wildcard $(foreach room,$(SELFTESTS_ROOMS) cow mirror pfnmap device_api placement robustness,\
	selftests/$(room)/*.[ch] selftests/$(room)/*.inc))

kselftest-dir: ## the suite as tools/testing/selftests/pincheck of a kernel tree: OUT=
	tools/lava/kselftest-dir "$(OUT)" $(sort $(KSELFTEST_FILES))
