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
