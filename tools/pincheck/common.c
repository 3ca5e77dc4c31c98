// SPDX-License-Identifier: GPL-2.0-only
/* What subcommands have in common: numbers as arguments, and the device. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/cause.h"
#include "tools/lib/pincheck.h"
#include "tools/pincheck/pincheck.h"

unsigned long long parse_number(const struct argp_state *state, const char *what,
				const char *text)
{
	static const char units[] = "KMG";
	unsigned long long number;
	const char *unit = NULL;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (end != text && *end && !end[1])
		unit = strchr(units, *end);
	if (errno || end == text || *text == '-' || (*end && !unit) ||
	    (unit && number > ~0ULL >> (10 * (unit - units + 1))))
		argp_error(state, "%s: '%s' is no number. Write it as 4096, 4K or 0x1000", what,
			   text);
	return unit ? number << (10 * (unit - units + 1)) : number;
}

int open_session(void)
{
	int session = pincheck_open();

	if (session >= 0)
		return session;
	fprintf(stderr, "pincheck: cannot open %s: %s. %s\n", PINCHECK_DEVICE, strerror(-session),
		pincheck_open_hint(session));
	return -1;
}

void report_device_failure(const char *doing, int error)
{
	const char *cure = "See dmesg for what the module says";

	if (error == -EPERM || error == -EACCES)
		cure = NEEDS_ROOT;
	else if (error == -ENOTTY || error == -EINVAL || error == -E2BIG)
		cure = "The module is not of the version of this command: sudo rmmod pincheck, then load that "
		       "of this version (make load, or sudo modprobe pincheck)";
	fprintf(stderr, "pincheck: %s: %s. %s\n", doing, cause_of(error), cure);
}
