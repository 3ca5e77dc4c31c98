# SPDX-License-Identifier: GPL-2.0-only
# pincheck: does copy-on-write keep its promises to processes, and pinning to devices?
# `make help` lists targets and variables. The module itself is built by Kbuild.

BUILD   ?= build
KERNELS ?= default
TESTS   ?= *
ACCEL   ?= auto
CC      ?= gcc

matrix  := $(CURDIR)/tools/kernels/kernels
results := $(BUILD)/results
# A failed command must leave no target: make would take the target for up to date.
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

CFLAGS   ?= -O2 -g
# Of packages: WERROR=, because later compilers know other warnings; and PREPARE=no, because their package manager has
# installed what the build needs.
WERROR   ?= -Werror
PREPARE  ?= yes
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(WERROR)
INCLUDES := -Iinclude/uapi -Itools/lib -Itools/ktap -Itools/table -I.

# Recipes: host-program links a program for this machine from its prerequisites; unit-program links a unit
# test, with the sanitizers. A rule may set LIBS. $(call script-test,VARIABLE=VALUE,SCRIPT) makes a program
# that runs SCRIPT with VARIABLE, because tools/unit calls programs without arguments.
HOST_CC   = $(CC) -D_GNU_SOURCE $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(INCLUDES)
SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all

define host-program
@mkdir -p $(@D)
$(HOST_CC) $(LDFLAGS) -o $@ $(filter %.c %.S,$^) $(LIBS)
endef

define unit-program
@mkdir -p $(@D)
$(HOST_CC) $(SANITIZE) -o $@ $(filter %.c %.S,$^) $(LIBS)
endef

define script-test
@mkdir -p $(@D)
printf '#!/bin/sh\n%s exec %s\n' '$(1)' '$(2)' > $@
chmod +x $@
endef

VERSION = $(shell sed -n 's/^.define PINCHECK_VERSION.*"\(.*\)"/\1/p' include/pincheck-version.h)

export BUILD CC CACHE KSRC
# These describe the guest's machine.
export APPEND MEMORY SMP HUGEPAGES GUESTS QEMU_ARGS SHARE FORM SOAK MODULE

include tools/lib/build.mk
include tools/arch/build.mk
include tools/vm/build.mk
include tools/pincheck/build.mk
include tools/bench/build.mk
include tools/completion/build.mk
include tools/kernels/build.mk
include tools/report/build.mk
include tools/lava/build.mk
include src/test/build.mk
include selftests/build.mk
include packaging/build.mk
include tools/kernel-tests/build.mk


##@ Build
.PHONY: all module tools tests
all: module tools tests ## modules, tools and selftests for the running kernel, or for KDIR=

KDIR ?= /lib/modules/$(shell uname -r)/build
module: ## build/module/host/pincheck.ko, gup_test.ko and pincheck_interleave.ko, for the kernel tree in KDIR=
	$(matrix) build-custom "$(KDIR)" $(BUILD)/module/host

.PHONY: sign
sign: ## sign these modules, for Secure Boot: by DKMS's key, or SIGN_KEY= SIGN_CERT=; KEY=new makes one
	KDIR="$(KDIR)" SIGN_KEY="$(SIGN_KEY)" SIGN_CERT="$(SIGN_CERT)" KEY="$(KEY)" tools/sign

tools: $(TOOLS) ## the host programs, in build/bin

tests: $(SELFTESTS) $(HAZARDS) $(REPORT_PROGRAMS) | tests-stale ## the test programs (static), in build/tests

##@ Run
.PHONY: demo check selftests selftests-kernel interleave shell fuzz soak selftests-host
demo: host-vm ## the demo scenarios on a stock kernel, as a table; installs and downloads what is missing
	tools/run-suite --demo

check: host-vm host-lint ## everything that must pass; the last line is N passed, N failed, N skipped
	tools/check

selftests: host-vm ## the suite in a VM; KERNEL= and KDIR= for a kernel of your own, TESTS='fork.*', ACCEL=tcg
	KERNEL="$(KERNEL)" KDIR="$(if $(KERNEL),$(KDIR))" KERNELS="$(KERNELS)" TESTS='$(TESTS)' \
		ACCEL="$(ACCEL)" tools/run-suite

selftests-kernel: host-vm ## the kernel's own mm tests; KERNELS=, KERNEL=, KDIR= as above, KSRC=, TESTS='cow khugepaged', ALL=1, BARE=1; SUITE=liburing, or SUITE=ltp LTPSRC=dir
	KERNEL="$(KERNEL)" KDIR="$(if $(KERNEL),$(KDIR))" KERNELS="$(KERNELS)" TESTS='$(TESTS)' \
		ACCEL="$(ACCEL)" ALL="$(ALL)" BARE="$(BARE)" SUITE="$(SUITE)" tools/run-kernel-tests

