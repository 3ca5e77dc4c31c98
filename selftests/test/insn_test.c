// SPDX-License-Identifier: GPL-2.0-only
/* The decoder of x86-64 instructions, and the places that are chosen by it. Prints TAP. */
#include <stdint.h>
#include <string.h>
#include "insn.h"
#include "places.h"
#include "tools/lib/array.h"
#include "tools/lib/test/tap.h"

static const struct {
	const char *what;
	uint8_t code[16];
	struct insn insn;
} rows[] = {
	{ "nop", { 0x90 }, { .length = 1, .flow = INSN_NEXT, .nothing = true } },
	{ "endbr64", { 0xf3, 0x0f, 0x1e, 0xfa },
	  { .length = 4, .flow = INSN_NEXT, .nothing = true } },
	{ "nop_of_ftrace", { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
	  { .length = 5, .flow = INSN_NEXT, .nothing = true } },
	{ "nop_of_ten", { 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 },
	  { .length = 10, .flow = INSN_NEXT, .nothing = true } },
	{ "push", { 0x41, 0x57 }, { .length = 2, .flow = INSN_NEXT } },
	{ "mov_register", { 0x48, 0x89, 0xe5 }, { .length = 3, .flow = INSN_NEXT } },
	{ "mov_memory", { 0x48, 0x8b, 0x47, 0x10 },
	  { .length = 4, .flow = INSN_NEXT, .memory = true } },
	{ "mov_stack", { 0x48, 0x8b, 0x44, 0x24, 0x08 }, { .length = 5, .flow = INSN_NEXT } },
	{ "mov_of_r12", { 0x49, 0x8b, 0x44, 0x24, 0x08 },
	  { .length = 5, .flow = INSN_NEXT, .memory = true } },
	{ "mov_of_ip", { 0x48, 0x8b, 0x05, 0, 0, 0, 0 },
	  { .length = 7, .flow = INSN_NEXT, .memory = true } },
	{ "mov_absolute", { 0x65, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0 },
	  { .length = 9, .flow = INSN_NEXT, .memory = true } },
	{ "mov_immediate_64", { 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0 },
	  { .length = 10, .flow = INSN_NEXT } },
	{ "mov_immediate_16", { 0x66, 0xb8, 0, 0 }, { .length = 4, .flow = INSN_NEXT } },
	{ "add_immediate_16", { 0x66, 0x81, 0xc0, 0, 0 }, { .length = 5, .flow = INSN_NEXT } },
	{ "lea", { 0x48, 0x8d, 0x47, 0x10 }, { .length = 4, .flow = INSN_NEXT } },
	{ "test_immediate", { 0xf6, 0x47, 0x08, 0x01 },
	  { .length = 4, .flow = INSN_NEXT, .memory = true } },
	{ "not", { 0xf7, 0xd0 }, { .length = 2, .flow = INSN_NEXT } },
	{ "lock_cmpxchg", { 0xf0, 0x0f, 0xb1, 0x17 },
	  { .length = 4, .flow = INSN_NEXT, .memory = true } },
	{ "rep_stos", { 0xf3, 0x48, 0xab }, { .length = 3, .flow = INSN_NEXT, .memory = true } },
	{ "three_bytes_of_opcode", { 0x0f, 0x38, 0xf0, 0x07 },
	  { .length = 4, .flow = INSN_NEXT, .memory = true } },
	{ "jz_short", { 0x74, 0xfe },
	  { .length = 2, .flow = INSN_BRANCH, .has_target = true, .target = -2 } },
	{ "jnz_near", { 0x0f, 0x85, 0x10, 0, 0, 0 },
	  { .length = 6, .flow = INSN_BRANCH, .has_target = true, .target = 16 } },
	{ "jmp_near", { 0xe9, 0xfb, 0xff, 0xff, 0xff },
	  { .length = 5, .flow = INSN_JUMP, .has_target = true, .target = -5 } },
	{ "jmp_indirect", { 0xff, 0xe0 }, { .length = 2, .flow = INSN_JUMP } },
	{ "call", { 0xe8, 0, 1, 0, 0 },
	  { .length = 5, .flow = INSN_CALL, .has_target = true, .target = 256 } },
	{ "call_indirect", { 0xff, 0x50, 0x08 }, { .length = 3, .flow = INSN_CALL, .memory = true } },
	{ "ret", { 0xc3 }, { .length = 1, .flow = INSN_RETURN } },
	{ "ud2", { 0x0f, 0x0b }, { .length = 2, .flow = INSN_TRAP } },
	{ "int3", { 0xcc }, { .length = 1, .flow = INSN_TRAP } },
};

static bool is_same(const struct insn *a, const struct insn *b)
{
	return a->length == b->length && a->flow == b->flow && a->has_target == b->has_target &&
	       a->target == b->target && a->memory == b->memory && a->nothing == b->nothing;
}

static void test_rows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct insn insn;
		size_t length = rows[i].insn.length;

		tap_verdict(!insn_decode(&insn, rows[i].code, sizeof(rows[i].code)) &&
			  is_same(&insn, &rows[i].insn), "decodes.%s", rows[i].what);
		tap_verdict(insn_decode(&insn, rows[i].code, length - 1), "cut.%s", rows[i].what);
	}
}

/* endbr64; nop; test %edi,%edi; jz 1f; mov (%rdi),%eax; mov %eax,%eax; ret; int3; 1: ud2 */
static const uint8_t text[] = {
	0xf3, 0x0f, 0x1e, 0xfa, 0x90, 0x85, 0xff, 0x74, 0x06, 0x8b, 0x07, 0x89, 0xc0, 0xc3, 0xcc, 0x0f, 0x0b,
};

static void test_choice(const char *what, enum places_choice choice, uint32_t most,
			const uint32_t *offsets, size_t count)
{
	static struct places places;
	bool same;

	places_choose(&places, text, sizeof(text), choice, most);
	same = places.count == count;
	for (size_t i = 0; i < count && same; i++)
		same = places.place[i].offset == offsets[i];
	tap_verdict(same, "chooses.%s", what);
}

int main(void)
{
	static const uint32_t blocks[] = { 0, 4, 5, 9 };
	static const uint32_t shared[] = { 0, 4, 5, 9, 11 };
	static const uint32_t some[] = { 0, 7, 11 };
	static const uint32_t all[] = { 0, 4, 5, 7, 9, 11, 13 };

	tap_begin();
	test_rows();
	test_choice("blocks", PLACES_BLOCKS, 99, blocks, ARRAY_SIZE(blocks));
	test_choice("shared", PLACES_SHARED, 99, shared, ARRAY_SIZE(shared));
	test_choice("all", PLACES_ALL, 7, all, ARRAY_SIZE(all));
	test_choice("entry", PLACES_ENTRY, 99, all, ARRAY_SIZE(all));
	test_choice("some", PLACES_ALL, 3, some, ARRAY_SIZE(some));
	return tap_end();
}
