// SPDX-License-Identifier: GPL-2.0-only
/* A line on the terminal that shows how far the command is, after the first second. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "tools/pincheck/progress.h"

#define SILENT_SECONDS	1.0
#define BETWEEN_SECONDS	0.1
#define BAR		30

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

void progress_begin(struct progress *progress)
{
	*progress = (struct progress) {
		.began = seconds_now(), .terminal = isatty(STDERR_FILENO),
	};
}

void progress_show(struct progress *progress, const char *what, double done, double all)
{
	double now = progress->terminal ? seconds_now() : 0, part = all > 0 ? done / all : 1;
	char bar[BAR + 1];

	if (!progress->terminal || now - progress->began < SILENT_SECONDS ||
	    now - progress->last < BETWEEN_SECONDS)
		return;
	progress->last = now;
	for (int i = 0; i < BAR; i++)
		bar[i] = i < part * BAR ? '#' : '.';
	bar[BAR] = '\0';
	fprintf(stderr, "\r%s [%s] %3.0f %% \033[K", what, bar, part * 100);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->last > 0)
		fputs("\r\033[K", stderr);
	progress->last = 0;
}
