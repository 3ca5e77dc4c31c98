# SPDX-License-Identifier: GPL-2.0-only
# Images for labs, their jobs for LAVA, and the tests of both.

UNIT_TESTS	+= $(BUILD)/test/pack-test

$(BUILD)/test/pack-test: $(BUILD)/bin/pincheck-vm $(BUILD)/vm/init
	$(call script-test,VM=$<,tools/lava/test/pack-test)

##@ Labs
.PHONY: pack
pack: host-vm ## images that a lab boots, without QEMU here: build/pack/KERNEL; KERNELS=, KERNEL=, KDIR=, TESTS= as above
	KERNEL="$(KERNEL)" KDIR="$(if $(KERNEL),$(KDIR))" KERNELS="$(KERNELS)" TESTS='$(TESTS)' tools/lava/pack
