/* SPDX-License-Identifier: GPL-2.0-only */
/* Streams of several boots, shards or machines become one, as if one run had several guests. */
#ifndef PINCHECK_REPORT_MERGE_STREAM_H
#define PINCHECK_REPORT_MERGE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>
#include "text.h"

/**
 * struct merge_stream - what came so far
 * @blocks: a top-level result each, with the lines before it
 * @numbers: name of a top-level result -> its place in @blocks
 * @parts: streams so far
 * @planned: top-level results that they announced together
 * @whole: drop what a filter left out: another part may have it
 */
struct merge_stream {
	char **blocks;
	size_t count;
	size_t size;
	json_t *numbers;
	unsigned int parts;
	long planned;
	bool whole;
};

void merge_stream_init(struct merge_stream *stream, bool whole);

/**
 * merge_stream_add() - one more part
 * @text: KTAP, which may end anywhere
 * @cause: why it ends in the middle of a topic, for the result of that topic
 *
 * Of a result that came before the later one counts: it was run again. The runner's own results get the
 * number of the part: boot, boot_2, ...
 */
void merge_stream_add(struct merge_stream *stream, const char *text, const char *cause);

/** merge_stream_take() - Return: the one stream, to be freed; @stream is over */
char *merge_stream_take(struct merge_stream *stream);

#endif
