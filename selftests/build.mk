# SPDX-License-Identifier: GPL-2.0-only
# The selftests, for the top Makefile: build/tests/TOPIC, static, from selftests/ROOM/TOPIC.c.
# KSRC is a directory with tools/testing/selftests/kselftest_harness.h. If it is not set, the file comes from
# the distribution's kernel source package, which is downloaded only when something is built.

BUILD			?= build
SELFTESTS_OUT		:= $(BUILD)/selftests
# The rooms of the library, and the rooms of the topics. Each file of the latter is a topic.
SELFTESTS_ROOMS		:= frame subject device machine interleave fuzz
SELFTESTS_TOPICS	:= $(wildcard $(addprefix selftests/,$(addsuffix /*.c,cow mirror pfnmap device_api \
			     placement robustness cli)))
SELFTESTS_PROGRAMS	:= $(addprefix $(BUILD)/tests/,$(basename $(notdir $(SELFTESTS_TOPICS))))
# People copy it, so it must compile; no program has it.
SELFTESTS_TEMPLATE	:= $(SELFTESTS_OUT)/selftests/template-holder.o
SELFTESTS		:= $(SELFTESTS_PROGRAMS) $(BUILD)/tests/known-issues $(BUILD)/tests/pincheck $(SELFTESTS_TEMPLATE)
SELFTESTS_LIB		:= $(SELFTESTS_OUT)/libselftests.a
SELFTESTS_LIB_OBJS	:= $(patsubst %.c,$(SELFTESTS_OUT)/%.o,$(wildcard $(SELFTESTS_ROOMS:%=selftests/%/*.c)) \
			     $(ARCH_SOURCES) $(LIB_SOURCES))
SELFTESTS_HEADERS	:= $(ARCH_HEADERS) $(wildcard $(SELFTESTS_ROOMS:%=selftests/%/*.h) tools/lib/*.h include/uapi/linux/*.h)
SELFTESTS_CFLAGS	:= -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wshadow $(WERROR) \
			   -Iinclude/uapi $(SELFTESTS_ROOMS:%=-Iselftests/%)
# -isystem hides warnings in the kernel's harness; clang warns of unused parameters in its macros nevertheless.
SELFTESTS_HARNESS	= -Wno-unused-parameter \
			  -isystem "$${KSRC:-$$(cat $(SELFTESTS_KSRC))}/tools/testing/selftests"
SELFTESTS_KSRC		:= $(SELFTESTS_OUT)/ksrc

# The path of the package's headers. One command finds it before anything is compiled, because parallel
# compilers would each ask, and wait for each other. It is found again if the cache was emptied.
$(SELFTESTS_KSRC): $(if $(wildcard $(shell cat $(SELFTESTS_KSRC) 2>/dev/null || echo /none)/tools),,selftests-ksrc)
	@mkdir -p $(@D)
	tools/kernels/kernels ksrc > $@

.PHONY: selftests-ksrc
selftests-ksrc:

$(SELFTESTS_PROGRAMS) $(BUILD)/hazards/hazard: | $(if $(KSRC),,$(SELFTESTS_KSRC))

# Few mappings, and none beside the instructions: see frame/huge_text.h. The size is that of a huge page.
SELFTESTS_LDFLAGS	:= -static -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-z,max-page-size=0x200000

vpath %.c $(sort $(dir $(SELFTESTS_TOPICS)))
$(SELFTESTS_PROGRAMS): $(BUILD)/tests/%: %.c $(SELFTESTS_LIB) $(SELFTESTS_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(SELFTESTS_CFLAGS) $(SELFTESTS_HARNESS) $(SELFTESTS_LDFLAGS) -o $@ $< $(SELFTESTS_LIB) -luring -ljansson $(SELFTESTS_LIBS)

# Verbs of RDMA: only the programs that have the hold hold_rdma.
LIBS_VERBS		:= -libverbs -lrxe-rdmav34 -libverbs -lnl-route-3 -lnl-3 -lpthread
$(addprefix $(BUILD)/tests/,holders holders_placed holders_race holders_whitelist leak scan_owners): SELFTESTS_LIBS := $(LIBS_VERBS)

# The runner would run a program whose source is gone as a topic.
SELFTESTS_STALE = $(filter-out $(SELFTESTS_PROGRAMS),$(shell \
	find $(BUILD)/tests -maxdepth 1 -type f -perm -u+x 2>/dev/null))
.PHONY: tests-stale
tests-stale:
	@$(if $(SELFTESTS_STALE),rm -f $(SELFTESTS_STALE),:)

# Programs that may crash the kernel: they are no part of the suite, see tools/run-hazards.
HAZARDS	:= $(BUILD)/hazards/hazard $(BUILD)/hazards/known-issues
$(BUILD)/hazards/hazard: selftests/hazards/hazard.c $(SELFTESTS_LIB) $(SELFTESTS_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(SELFTESTS_CFLAGS) $(SELFTESTS_HARNESS) -static -o $@ $< $(SELFTESTS_LIB) -luring

$(BUILD)/hazards/known-issues: selftests/known-issues
	@mkdir -p $(@D)
	cp $< $@

# Programs that each show one kernel bug, without anything of this project: see tools/run-reports.
REPORT_PROGRAMS	:= $(patsubst selftests/reports/%.c,$(BUILD)/reports/%,$(wildcard selftests/reports/*.c))
$(REPORT_PROGRAMS): $(BUILD)/reports/%: selftests/reports/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wshadow -Werror -static -o $@ $< $(REPORT_LIBS) -luring -lpthread

$(BUILD)/reports/rdma_odp_offset: REPORT_LIBS := $(LIBS_VERBS)

.PHONY: reports-stale
reports-stale:
	@rm -f $(filter-out $(REPORT_PROGRAMS),$(wildcard $(BUILD)/reports/*))

$(SELFTESTS_LIB): $(SELFTESTS_LIB_OBJS)
	rm -f $@
	$(AR) rcs $@ $^

$(SELFTESTS_OUT)/%.o: %.c $(SELFTESTS_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(SELFTESTS_CFLAGS) -c -o $@ $<

$(BUILD)/tests/known-issues: selftests/known-issues
	@mkdir -p $(@D)
	cp $< $@

# The command, for the topics of room cli, with its libraries and its loader (no static library of libsmartcols exists).
# The files are not executable, because the runner takes executable files for topics.
$(BUILD)/tests/pincheck: $(BUILD)/bin/pincheck
	@mkdir -p $(@D)
	install -m 644 -t $(@D) $$(ldd $< | awk '/=> \// { print $$3 } /^[[:space:]]*\// { print $$1 }') $<

# Host unit tests, under the sanitizers; each prints TAP.
UNIT_TESTS += $(BUILD)/test/known_issues_test
$(BUILD)/test/known_issues_test: LIBS := -Iselftests/frame
$(BUILD)/test/known_issues_test: selftests/test/known_issues_test.c selftests/frame/known_issues.c \
				 selftests/frame/known_issues.h
	$(unit-program)

UNIT_TESTS += $(BUILD)/test/insn_test
$(BUILD)/test/insn_test: LIBS := -Iselftests/interleave -Iselftests/device -Iselftests/frame
$(BUILD)/test/insn_test: selftests/test/insn_test.c selftests/interleave/insn_x86.c selftests/interleave/places.c \
			 selftests/device/interleave_file.c selftests/device/module_file.c \
			 tools/lib/page_size.c tools/lib/knob.c
	$(unit-program)
