# SPDX-License-Identifier: GPL-2.0-only
# The unit test of tools/kernels.

UNIT_TESTS	+= $(BUILD)/test/kernels-test

$(BUILD)/test/kernels-test:
	$(call script-test,,tools/kernels/test/kernels-test)
