# SPDX-License-Identifier: GPL-2.0-only
# pincheck-report, the matrix, and their tests.

REPORT_SOURCES	:= $(wildcard tools/report/*.c) tools/report/assets.S tools/lib/directory.c \
		   tools/lib/ktap.c tools/lib/pairs.c
REPORT_HEADERS	:= $(wildcard tools/report/*.h) tools/lib/directory.h tools/lib/exit_code.h tools/lib/ktap.h tools/lib/pairs.h tools/vm/protocol.h \
		   $(wildcard tools/report/page/*)
REPORT_LIBS	:= -ljansson -lsmartcols
REPORT_SANITIZE	:= -O1 -fsanitize=address,undefined -fno-sanitize-recover=all

TOOLS		+= $(BUILD)/bin/pincheck-report
UNIT_TESTS	+= $(BUILD)/test/report-test

$(BUILD)/bin/pincheck-report: $(REPORT_SOURCES) $(REPORT_HEADERS) | host-build
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -o $@ $(REPORT_SOURCES) $(REPORT_LIBS)

$(BUILD)/test/pincheck-report: $(REPORT_SOURCES) $(REPORT_HEADERS) | host-build
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(REPORT_SANITIZE) $(INCLUDES) -o $@ $(REPORT_SOURCES) $(REPORT_LIBS)

# The runner of unit tests takes programs without arguments.
$(BUILD)/test/report-test: $(BUILD)/test/pincheck-report
	@mkdir -p $(@D)
	printf '#!/bin/sh\nREPORT=%s exec tools/report/test/report-test\n' $< > $@
	chmod +x $@

##@ Matrix
.PHONY: matrix matrix-check report-check
matrix: host-vm ## the suite on every stock kernel, or on those in KERNELS=; build/results/matrix.html
	KERNELS="$(if $(filter file,$(origin KERNELS)),,$(KERNELS))" TESTS='$(TESTS)' ACCEL="$(ACCEL)" \
		tools/run-matrix

report-check: $(BUILD)/bin/pincheck-report ## the report in a browser and in other programs; needs Chromium
	$(matrix) prepare-host browser
	REPORT=$< tools/report/test/outside-test $(BUILD)/report-check
	REPORT=$< tools/report/test/page-test $(BUILD)/report-check

matrix-check: tools tests host-vm ## make matrix with kernels that cannot be downloaded, built for, booted
	BUILD="$(BUILD)" tools/report/test/matrix-test $(BUILD)/matrix-check
