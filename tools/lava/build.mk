# SPDX-License-Identifier: GPL-2.0-only
# Images for labs, their jobs for LAVA, and the tests of both.

UNIT_TESTS	+= $(BUILD)/test/pack-test $(BUILD)/test/lava-test

$(BUILD)/test/pack-test: $(BUILD)/bin/pincheck-vm $(BUILD)/vm/init
	$(call script-test,VM=$<,tools/lava/test/pack-test)

$(BUILD)/test/lava-test: $(BUILD)/test/pincheck-report
	$(call script-test,REPORT=$<,tools/lava/test/lava-test)

##@ Labs
.PHONY: pack lava-check
pack: host-vm ## images that a lab boots, without QEMU here: build/pack/KERNEL; KERNELS=, KERNEL=, KDIR=, TESTS= as above
	KERNEL="$(KERNEL)" KDIR="$(if $(KERNEL),$(KDIR))" KERNELS="$(KERNELS)" TESTS='$(TESTS)' tools/lava/pack

lava-check: tools tests $(BUILD)/test/misbehave host-vm ## test images and jobs with LAVA's dispatcher, in a root of its own; KERNELS=, TESTS= as above
	KERNELS="$(KERNELS)" TESTS='$(TESTS)' ACCEL="$(ACCEL)" tools/lava/test/lava-check
