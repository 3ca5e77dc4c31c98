# SPDX-License-Identifier: GPL-2.0-only
# Unit tests of the module's pure pieces, on the host.

UNIT_TESTS += $(BUILD)/test/rules_test

$(BUILD)/test/rules_test: src/test/rules_test.c src/argument.h src/split.h include/uapi/linux/pincheck.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -fsanitize=address,undefined -o $@ $<

UNIT_TESTS += $(BUILD)/test/whitelist_test

$(BUILD)/test/whitelist_test: src/test/whitelist_test.c src/whitelist_rule.h include/uapi/linux/pincheck.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -fsanitize=address,undefined -o $@ $<

UNIT_TESTS += $(BUILD)/test/surplus_test

$(BUILD)/test/surplus_test: src/test/surplus_test.c src/surplus.h include/uapi/linux/pincheck.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -fsanitize=address,undefined -o $@ $<

UNIT_TESTS += $(BUILD)/test/reuse_test

$(BUILD)/test/reuse_test: src/test/reuse_test.c src/reuse_rule.h src/ledger_rule.h include/uapi/linux/pincheck.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -fsanitize=address,undefined -o $@ $<

UNIT_TESTS += $(BUILD)/test/device_order_test

$(BUILD)/test/device_order_test: src/test/device_order_test.c src/device_order.h include/uapi/linux/pincheck.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -fsanitize=address,undefined -o $@ $<