shell: host-vm ## a shell in the guest, or commands from a pipe; KERNELS=, KERNEL=, KDIR= as above, SHARE=dir
	@KERNEL="$(KERNEL)" KDIR="$(if $(KERNEL),$(KDIR))" KERNELS="$(KERNELS)" ACCEL="$(ACCEL)" \
		tools/run-suite --shell

interleave: host-vm tools $(BUILD)/tests/sweep ## topic sweep with all places, a guest for each pair: it takes an hour, and goes on where it ended; KERNELS=, TESTS='sweep.fork_*'
	KERNELS="$(KERNELS)" TESTS='$(TESTS)' ACCEL="$(ACCEL)" APPEND="$(APPEND)" tools/run-interleave

COUNT ?= 1000000
fuzz: host-vm ## COUNT= hostile calls of several processes; SEED= repeats them; KERNELS=, KERNEL=, KDIR= as above
	KERNEL="$(KERNEL)" KDIR="$(if $(KERNEL),$(KDIR))" KERNELS="$(KERNELS)" ACCEL="$(ACCEL)" \
		COUNT="$(COUNT)" SEED="$(SEED)" tools/run-suite --fuzz

ROUNDS ?= 10
LOAD ?= 8
soak: host-vm ## the suite ROUNDS= times beside LOAD= busy processes; KERNELS=, TESTS= as above
	KERNELS="$(KERNELS)" TESTS='$(TESTS)' ACCEL="$(ACCEL)" ROUNDS="$(ROUNDS)" LOAD="$(LOAD)" tools/soak

selftests-host: ## the suite on this machine's running kernel; asks first, YES=1 answers
	@$(MAKE) --no-print-directory -s $(if $(MODULE),,module) tools tests
	MODULE="$(MODULE)" TESTS='$(TESTS)' YES="$(YES)" tools/run-host

.PHONY: unit lint catalogue stock-kernels hazards mutants config-check
unit: $(UNIT_TESTS) ## host unit tests, with ASan and UBSan
	tools/unit $(UNIT_TESTS)

lint: host-lint ## warnings, sparse, style, scripts, manual pages, names, prose
	tools/lint

catalogue: ## the tests of each row, written into Documentation/catalogue.md
	tools/catalogue

stock-kernels: ## the results in Documentation, from the last make matrix and make selftests-kernel
	tools/stock-kernels $(results)

hazards: host-vm ## wrong ways to write to pages of files, which make a kernel warn: a guest for each; KERNELS=
	KERNELS="$(KERNELS)" ACCEL="$(ACCEL)" tools/run-hazards

.PHONY: reports report-tables
reports: host-vm tools $(REPORT_PROGRAMS) | reports-stale ## programs that show known kernel bugs, without the module; KERNELS= [all], KERNEL=, REPORTS=
	@KERNEL="$(KERNEL)" KERNELS="$(if $(filter file,$(origin KERNELS)),,$(KERNELS))" REPORTS="$(REPORTS)" \
		ACCEL="$(ACCEL)" tools/run-reports

report-tables: ## the verdicts of the last make reports, written into Documentation/reports
	tools/run-reports --document

mutants: host-vm ## break the module or a tool, or a kernel (KTREE=), in one place: a test must turn red; MUTANTS=, RECORD=1
	KTREE="$(KTREE)" RECORD="$(RECORD)" tools/run-mutants $(MUTANTS)

config-check: host-vm ## the suite on kernels built from KTREE=, each without one option; OPTIONS=
	KTREE="$(KTREE)" tools/config-check $(OPTIONS)

##@ Install
PREFIX ?= /usr/local
DEST   := $(DESTDIR)$(PREFIX)
STRIP  ?= -s

