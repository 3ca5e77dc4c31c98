# SPDX-License-Identifier: GPL-2.0-only
# pincheck-report, the matrix, and their tests.

REPORT_SOURCES	:= $(wildcard tools/report/*.c) tools/report/assets.S \
		   $(addprefix tools/lib/,directory.c pairs.c version.c) tools/ktap/ktap.c
REPORT_HEADERS	:= $(wildcard tools/report/*.h) include/pincheck-version.h tools/vm/protocol.h \
		   $(addprefix tools/lib/,directory.h exit_code.h pairs.h) tools/ktap/ktap.h \
		   $(wildcard tools/report/page/*)

TOOLS		+= $(BUILD)/bin/pincheck-report
UNIT_TESTS	+= $(BUILD)/test/report-test $(BUILD)/test/mutants-test

$(BUILD)/bin/pincheck-report $(BUILD)/test/pincheck-report: LIBS := -ljansson -lsmartcols
$(BUILD)/bin/pincheck-report: $(REPORT_SOURCES) $(REPORT_HEADERS) | host-build
	$(host-program)

$(BUILD)/test/pincheck-report: $(REPORT_SOURCES) $(REPORT_HEADERS) | host-build
	$(unit-program)

$(BUILD)/test/report-test: $(BUILD)/test/pincheck-report
	$(call script-test,REPORT=$<,tools/report/test/report-test)

$(BUILD)/test/mutants-test: tools/report/test/mutants-test tools/mutants-seen
	$(call script-test,,$<)

##@ Matrix
.PHONY: matrix matrix-check report-check
matrix: host-vm ## the suite on every stock kernel, or on those in KERNELS=; writes build/results/matrix.html
	KERNELS="$(if $(filter file,$(origin KERNELS)),,$(KERNELS))" TESTS='$(TESTS)' ACCEL="$(ACCEL)" \
		tools/run-matrix

report-check: $(BUILD)/bin/pincheck-report ## test the report in a browser and in other programs; needs Chromium
	$(matrix) prepare-host browser
	REPORT=$< tools/report/test/outside-test $(BUILD)/report-check
	REPORT=$< tools/report/test/page-test $(BUILD)/report-check

matrix-check: tools tests host-vm ## test make matrix with kernels that cannot be downloaded, built for, booted
	BUILD="$(BUILD)" tools/report/test/matrix-test $(BUILD)/matrix-check
