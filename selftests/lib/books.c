// SPDX-License-Identifier: GPL-2.0-only
/* What is out on loan. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include "../../tools/lib/pincheck.h"
#include "accounting.h"
#include "books.h"
#include "clock.h"

int books_read(struct books *books)
{
	struct pincheck_info info;
	int session, error;

	session = pincheck_open();
	if (session < 0)
		return session;
	error = pincheck_info(session, &info);
	close(session);
	books->sessions = info.sessions - 1;
	books->out = info.acquired - info.released;
	return error;
}

bool books_balance(const struct books *before, char *why, size_t size)
{
	struct books now;
	int error = books_read(&now);

	if (error)
		snprintf(why, size, "the counters cannot be read: error %d", error);
	else if (now.sessions != before->sessions)
		snprintf(why, size, "%" PRIu64 " sessions are open, %" PRIu64 " were before",
			 now.sessions, before->sessions);
	else if (now.out != before->out)
		snprintf(why, size, "module: %" PRId64 " references not given back",
			 (int64_t)(now.out - before->out));
	else
		return true;
	return false;
}

bool books_machine(char *why, size_t size)
{
	int64_t surplus = 0, end = moment_end();
	int error;

	do {
		error = pins_surplus(&surplus);
	} while (!error && surplus && moment_goes_on(end));
	if (error)
		snprintf(why, size, "the machine's pins cannot be read: error %d", error);
	else if (surplus)
		snprintf(why, size, "nr_foll_pin: %" PRId64 " pins not given back", surplus);
	return !error && !surplus;
}

void books_wait(const struct books *before)
{
	int64_t end = nanoseconds() + 1000000000, surplus;
	char why[120];

	while ((!books_balance(before, why, sizeof(why)) || pins_surplus(&surplus) || surplus) &&
	       moment_goes_on(end))
		;
}

long vm_pin_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[128];
	long kib = -ENOENT;

	if (!status)
		return -errno;
	while (kib < 0 && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmPin: %ld kB", &kib) != 1)
			kib = -ENOENT;
	fclose(status);
	return kib;
}
