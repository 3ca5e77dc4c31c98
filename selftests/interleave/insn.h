/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instructions of the kernel: where each ends, and where it may go next. Only for the choice of
 * places: kprobes decodes for itself, and refuses what is no beginning of an instruction.
 */
#ifndef PINCHECK_SELFTESTS_INSN_H
#define PINCHECK_SELFTESTS_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum insn_flow {
	INSN_NEXT,	/* goes to the next one */
	INSN_BRANCH,	/* to the next one, or to the target */
	INSN_JUMP,	/* to the target, or, without one, to an unknown place */
	INSN_CALL,	/* to the next one, and to a function before */
	INSN_RETURN,	/* to a caller, or to user space */
	INSN_TRAP,	/* INT3, UD2: nothing can be probed here */
};

/**
 * struct insn - an instruction
 * @length: bytes
 * @flow: where it goes
 * @has_target: @target is known
 * @target: relative to the end of the instruction
 * @memory: reads or writes memory that is not the stack
 * @nothing: does nothing: NOP, ENDBR
 */
struct insn {
	size_t length;
	enum insn_flow flow;
	bool has_target;
	int64_t target;
	bool memory;
	bool nothing;
};

/** insn_decode() - decode what is at @code, where @room bytes are. Return: 0 or -EILSEQ */
int insn_decode(struct insn *insn, const uint8_t *code, size_t room);

#endif
