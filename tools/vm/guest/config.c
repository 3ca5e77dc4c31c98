// SPDX-License-Identifier: GPL-2.0-only
/* Read the configuration that the host packed into the initramfs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../protocol.h"
#include "guest.h"

static const struct {
	const char *key;
	size_t offset;
	enum { FLAG, NUMBER, TEXT } type;
} keys[] = {
	{ KEY_PROBE, offsetof(struct config, probe), FLAG },
	{ KEY_SHELL, offsetof(struct config, shell), FLAG },
	{ KEY_SHARE, offsetof(struct config, share), FLAG },
	{ KEY_SLOW, offsetof(struct config, slow), FLAG },
	{ KEY_FILTER, offsetof(struct config, filter), TEXT },
	{ KEY_MODULE, offsetof(struct config, module), TEXT },
	{ KEY_WITHOUT_MODULE, offsetof(struct config, without_module), FLAG },
	{ KEY_TOPIC_SECONDS, offsetof(struct config, topic_seconds), NUMBER },
	{ KEY_SWAP_MIB, offsetof(struct config, swap_mib), NUMBER },
	{ KEY_HUGEPAGES, offsetof(struct config, hugepages), NUMBER },
	{ KEY_GUEST, offsetof(struct config, guest), NUMBER },
	{ KEY_GUEST_TITLE, offsetof(struct config, guest_title), TEXT },
	{ KEY_PLAN, offsetof(struct config, plan), NUMBER },
	{ KEY_RESULTS_BEFORE, offsetof(struct config, results_before), NUMBER },
};

static void set_key(struct config *config, const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		void *field = (char *)config + keys[i].offset;

		if (strcmp(key, keys[i].key))
			continue;
		if (keys[i].type == FLAG)
			*(bool *)field = atoi(value);
		else if (keys[i].type == NUMBER)
			*(long *)field = atol(value);
		else
			snprintf(field, sizeof(config->filter), "%s", value);
	}
}

static long environment_number(const char *name, long otherwise)
{
	const char *value = getenv(name);
	long number = value ? atol(value) : 0;

	return number > 0 ? number : otherwise;
}

static void environment_text(const char *name, char *into)
{
	const char *value = getenv(name);

	if (value)
		snprintf(into, sizeof(((struct config *)0)->filter), "%s", value);
}

static bool environment_says_yes(const char *name)
{
	const char *value = getenv(name);

	return value && !strcmp(value, "yes");
}

void config_environment(struct config *config)
{
	environment_text(ENV_FILTER, config->filter);
	environment_text(ENV_RESULTS, config->results);
	/* A glob that matches everything is no filter: then a topic without tests is an error. */
	if (!strcmp(config->filter, "*"))
		*config->filter = '\0';
	config->terse = environment_says_yes(ENV_TERSE);
	if (environment_says_yes(ENV_SLOW) && !config->slow) {
		config->slow = true;
		config->topic_seconds *= SLOWDOWN;
	}
	config->guest = environment_number(ENV_BOOT, config->guest);
	config->shards = environment_number(ENV_SHARDS, 1);
	config->shard = environment_number(ENV_SHARD, 1);
}

_Static_assert(sizeof(((struct config *)0)->filter) == sizeof(((struct config *)0)->module),
	       "text fields share one size");

void config_read(struct config *config)
{
	FILE *file = fopen(GUEST_CONFIG, "re");
	char line[FILTER_MAX + 64];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		char *value = strchr(line, '=');

		if (!value)
			continue;
		line[strcspn(line, "\n")] = '\0';
		*value++ = '\0';
		set_key(config, line, value);
	}
	fclose(file);
}
