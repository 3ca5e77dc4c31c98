/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest said, and when: other guests may have to be heard before it. */
#ifndef PINCHECK_VM_TAPE_H
#define PINCHECK_VM_TAPE_H

#include <stddef.h>

struct tape_piece;

/**
 * struct tape - bytes of one line of a guest, all zero to begin with
 * @count: pieces that were recorded
 * @next: the piece that is played next
 */
struct tape {
	struct tape_piece *pieces;
	size_t count;
	size_t next;
};

/** tape_add() - record @length bytes that came @when, by the host's clock */
void tape_add(struct tape *tape, const char *bytes, size_t length, double when);

/** tape_play() - call @listen for each piece that was not played yet */
void tape_play(struct tape *tape,
	       void (*listen)(void *context, const char *bytes, size_t length, double when),
	       void *context);

/** tape_rewind() - play everything once more */
void tape_rewind(struct tape *tape);

/** tape_clear() - forget everything */
void tape_clear(struct tape *tape);

#endif
