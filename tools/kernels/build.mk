# SPDX-License-Identifier: GPL-2.0-only
# The unit test of tools/kernels. The runner of unit tests takes programs without arguments.

UNIT_TESTS	+= $(BUILD)/test/kernels-test

$(BUILD)/test/kernels-test:
	@mkdir -p $(@D)
	printf '#!/bin/sh\nexec tools/kernels/test/kernels-test\n' > $@
	chmod +x $@
