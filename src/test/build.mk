# SPDX-License-Identifier: GPL-2.0-only
# Unit tests of the module's pure pieces, on the host.

SRC_TESTS := $(addprefix $(BUILD)/test/, \
	device_order_test reuse_test rules_test surplus_test whitelist_test)
UNIT_TESTS += $(SRC_TESTS)

$(BUILD)/test/device_order_test: src/hold/device_order.h
$(BUILD)/test/reuse_test: src/page/reuse_rule.h src/page/ledger_rule.h
$(BUILD)/test/rules_test: src/argument.h src/hold/split.h
$(BUILD)/test/surplus_test: src/page/surplus.h
$(BUILD)/test/whitelist_test: src/page/whitelist_rule.h src/compat/magic.h

$(SRC_TESTS): $(BUILD)/test/%: src/test/%.c include/uapi/linux/pincheck.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -Isrc -fsanitize=address,undefined -o $@ $<
