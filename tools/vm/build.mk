# SPDX-License-Identifier: GPL-2.0-only
# pincheck-vm, the guest's init, and their tests. Included by the top Makefile, and usable alone:
# make -f tools/vm/build.mk build/bin/pincheck-vm build/vm/init
BUILD ?= build
VM_CFLAGS ?= -O2 -g -Wall -Wextra -Wshadow -Werror

VM_HOST_SOURCES := $(wildcard tools/vm/*.c) tools/lib/ktap.c
VM_INIT_SOURCES := $(wildcard tools/vm/guest/*.c) tools/vm/splat.c tools/lib/vmstat.c
VM_HEADERS := $(wildcard tools/vm/*.h tools/vm/guest/*.h) tools/lib/ktap.h tools/lib/vmstat.h
VM_LIBS := -larchive -ljansson

$(BUILD)/bin/pincheck-vm: $(VM_HOST_SOURCES) $(VM_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(VM_CFLAGS) -D_GNU_SOURCE -o $@ $(VM_HOST_SOURCES) $(VM_LIBS)

$(BUILD)/vm/init: $(VM_INIT_SOURCES) $(VM_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(VM_CFLAGS) -D_GNU_SOURCE -static -s -o $@ $(VM_INIT_SOURCES)

# Host unit tests, under the sanitizers; each prints TAP.
$(BUILD)/test/ktap_test: tools/lib/test/ktap_test.c tools/lib/ktap.c tools/lib/ktap.h
	@mkdir -p $(@D)
	$(CC) -O1 -g -Wall -Wextra -Wshadow -Werror -D_GNU_SOURCE -fsanitize=address,undefined \
		-fno-sanitize-recover=all -o $@ tools/lib/test/ktap_test.c tools/lib/ktap.c
