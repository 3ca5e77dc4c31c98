// SPDX-License-Identifier: GPL-2.0-only
/* What a topic needs of the machine: the table, for host and guest. */
#include <string.h>
#include "../lib/array.h"
#include "needs.h"

static const struct {
	const char *topic;
	unsigned int needs;
} topics[] = {
	{ "dax", NEED_PMEM },
	{ "devices", NEED_VIRTIO_MEM | NEED_PMEM | NEED_EDU },
	{ "hotplug", NEED_VIRTIO_MEM },
	{ "page_types", NEED_VIRTIO_MEM },
	{ "placement", NEED_MOVABLE },
	{ "whitelist_policy", NEED_FILE_SYSTEMS },
};

static const struct {
	enum need need;
	const char *name;
} names[] = {
	{ NEED_FILE_SYSTEMS, "file_systems" },
	{ NEED_MOVABLE, "movable" },
	{ NEED_VIRTIO_MEM, "virtio_mem" },
	{ NEED_PMEM, "pmem" },
	{ NEED_EDU, "edu" },
	{ NEED_SHARE, "share" },
};

const char *need_name(enum need need)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].need == need)
			return names[i].name;
	return "";
}

size_t needs_topics(void)
{
	return ARRAY_SIZE(topics);
}

const char *needs_topic(size_t row)
{
	return topics[row].topic;
}

unsigned int needs_of_topic(const char *topic)
{
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		if (!strcmp(topic, topics[i].topic))
			return topics[i].needs;
	return 0;
}

bool topic_may_be_chosen(const char *topic, const char *filter)
{
	size_t plain, length = strlen(topic);

	do {
		filter += strspn(filter, " ");
		plain = strcspn(filter, "*?[{! ");
		if (!strncmp(filter, topic, plain < length ? plain : length))
			return true;
		filter += strcspn(filter, " ");
	} while (*filter);
	return false;
}
