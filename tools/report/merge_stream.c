// SPDX-License-Identifier: GPL-2.0-only
/* Streams of several boots, shards or machines become one. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "merge_stream.h"
#include "../vm/protocol.h"

/* The runner's own results and parts of the kernel log, which every boot has. */
static const char *const own_names[] = { "boot", "insmod", "rmmod", "clean" };

/**
 * struct part - one stream on its way in
 * @block: lines since the last top-level result
 * @topic: begun, and without its result; to be freed
 */
struct part {
	struct merge_stream *stream;
	struct text block;
	char *topic;
};

void merge_stream_init(struct merge_stream *stream, bool whole)
{
	*stream = (struct merge_stream) { .numbers = json_object(), .whole = whole };
}

/* Is @name, of @length, "boot" or "boot_7"? Return: the length without the number, 0 if it is neither */
static size_t own_name_length(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_names); i++) {
		size_t own = strlen(own_names[i]), at = own;

		if (length < own || strncmp(name, own_names[i], own))
			continue;
		if (at < length && name[at] == '_')
			for (at++; at < length && isdigit((unsigned char)name[at]);)
				at++;
		if (at == length)
			return own;
	}
	return 0;
}

/* The name of @length that a result or a part of the log has in the one stream. Return: to be freed */
static char *name_in_part(const struct part *part, const char *name, size_t length)
{
	size_t own = own_name_length(name, length);

	if (!own || part->stream->parts < 2)
		return format_of("%.*s", (int)length, name);
	return format_of("%.*s_%u", (int)own, name, part->stream->parts);
}

/* Behind "ok 12 " or "not ok 12 ". Return: NULL if the line is no result */
static const char *result_name(const char *line, bool *ok)
{
	*ok = strncmp(line, "not ", 4);
	line += *ok ? 0 : 4;
	if (strncmp(line, "ok ", 3) || !isdigit((unsigned char)line[3]))
		return NULL;
	line += 3;
	line += strspn(line, "0123456789");
	return line + strspn(line, " ");
}

/* The number of a top-level result is written when all are there. */
static void end_block(struct part *part, bool ok, const char *name, size_t length, const char *rest)
{
	struct merge_stream *stream = part->stream;
	char *today = name_in_part(part, name, length);
	json_t *number = json_object_get(stream->numbers, today);
	char *lines = text_take(&part->block);
	char *block = format_of("%s%sok %s%s%s\n", lines, ok ? "" : "not ", "\001", today, rest);

	if (number) {
		free(stream->blocks[json_integer_value(number)]);
		stream->blocks[json_integer_value(number)] = block;
		stream->planned--;
	} else {
		stream->blocks = grow(stream->blocks, stream->count, &stream->size,
				      sizeof(*stream->blocks));
		json_object_set_new(stream->numbers, today, json_integer((json_int_t)stream->count));
		stream->blocks[stream->count++] = block;
	}
	free(today);
	free(lines);
	free(part->topic);
	part->topic = NULL;
}

static void add_result(struct part *part, bool ok, const char *name)
{
	size_t length = strcspn(name, " ");

	if (part->stream->whole && strstr(name, " # SKIP " REASON_FILTER)) {
		part->stream->planned--;
		free(text_take(&part->block));
		return;
	}
	end_block(part, ok, name, length, name + length);
}

/* "  ok 5 splat.boot": of a part of the log */
static void add_subresult(struct part *part, const char *line, const char *name)
{
	size_t prefix = strlen(SPLAT_PREFIX), length = strcspn(name, " ");
	char *today;

	if (strncmp(name, SPLAT_PREFIX, prefix)) {
		text_printf(&part->block, "%s\n", line);
		return;
	}
	today = name_in_part(part, name + prefix, length - prefix);
	text_printf(&part->block, "%.*s" SPLAT_PREFIX "%s%s\n", (int)(name - line), line, today,
		    name + length);
	free(today);
}

/* "# pincheck-vm splat: boot: BUG: ..." */
static void add_splat(struct part *part, const char *line, const char *scope)
{
	size_t length = strcspn(scope, ":");
	char *today = name_in_part(part, scope, length);

	text_printf(&part->block, "%.*s%s%s\n", (int)(scope - line), line, today, scope + length);
	free(today);
}

static void add_line(struct part *part, const char *line)
{
	static const char topic[] = "# " MARK_TOPIC, splat[] = "# " MARK_SPLAT;
	size_t indent = strspn(line, " ");
	bool ok;
	const char *name = result_name(line + indent, &ok);
	long count;

	if (!indent && name) {
		add_result(part, ok, name);
	} else if (name) {
		add_subresult(part, line, name);
	} else if (!indent && sscanf(line, "1..%ld", &count) == 1) {
		part->stream->planned += count;
	} else if (!strncmp(line, splat, strlen(splat))) {
		add_splat(part, line, line + strlen(splat));
	} else if (*line && strcmp(line, "KTAP version 1")) {
		if (!strncmp(line, topic, strlen(topic))) {
			free(part->topic);
			part->topic = copy_of(line + strlen(topic));
		}
		text_printf(&part->block, "%s\n", line);
	}
}

void merge_stream_add(struct merge_stream *stream, const char *text, const char *cause)
{
	char *copy = copy_of(text), *rest = copy, *line;
	struct part part = { .stream = stream };

	stream->parts++;
	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		add_line(&part, line);
	}
	if (part.topic) {
		char *reason = format_of(" # ERROR %s", cause);

		end_block(&part, false, part.topic, strlen(part.topic), reason);
		free(reason);
	}
	/* What stands behind the last result of a stream: its end marker */
	if (part.block.length && stream->count) {
		char *last = format_of("%s%s", stream->blocks[stream->count - 1], part.block.bytes);

		free(stream->blocks[stream->count - 1]);
		stream->blocks[stream->count - 1] = last;
	}
	free(part.block.bytes);
	free(copy);
}

char *merge_stream_take(struct merge_stream *stream)
{
	struct text text = { 0 };

	text_printf(&text, "KTAP version 1\n1..%ld\n", stream->planned);
	for (size_t i = 0; i < stream->count; i++) {
		char *mark = strchr(stream->blocks[i], '\001');

		text_printf(&text, "%.*s%zu %s", (int)(mark - stream->blocks[i]), stream->blocks[i], i + 1,
			    mark + 1);
		free(stream->blocks[i]);
	}
	free(stream->blocks);
	json_decref(stream->numbers);
	return text_take(&text);
}
