// SPDX-License-Identifier: GPL-2.0-only
/* What a person sees while the guest runs. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "progress.h"
#include "util.h"

/* The updating line of a terminal is written no more often than the eye can follow. */
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
	fflush(progress->out);
}

void progress_say(struct progress *progress, const char *format, ...)
{
	va_list arguments;

	progress_end(progress);
	va_start(arguments, format);
	vfprintf(progress->out, format, arguments);
	va_end(arguments);
	fputc('\n', progress->out);
	fflush(progress->out);
}

static void __attribute__((format(printf, 2, 3)))
update_line(struct progress *progress, const char *format, ...)
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
		update_line(progress, "%s", what);
}

static void show_topic(void *context, const char *name)
{
	progress_phase(context, name);
}

static unsigned int cases_of(const struct topic *topic)
{
	unsigned int cases = 0;

	for (int i = 0; i < KTAP_OUTCOMES; i++)
		cases += topic->outcomes[i];
	return cases;
}

static void say_topic_ended(void *context, const struct topic *topic, const struct ktap_test *test)
{
	const unsigned int *outcomes = topic->outcomes;
	const char *colon = "";

	if (topic->filtered)
		return;
	if (test->reason[0])
		colon = ": ";
	progress_say(context, "%-4s %-16s %4u cases: %u passed, %u failed, %u skipped (%.1f s)%s%s",
		     ktap_is_failure(test->outcome) ? "FAIL" :
		     test->outcome == KTAP_SKIP ? "skip" : "ok",
		     topic->name, cases_of(topic), outcomes[KTAP_PASS] + outcomes[KTAP_XFAIL],
		     ktap_failures(outcomes), outcomes[KTAP_SKIP], topic->ended - topic->began,
		     colon, test->reason);
}

static void show_case(void *context, const struct suite *suite, const struct topic *topic,
		      long number)
{
	struct progress *progress = context;

	if (!progress->live || !topic || seconds_now() - progress->shown < REFRESH_SECONDS)
		return;
	update_line(progress, "%u passed, %u failed, %u skipped  %s %ld/%ld", suite_passed(suite),
		    suite_failed(suite), suite->totals[KTAP_SKIP], topic->name, number,
		    topic->planned);
}

static void say_splat(void *context, const char *message)
{
	progress_say(context, "SPLAT in %s", message);
}

const struct suite_ops progress_ops = {
	.topic_begins = show_topic,
	.topic_ended = say_topic_ended,
	.case_ended = show_case,
	.splat = say_splat,
};
