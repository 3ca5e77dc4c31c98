# SPDX-License-Identifier: GPL-2.0-only
# The unit test of debian/ and packaging/.

UNIT_TESTS	+= $(BUILD)/test/packaging-test

$(BUILD)/test/packaging-test:
	$(call script-test,,packaging/test/packaging-test)
