# SPDX-License-Identifier: GPL-2.0-only
# The modules, for lib.mk: Kbuild says what they are made of. KDIR= names a kernel that is built; without it, the
# tree around this directory is one, or else the running kernel's is taken.
TOP	:= $(abspath $(CURDIR)/../../../../..)
KDIR	?= $(if $(wildcard $(TOP)/Module.symvers),$(TOP),/lib/modules/$(shell uname -r)/build)

modules:
ifneq ($(wildcard $(KDIR)),)
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules
endif

clean:
ifneq ($(wildcard $(KDIR)),)
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean
endif
