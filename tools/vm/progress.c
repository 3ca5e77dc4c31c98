// SPDX-License-Identifier: GPL-2.0-only
/* What a person sees while the guest runs. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "progress.h"
#include "suite.h"
#include "util.h"

/* A terminal need not be told more often than the eye can follow. */
#define REFRESH_SECONDS	0.1

void progress_init(struct progress *progress)
{
	*progress = (struct progress){
		.out = stdout, .live = isatty(STDOUT_FILENO), .start = seconds_now(),
	};
}

void progress_init_beside(struct progress *progress)
{
	*progress = (struct progress){ .out = stderr, .start = seconds_now() };
}

void progress_end(struct progress *progress)
{
	if (progress->line_open)
		fputs("\r\033[K", progress->out);
	progress->line_open = false;
	if (progress->out)
		fflush(progress->out);
}

void progress_say(struct progress *progress, const char *format, ...)
{
	va_list arguments;

	if (!progress->out)
		return;
	progress_end(progress);
	va_start(arguments, format);
	vfprintf(progress->out, format, arguments);
	va_end(arguments);
	fputc('\n', progress->out);
	fflush(progress->out);
}

static void __attribute__((format(printf, 2, 3)))
update(struct progress *progress, const char *format, ...)
{
	va_list arguments;

	fprintf(progress->out, "\r\033[K%5.1f s  ", seconds_now() - progress->start);
	va_start(arguments, format);
	vfprintf(progress->out, format, arguments);
	va_end(arguments);
	fflush(progress->out);
	progress->line_open = true;
	progress->shown = seconds_now();
}

void progress_phase(struct progress *progress, const char *what)
{
	if (progress->live)
		update(progress, "%s", what);
}

void progress_topic_begins(struct progress *progress, const char *name)
{
	if (progress->live)
		update(progress, "%s", name);
}

static unsigned int sum(const unsigned int outcomes[KTAP_OUTCOMES], bool failures)
{
	unsigned int count = 0;

	for (int i = 0; i < KTAP_OUTCOMES; i++)
		if (!failures || ktap_is_failure((enum ktap_outcome)i))
			count += outcomes[i];
	return count;
}

void progress_topic_ended(struct progress *progress, const struct topic *topic,
			  const struct ktap_test *test)
{
	const unsigned int *outcomes = topic->outcomes;

	if (topic->filtered)
		return;
	progress_say(progress, "%-4s %-16s %4u cases: %u passed, %u failed, %u skipped (%.1f s)%s%s",
		     ktap_is_failure(test->outcome) ? "FAIL" :
		     test->outcome == KTAP_SKIP ? "skip" : "ok",
		     topic->name, sum(outcomes, false), outcomes[KTAP_PASS] + outcomes[KTAP_XFAIL],
		     sum(outcomes, true), outcomes[KTAP_SKIP], topic->ended - topic->began,
		     *test->reason ? ": " : "", test->reason);
}

void progress_case(struct progress *progress, const struct suite *suite,
		   const struct topic *topic, const struct ktap_test *test)
{
	if (!progress->live || !topic || seconds_now() - progress->shown < REFRESH_SECONDS)
		return;
	update(progress, "%u passed, %u failed, %u skipped  %s %ld/%ld", suite_passed(suite),
	       suite_failed(suite), suite->totals[KTAP_SKIP], topic->name, test->number,
	       topic->planned);
}

void progress_splat(struct progress *progress, const char *message)
{
	progress_say(progress, "SPLAT in %s", message);
}
