# SPDX-License-Identifier: GPL-2.0-only
# pincheck-report: results for people and for other programs.

REPORT_SOURCES := $(wildcard tools/report/*.c) tools/report/assets.S tools/lib/ktap.c
REPORT_HEADERS := $(wildcard tools/report/*.h) tools/lib/ktap.h tools/vm/protocol.h \
		  $(wildcard tools/report/page/*)
REPORT_LIBS    := -ljansson -lsmartcols

TOOLS += $(BUILD)/bin/pincheck-report

$(BUILD)/bin/pincheck-report: $(REPORT_SOURCES) $(REPORT_HEADERS) | host-build
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(INCLUDES) -o $@ $(REPORT_SOURCES) $(REPORT_LIBS)
