# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own tests: the interpreter of their topics, and the tests of it. The programs themselves are built
# by tools/kernel-tests/build, from a kernel tree.

KERNEL_TEST_PARTS	:= $(filter-out %/main.c,$(wildcard tools/kernel-tests/guest/*.c)) \
			   $(addprefix tools/vm/guest/,report.c kmods.c files.c descendants.c) \
			   tools/vm/needs.c tools/lib/knob.c tools/lib/vmstat.c tools/ktap/ktap.c \
			   selftests/frame/known_issues.c
KERNEL_TEST_HEADERS	:= $(wildcard tools/kernel-tests/guest/*.h) $(VM_HEADERS) tools/ktap/ktap.h \
			   selftests/frame/known_issues.h

$(BUILD)/kernel-tests/kernel-test: LIBS := -static -s
$(BUILD)/kernel-tests/kernel-test: tools/kernel-tests/guest/main.c $(KERNEL_TEST_PARTS) $(KERNEL_TEST_HEADERS) | host-build
	$(host-program)

# For tools/gup-test-parity
GUP_TEST_PARITY := $(BUILD)/kernel-tests/parity/cost $(BUILD)/kernel-tests/parity/answers
$(GUP_TEST_PARITY): LIBS := -static -s
$(GUP_TEST_PARITY): $(BUILD)/kernel-tests/parity/%: tools/kernel-tests/parity/%.c tools/lib/knob.c tools/lib/vmstat.c \
		    $(LIB_HEADERS) include/uapi/linux/gup_test.h | host-build
	$(host-program)

UNIT_TESTS += $(BUILD)/test/kernel_tests_test $(BUILD)/test/kernel_test_runs_test
$(BUILD)/test/kernel_tests_test: tools/kernel-tests/test/output_test.c $(KERNEL_TEST_PARTS) $(KERNEL_TEST_HEADERS)
	$(unit-program)

$(BUILD)/test/kernel_test_runs_test: tools/kernel-tests/test/runs-test $(wildcard tools/kernel-tests/test/*/*) \
				     $(addprefix tools/kernel-tests/,runs.awk programs topics other names.sh)
	$(call script-test,BUILD=$(BUILD),tools/kernel-tests/test/runs-test)
