# SPDX-License-Identifier: GPL-2.0-only
# The measurements: a part of the pincheck command, and a static program for the guest.

BENCH_PARTS	:= $(filter-out tools/bench/main.c tools/bench/cases.c,$(wildcard tools/bench/*.c))
BENCH_SOURCES	:= $(BENCH_PARTS) tools/bench/main.c tools/bench/cases.c \
		   $(LIB_SOURCES)
BENCH_HEADERS	:= tools/bench/bench.h tools/bench/cases.h $(LIB_HEADERS)

$(BUILD)/bench/bench: LIBS := -static -pthread
$(BUILD)/bench/bench: $(BENCH_SOURCES) $(BENCH_HEADERS) | host-build
	$(host-program)

UNIT_TESTS += $(BUILD)/test/bench-test
$(BUILD)/test/bench-test: $(BUILD)/bin/pincheck
	$(call script-test,PINCHECK=$<,tools/bench/test/bench-test)

.PHONY: bench
bench: host-vm $(BUILD)/bench/bench ## measure the cost of pincheck: a table, and build/results/bench.json; runs the suite once
	ACCEL="$(ACCEL)" tools/run-bench
