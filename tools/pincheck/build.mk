# SPDX-License-Identifier: GPL-2.0-only
# The pincheck command.

PINCHECK_SOURCES := $(wildcard tools/pincheck/*.c tools/table/*.c) $(ARCH_SOURCES) $(LIB_SOURCES) \
		    $(addprefix tools/lib/,directory.c version.c) tools/ktap/ktap.c \
		    $(filter-out tools/bench/main.c,$(wildcard tools/bench/*.c))

TOOLS += $(BUILD)/bin/pincheck

# The options without which the suite skips cases, for pincheck doctor: CONFIG_ names as rows of C.
PINCHECK_OPTIONS := $(BUILD)/pincheck/pincheck_options.inc
$(PINCHECK_OPTIONS): selftests/config-options
	@mkdir -p $(@D)
	awk -F ' *[|] *' '!/^#/ && $$3 ~ /NEEDS_/ { printf "\t{ \"%s\", \"%s\" },\n", $$1, $$3 }' $< > $@

$(BUILD)/bin/pincheck: LIBS := -ljansson -lsmartcols -lz -lm -pthread -I$(BUILD)/pincheck
$(BUILD)/bin/pincheck: $(PINCHECK_OPTIONS)
$(BUILD)/bin/pincheck: $(PINCHECK_SOURCES) $(ARCH_HEADERS) $(LIB_HEADERS) $(wildcard tools/pincheck/*.h tools/table/*.h) \
		       tools/pincheck/acts.inc tools/bench/bench.h | host-build
	$(host-program)

UNIT_TESTS += $(BUILD)/test/table_test
$(BUILD)/test/table_test: LIBS := -ljansson -lsmartcols
$(BUILD)/test/table_test: $(addprefix tools/,table/test/table_test.c table/table.c pincheck/columns.c pincheck/common.c) \
			  $(LIB_SOURCES) $(LIB_HEADERS) $(wildcard tools/pincheck/*.h) | host-build
	$(unit-program)

UNIT_TESTS += $(BUILD)/test/leak_pins_test
$(BUILD)/test/leak_pins_test: $(addprefix tools/pincheck/,test/leak_pins_test.c leak_pins.c) $(LIB_HEADERS) \
			      $(wildcard tools/pincheck/*.h) | host-build
	$(unit-program)

UNIT_TESTS += $(BUILD)/test/holders_test
$(BUILD)/test/holders_test: $(addprefix tools/pincheck/,test/holders_test.c holders.c holdings.c process.c) \
			    $(LIB_SOURCES) $(LIB_HEADERS) $(wildcard tools/pincheck/*.h) | host-build
	$(unit-program)
