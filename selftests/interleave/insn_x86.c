// SPDX-License-Identifier: GPL-2.0-only
/* The lengths of x86-64 instructions, without AVX-512: the kernel's code has none outside of libraries. */
#include <errno.h>
#include <string.h>
#include "insn.h"

/* What follows an opcode. */
#define MODRM	1	/* ModRM, maybe SIB and a displacement */
#define IMM8	2
#define IMM16	4
#define IMMZ	8	/* 4 bytes, or 2 with prefix 0x66 */
#define IMMV	16	/* 8 bytes with REX.W, else as IMMZ */
#define MOFFS	32	/* an address of 8 bytes */
#define BAD	64	/* a prefix, or no instruction in 64-bit mode */

struct code {
	const uint8_t *at, *end;
	uint8_t rex;
	bool word;		/* prefix 0x66 */
	uint8_t modrm;
	bool memory, stack;	/* ModRM means memory; relative to the stack pointer */
};

static bool in_range(unsigned int value, unsigned int first, unsigned int last)
{
	return value >= first && value <= last;
}

static unsigned int parts_of_arithmetic(uint8_t op)
{
	static const uint8_t parts[8] = { MODRM, MODRM, MODRM, MODRM, IMM8, IMMZ, BAD, BAD };

	return parts[op & 7];
}

/* One byte of opcode. Prefixes, 0x0f and VEX do not come here. */
static unsigned int parts_of(uint8_t op)
{
	static const struct { uint8_t first, last, parts; } ranges[] = {
		{ 0x60, 0x62, BAD }, { 0x63, 0x63, MODRM }, { 0x68, 0x68, IMMZ },
		{ 0x69, 0x69, MODRM | IMMZ }, { 0x6a, 0x6a, IMM8 }, { 0x6b, 0x6b, MODRM | IMM8 },
		{ 0x70, 0x7f, IMM8 }, { 0x80, 0x80, MODRM | IMM8 }, { 0x81, 0x81, MODRM | IMMZ },
		{ 0x82, 0x82, BAD }, { 0x83, 0x83, MODRM | IMM8 }, { 0x84, 0x8f, MODRM },
		{ 0x9a, 0x9a, BAD }, { 0xa0, 0xa3, MOFFS }, { 0xa8, 0xa8, IMM8 },
		{ 0xa9, 0xa9, IMMZ }, { 0xb0, 0xb7, IMM8 }, { 0xb8, 0xbf, IMMV },
		{ 0xc0, 0xc1, MODRM | IMM8 }, { 0xc2, 0xc2, IMM16 }, { 0xc6, 0xc6, MODRM | IMM8 },
		{ 0xc7, 0xc7, MODRM | IMMZ }, { 0xc8, 0xc8, IMM16 | IMM8 },
		{ 0xca, 0xca, IMM16 }, { 0xcd, 0xcd, IMM8 }, { 0xce, 0xce, BAD },
		{ 0xd0, 0xd3, MODRM }, { 0xd4, 0xd6, BAD }, { 0xd8, 0xdf, MODRM },
		{ 0xe0, 0xe7, IMM8 }, { 0xe8, 0xe9, IMMZ }, { 0xea, 0xea, BAD },
		{ 0xeb, 0xeb, IMM8 }, { 0xf6, 0xf7, MODRM }, { 0xfe, 0xff, MODRM },
	};

	if (op < 0x40)
		return parts_of_arithmetic(op);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (in_range(op, ranges[i].first, ranges[i].last))
			return ranges[i].parts;
	return 0;
}

/* The second byte, after 0x0f. */
static unsigned int parts_of_second(uint8_t op)
{
	if (in_range(op, 0x05, 0x09) || op == 0x0b || op == 0x0e || in_range(op, 0x30, 0x37) ||
	    op == 0x77 || in_range(op, 0xa0, 0xa2) || in_range(op, 0xa8, 0xaa) ||
	    in_range(op, 0xc8, 0xcf))
		return 0;
	if (in_range(op, 0x80, 0x8f))
		return IMMZ;
	if (in_range(op, 0x70, 0x73) || op == 0xa4 || op == 0xac || op == 0xba || op == 0xc2 ||
	    in_range(op, 0xc4, 0xc6))
		return MODRM | IMM8;
	return MODRM;
}

static void skip_prefixes(struct code *code)
{
	static const uint8_t prefixes[] = {
		0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3,
	};

	for (; code->at < code->end && memchr(prefixes, *code->at, sizeof(prefixes)); code->at++)
		code->word |= *code->at == 0x66;
	if (code->at < code->end && (*code->at & 0xf0) == 0x40)
		code->rex = *code->at++;
}

/* The next byte; behind the end 0, and the code is then too long for its room. */
static uint8_t next_byte(struct code *code)
{
	uint8_t byte = code->at < code->end ? *code->at : 0;

	code->at++;
	return byte;
}

