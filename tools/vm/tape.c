// SPDX-License-Identifier: GPL-2.0-only
/* What a guest said, and when. */
#include <stdlib.h>
#include <string.h>
#include "tape.h"
#include "util.h"

/**
 * struct tape_piece - bytes that came together
 */
struct tape_piece {
	char *bytes;
	size_t length;
	double when;
};

void tape_add(struct tape *tape, const char *bytes, size_t length, double when)
{
	struct tape_piece *piece;

	tape->pieces = grow(tape->pieces, tape->count, sizeof(*tape->pieces));
	piece = &tape->pieces[tape->count++];
	*piece = (struct tape_piece){ grow(NULL, 0, length + !length), length, when };
	memcpy(piece->bytes, bytes, length);
}

void tape_play(struct tape *tape,
	       void (*listen)(void *context, const char *bytes, size_t length, double when),
	       void *context)
{
	for (; tape->next < tape->count; tape->next++) {
		const struct tape_piece *piece = &tape->pieces[tape->next];

		listen(context, piece->bytes, piece->length, piece->when);
	}
}

void tape_rewind(struct tape *tape)
{
	tape->next = 0;
}

void tape_clear(struct tape *tape)
{
	for (size_t i = 0; i < tape->count; i++)
		free(tape->pieces[i].bytes);
	free(tape->pieces);
	*tape = (struct tape){ 0 };
}
