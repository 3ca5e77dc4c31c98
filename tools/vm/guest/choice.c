// SPDX-License-Identifier: GPL-2.0-only
/* The topics of an image that belong to this boot, and to this shard of it. */
#include <stdio.h>
#include <string.h>
#include "../protocol.h"
#include "guest.h"

/* Top-level results beside those of the topics */
enum { RESULT_BOOT = 1, RESULT_CLEAN = 1 };

/* Topics that need a boot of their own have a line "TOPIC NUMBER". */
static long boot_of_topic(const char *topic)
{
	FILE *boots = fopen(GUEST_BOOTS, "re");
	char name[64];
	long number = 1, found;

	while (boots && fscanf(boots, "%63s %ld", name, &found) == 2)
		if (!strcmp(name, topic))
			number = found;
	if (boots)
		fclose(boots);
	return number;
}

static bool is_of_boot(const struct config *config, const char *topic, unsigned int number)
{
	(void)number;
	return boot_of_topic(topic) == config->guest;
}

/* One after the other: neighbours in the alphabet often take the same time. */
static bool is_of_shard(const struct config *config, const char *topic, unsigned int number)
{
	(void)topic;
	return number % config->shards == config->shard - 1;
}

void choose_topics(struct config *config)
{
	if (config->plan)
		return;
	topics_keep(is_of_boot, config);
	if (config->shards > 1)
		topics_keep(is_of_shard, config);
	config->plan = RESULT_BOOT + !!*config->module + topics_count() + RESULT_CLEAN;
}