# $(call install-pages,PAGE...): manual pages of Documentation, with the version
install-pages = for page in $(1); do \
		sed 's/@VERSION@/$(VERSION)/' Documentation/$$page | install -D -m 644 /dev/stdin \
			$(DEST)/share/man/man$${page\#\#*.}/$$page || exit; \
	done

# The packages of debian/ and packaging/ call these.
.PHONY: install tests-to-install install-tests dkms-sources
install: tools ## programs, headers and man pages, under PREFIX= (and DESTDIR=)
	install -D -t $(DEST)/bin $(filter $(BUILD)/bin/%,$(TOOLS))
	install -D -t $(DEST)/libexec/pincheck $(BUILD)/vm/init
	install -D -m 644 -t $(DEST)/share/pincheck tools/vm/splats-allowed
	for shell in bash-completion/completions zsh/site-functions fish/vendor_completions.d; do \
		install -D -m 644 -t $(DEST)/share/$$shell $(COMPLETION)/$${shell%%[-/]*}/* || exit; \
	done
	install -D -m 644 -t $(DEST)/include/linux $(wildcard include/uapi/linux/*.h)
	@$(call install-pages,$(filter-out pincheck-selftests.1,$(notdir $(wildcard Documentation/*.[1-9]))))

tests-to-install: $(SELFTESTS_PROGRAMS) $(BUILD)/tests/known-issues

install-tests: tools tests-to-install ## the test programs, and pincheck-selftests, which runs them; after make install
	install -D $(STRIP) -t $(DEST)/lib/pincheck/tests $(SELFTESTS_PROGRAMS)
	install -D -m 644 -t $(DEST)/lib/pincheck/tests $(BUILD)/tests/known-issues
	install -D -t $(DEST)/lib/pincheck $(BUILD)/vm/topics-host
	install -D tools/run-host $(DEST)/bin/pincheck-selftests
	@$(call install-pages,pincheck-selftests.1)

# Of packages, which call DKMS themselves
dkms-sources:
	DESTDIR="$(DESTDIR)" VERSION="$(VERSION)" tools/dkms sources

.PHONY: dkms-install dkms-remove
dkms-install: host-dkms ## the modules under DKMS, for all kernels here with headers, and for later ones
	VERSION="$(VERSION)" tools/dkms install

dkms-remove: ## remove the modules from DKMS
	VERSION="$(VERSION)" tools/dkms remove

##@ Release
DIST    = $(BUILD)/dist/pincheck-$(VERSION).tar.gz
.PHONY: dist dist-check version
version: ## print the version of the project
	@echo $(VERSION)

dist: ## build/dist/pincheck-VERSION.tar.gz, from the commit that is checked out
	@git diff --quiet HEAD || echo 'dist: the tarball lacks what is not committed: git commit' >&2
	@mkdir -p $(dir $(DIST))
	git archive --format=tar.gz --prefix=pincheck-$(VERSION)/ --output=$(DIST) HEAD

.PHONY: deb autopkgtest
deb: host-deb ## Debian packages, from the commit that is checked out, in build/deb; lintian must not complain
	VERSION="$(VERSION)" tools/deb

autopkgtest: host-autopkgtest ## install these packages in Debian 13 and 12, and judge their kernels there; SUITES=
	SUITES="$(SUITES)" tools/run-autopkgtest

dist-check: dist ## unpack the tarball outside of this clone, build the tools, run the unit tests
	tools/dist-check $(DIST)

##@ Tidy
.PHONY: clean distclean cache-clean host-vm host-lint host-build host-dkms host-deb host-autopkgtest
clean: ## remove everything in build/ except the results
	rm -rf $(filter-out $(results),$(wildcard $(BUILD)/*))

distclean: ## remove build/; the cache stays
	rm -rf $(BUILD)

cache-clean: ## empty the cache shared by all clones (kernels, build roots)
	$(matrix) cache-clean

host-build host-vm host-lint host-dkms host-deb host-autopkgtest:
	@$(if $(filter no,$(PREPARE)),:,$(matrix) prepare-host $(@:host-%=%) </dev/null)

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nVariables\n'
	@printf '  %-16s %s\n' \
		KERNELS 'names of the matrix to run on, NAME@RELEASE for one release [$(KERNELS)]' \
		KERNEL 'a kernel of your own: its build tree, or its image with KDIR= its build tree' \
		ARCH 'architecture of the guest, a row of tools/arch/arch.c [that of this machine]' \
		KDIR 'kernel build tree for the module' \
		TESTS "glob over topic.variant.scenario ['$(TESTS)']" \
		FORM 'short or full: see Documentation/scenarios.md [full; make check: short]' \
		MODULE 'no: the suite without the module; what needs it is skipped' \
		SOAK 'minutes for which each race goes on [until it met often enough]' \
		ACCEL 'auto, kvm or tcg [$(ACCEL)]' \
		APPEND 'more parameters for the kernel: numa=fake=2' \
		MEMORY 'of the guest, MiB [2048]' \
		SMP 'processors of the guest [2]' \
		HUGEPAGES 'hugetlb pages of the default size in the guest [64]' \
		GUESTS 'guests of a run that are up at the same time [one more than processors are idle]' \
		QEMU_ARGS 'more words for QEMU: -device edu' \
		SHARE 'directory of this machine that the guest of make shell mounts' \
		KSRC 'kernel source tree, for its harness and its own tests' \
		CACHE 'directory for downloads, kernels, build roots [~/.cache/pincheck]' \
		BUILD 'directory of everything that is built, and of results [$(BUILD)]'
