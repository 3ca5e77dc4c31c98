// SPDX-License-Identifier: GPL-2.0-only
/* Messages of the kernel that programs are known to cause. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../lib/array.h"
#include "results.h"
#include "splats.h"

#define TEXTS	"/kernel-tests.splats"

static char *texts[8];
static size_t text_count;
static int log_fd = -1;

static void read_texts(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];

	while (file && text_count < ARRAY_SIZE(texts) && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		texts[text_count] = strdup(line);
		text_count += !!texts[text_count];
	}
	if (file)
		fclose(file);
}

void splats_begin(const char *directory)
{
	char path[512];

	snprintf(path, sizeof(path), "%s" TEXTS, directory);
	read_texts(path);
	if (!text_count)
		return;
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log_fd >= 0)
		lseek(log_fd, 0, SEEK_END);
}

static bool is_splat(const char *message)
{
	for (size_t i = 0; i < text_count; i++)
		if (strstr(message, texts[i]))
			return true;
	return false;
}

void splats_judge(void)
{
	char record[2048], first[256] = "";
	ssize_t length;

	if (!text_count)
		return;
	if (log_fd < 0) {
		results_add(KTAP_SKIP, "", "splat", "needs the kernel's log (CONFIG_PRINTK)");
		return;
	}
	while ((length = read(log_fd, record, sizeof(record) - 1)) > 0 || (length < 0 && errno == EPIPE)) {
		char *message;

		record[length > 0 ? length : 0] = '\0';
		message = strchr(record, ';');
		if (!message || !is_splat(message) || *first)
			continue;
		snprintf(first, sizeof(first), "%.*s", (int)strcspn(message + 1, "\n"), message + 1);
	}
	close(log_fd);
	results_add(*first ? KTAP_FAIL : KTAP_PASS, "", "splat", first);
}