static void skip_modrm(struct code *code)
{
	uint8_t mode, rm;

	code->modrm = next_byte(code);
	mode = code->modrm >> 6;
	rm = code->modrm & 7;
	code->memory = mode != 3;
	if (mode == 3)
		return;
	if (rm == 4) {
		uint8_t base = next_byte(code) & 7;

		code->stack = base == 4 && !(code->rex & 1);
		if (base == 5 && !mode)
			code->at += 4;
	}
	if (mode == 1)
		code->at += 1;
	else if (mode == 2 || (!mode && rm == 5))
		code->at += 4;
}

static void skip_immediates(struct code *code, unsigned int parts)
{
	unsigned int wide = code->rex & 8 ? 8 : 0, z = code->word && !wide ? 2 : 4;

	code->at += (parts & IMM8 ? 1 : 0) + (parts & IMM16 ? 2 : 0) + (parts & IMMZ ? z : 0) +
		    (parts & IMMV ? wide ?: z : 0) + (parts & MOFFS ? 8 : 0);
}

/* Relative to the end of the instruction, as its last bytes have it. */
static void set_target(struct insn *insn, const uint8_t *end, unsigned int parts)
{
	int32_t wide;

	insn->has_target = true;
	if (parts & IMM8) {
		insn->target = (int8_t)end[-1];
		return;
	}
	memcpy(&wide, end - sizeof(wide), sizeof(wide));
	insn->target = wide;
}

static enum insn_flow flow_of(uint8_t op, uint8_t modrm)
{
	unsigned int group = modrm >> 3 & 7;

	if (in_range(op, 0x70, 0x7f) || in_range(op, 0xe0, 0xe3))
		return INSN_BRANCH;
	if (op == 0xe9 || op == 0xeb || (op == 0xff && (group == 4 || group == 5)))
		return INSN_JUMP;
	if (op == 0xe8 || (op == 0xff && (group == 2 || group == 3)))
		return INSN_CALL;
	if (op == 0xc2 || op == 0xc3 || op == 0xca || op == 0xcb || op == 0xcf)
		return INSN_RETURN;
	return op == 0xcc || op == 0xcd ? INSN_TRAP : INSN_NEXT;
}

static enum insn_flow flow_of_second(uint8_t op)
{
	if (in_range(op, 0x80, 0x8f))
		return INSN_BRANCH;
	if (op == 0x07 || op == 0x35)	/* SYSRET, SYSEXIT */
		return INSN_RETURN;
	return op == 0x0b || op == 0xb9 || op == 0xff ? INSN_TRAP : INSN_NEXT;
}

/* LEA and NOP have an address, and do not use it; string instructions use memory without one. */
static bool uses_memory(const struct code *code, bool second, uint8_t op)
{
	if (!second && (in_range(op, 0xa4, 0xa7) || in_range(op, 0xaa, 0xaf)))
		return true;
	return code->memory && !code->stack && (second ? op != 0x1f && op != 0x18 : op != 0x8d);
}

int insn_decode(struct insn *insn, const uint8_t *start, size_t room)
{
	struct code code = { .at = start, .end = start + room };
	bool second = false;
	unsigned int parts;
	uint8_t op;

	*insn = (struct insn) { 0 };
	skip_prefixes(&code);
	op = next_byte(&code);
	if (op == 0xc4 || op == 0xc5)	/* VEX */
		return -EILSEQ;
	if (op == 0x0f) {
		second = true;
		op = next_byte(&code);
		parts = parts_of_second(op);
		if (op == 0x38 || op == 0x3a) {
			code.at++;	/* the third byte */
			parts = op == 0x3a ? MODRM | IMM8 : MODRM;
		}
	} else {
		parts = parts_of(op);
	}
	if (parts & BAD)
		return -EILSEQ;
	if (parts & MODRM)
		skip_modrm(&code);
	/* TEST of group 3 */
	if (!second && (op == 0xf6 || op == 0xf7) && !(code.modrm >> 3 & 6))
		parts |= op == 0xf6 ? IMM8 : IMMZ;
	skip_immediates(&code, parts);
	if (code.at > code.end)
		return -EILSEQ;
	insn->length = code.at - start;
	insn->flow = second ? flow_of_second(op) : flow_of(op, code.modrm);
	insn->memory = uses_memory(&code, second, op);
	insn->nothing = second ? op == 0x1f || op == 0x1e : op == 0x90;
	if ((parts & (IMM8 | IMMZ)) && !(parts & MODRM) &&
	    (insn->flow == INSN_BRANCH || insn->flow == INSN_JUMP || insn->flow == INSN_CALL))
		set_target(insn, code.at, parts);
	return 0;
}
