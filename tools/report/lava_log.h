/* SPDX-License-Identifier: GPL-2.0-only */
/* The log of a job of LAVA, or of a console: what the machine said, and the results that LAVA took down. */
#ifndef PINCHECK_REPORT_LAVA_LOG_H
#define PINCHECK_REPORT_LAVA_LOG_H

#include <stdbool.h>
#include <time.h>
#include <jansson.h>
#include "text.h"

/**
 * struct lava_log - of one job
 * @console: all that the machine said
 * @stream: of it the results, as KTAP; without the kernel's messages
 * @panic: the kernel's last words, "" if it had none
 * @rows: "name result" for each result of LAVA's, in their order; NULL: the log is not LAVA's
 * @began: time of the first line, 0 if the log has no times
 * @ended: time of the last line
 */
struct lava_log {
	struct text console;
	struct text stream;
	char *panic;
	json_t *rows;
	time_t began;
	time_t ended;
};

/** lava_log_read() - Return: 0, or -1 with errno */
int lava_log_read(struct lava_log *log, const char *path);
void lava_log_free(struct lava_log *log);

#endif
