// SPDX-License-Identifier: GPL-2.0-only
/* Choosing and loading places of a kernel function. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "insn.h"
#include "places.h"

/* What is known of the instruction that begins at an offset. */
#define BEGINS	1	/* an instruction begins here */
#define CHOSEN	2

/* Enough for what stands before the first instruction that the function needs. */
#define ENTRY_BYTES	24

static void choose_target(uint8_t *marks, uint32_t size, int64_t target)
{
	if (target >= 0 && target < size)
		marks[target] |= CHOSEN;
}

/*
 * Stops where it cannot decode: the rest of the function then has no places. Where the chosen
 * instruction does nothing, the kernel may refuse to probe it, as one that ftrace or a jump label writes:
 * the next one is chosen as well.
 */
static void mark_instructions(uint8_t *marks, const uint8_t *text, uint32_t size,
			      enum places_choice choice)
{
	bool chosen = true;
	struct insn insn;
	uint32_t at;

	if (choice == PLACES_ENTRY)
		size = size < ENTRY_BYTES ? size : ENTRY_BYTES;

	for (at = 0; at < size && !insn_decode(&insn, text + at, size - at); at += insn.length) {
		uint32_t next = at + insn.length;

		marks[at] |= insn.flow == INSN_TRAP ? 0 : BEGINS | (chosen ? CHOSEN : 0);
		chosen = (chosen && insn.nothing) || insn.flow != INSN_NEXT ||
			 choice == PLACES_ALL || choice == PLACES_ENTRY ||
			 (choice == PLACES_SHARED && insn.memory);
		if (insn.has_target && insn.flow != INSN_CALL)
			choose_target(marks, size, next + insn.target);
	}
}

void places_choose(struct places *places, const uint8_t *text, uint32_t size,
		   enum places_choice choice, uint32_t most)
{
	uint8_t *marks = calloc(1, size);
	uint32_t chosen = 0, seen = 0;

	places->size = size;
	places->count = 0;
	if (!marks)
		return;
	mark_instructions(marks, text, size, choice);
	for (uint32_t at = 0; at < size; at++)
		chosen += marks[at] == (BEGINS | CHOSEN);
	most = chosen < most ? chosen : most;
	for (uint32_t at = 0; at < size && places->count < most; at++) {
		if (marks[at] != (BEGINS | CHOSEN))
			continue;
		if ((uint64_t)seen++ * most / chosen < places->count)
			continue;
		places->place[places->count++] = (struct pincheck_interleave_place) { .offset = at };
	}
	free(marks);
}

/* The function of the name, or what the compiler made of it. Return: its size or -errno */
static long find_function(char symbol[PINCHECK_INTERLEAVE_SYMBOL], int device, const char *name,
			  uint8_t *text)
{
	static const char *const suffixes[] = {
		"", ".isra.0", ".constprop.0", ".part.0", ".constprop.0.isra.0", ".isra.0.constprop.0",
	};
	long size = -ENOENT;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes) && size == -ENOENT; i++) {
		int length = snprintf(symbol, PINCHECK_INTERLEAVE_SYMBOL, "%s%s", name, suffixes[i]);

		if (length < PINCHECK_INTERLEAVE_SYMBOL)
			size = interleave_text(device, symbol, text, PINCHECK_INTERLEAVE_TEXT);
	}
	return size;
}

int places_load(struct places *places, int device, uint32_t slot, const char *name,
		enum places_choice choice, uint32_t most)
{
	uint8_t *text = malloc(PINCHECK_INTERLEAVE_TEXT);
	long size;
	int good;

	if (!text)
		return -ENOMEM;
	places->slot = slot;
	places->good = places->visited = places->count = 0;
	size = find_function(places->symbol, device, name, text);
	if (size > 0)
		places_choose(places, text, size, choice, most);
	free(text);
	if (size < 0)
		return size;
	if (!places->count)
		return -ENOENT;
	good = interleave_load(device, slot, places->symbol, places->place, places->count);
	places->good = good < 0 ? 0 : good;
	return good < 0 ? good : 0;
}

int places_read(struct places *places, int device)
{
	int error = interleave_hits(device, places->slot, places->place, places->count);

	places->visited = 0;
	for (uint32_t i = 0; i < places->count && !error; i++)
		places->visited += !!places->place[i].order;
	return error;
}

int places_at(const struct places *places, uint32_t offset)
{
	for (uint32_t i = 0; i < places->count; i++)
		if (places->place[i].offset == offset)
			return i;
	return -1;
}

int places_first(const struct places *places, bool irqs_off)
{
	int first = -1;

	for (uint32_t i = 0; i < places->count; i++) {
		const struct pincheck_interleave_place *place = &places->place[i];

		if (!place->order || (irqs_off && !place->irqs_off))
			continue;
		if (first < 0 || place->order < places->place[first].order)
			first = i;
	}
	return first;
}
