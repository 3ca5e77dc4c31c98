// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own threads that move pages. */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include "../../tools/lib/knob.h"
#include "quiet.h"

static struct {
	const char *path;
	long before;
} settings[] = {
	/* kcompactd, without anybody asking for a large folio (Linux 5.9) */
	{ "/proc/sys/vm/compaction_proactiveness", -1 },
	/* NUMA balancing: takes permissions away, to see who uses a page from where, and moves it */
	{ "/proc/sys/kernel/numa_balancing", -1 },
};

#define SETTINGS	(sizeof(settings) / sizeof(*settings))

/* The cases are forked from this process, and are not to put anything back. */
static pid_t owner;

static void quiet_end(void)
{
	if (getpid() != owner)
		return;
	for (size_t i = 0; i < SETTINGS; i++) {
		if (settings[i].before > 0)
			knob_set_number(settings[i].path, settings[i].before);
	}
	owner = 0;
}

/* The signal does what it did before, once the settings are back. */
static void quiet_end_by(int number)
{
	quiet_end();
	signal(number, SIG_DFL);
	raise(number);
}

void quiet_begin(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };

	owner = getpid();
	for (size_t i = 0; i < SETTINGS; i++) {
		settings[i].before = knob_number(settings[i].path);
		if (settings[i].before > 0 && knob_set_number(settings[i].path, 0))
			settings[i].before = -1;
	}
	atexit(quiet_end);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		signal(ends[i], quiet_end_by);
}
