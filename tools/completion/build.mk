# SPDX-License-Identifier: GPL-2.0-only
# Completion for shells, made from what the programs print by --help.

COMPLETION		:= $(BUILD)/completion
COMPLETION_SCRIPTS	:= $(addprefix tools/completion/,generate options.awk bash.awk zsh.awk fish.awk)

$(COMPLETION)/made: $(addprefix $(BUILD)/bin/,pincheck pincheck-report pincheck-vm) $(COMPLETION_SCRIPTS) tools/run-host
	tools/completion/generate $(BUILD)/bin $(COMPLETION)
	@touch $@

TOOLS			+= $(COMPLETION)/made
UNIT_TESTS		+= $(BUILD)/test/completion-test

$(BUILD)/test/completion-test: $(COMPLETION)/made
	$(call script-test,COMPLETION=$(COMPLETION),tools/completion/test/completion-test)
