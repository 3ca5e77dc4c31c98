// SPDX-License-Identifier: GPL-2.0-only
/* Allocations and copies that fail on demand (fault injection). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../tools/lib/array.h"
#include "faults.h"
#include "knob_journal.h"

#define DEBUGFS		"/sys/kernel/debug"
#define NTH		"/proc/thread-self/fail-nth"
#define TRIES		16

static const char *const kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };

static unsigned int mark;

static int set_fault_knob(const char *kind, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", kind, name);
	return knob_change(path, value);
}

bool faults_possible(void)
{
	return !access(DEBUGFS "/failslab/probability", W_OK) && !access(NTH, W_OK);
}

void faults_begin(unsigned int percent)
{
	char number[16];

	mark = knob_mark();
	snprintf(number, sizeof(number), "%u", percent);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		set_fault_knob(kinds[i], "task-filter", "Y");
		set_fault_knob(kinds[i], "ignore-gfp-wait", "N");
		set_fault_knob(kinds[i], "verbose", "0");
		set_fault_knob(kinds[i], "interval", "1");
		/* Without a limit. Older kernels accept no negative number. */
		if (set_fault_knob(kinds[i], "times", "-1"))
			set_fault_knob(kinds[i], "times", "2147483647");
		set_fault_knob(kinds[i], "probability", number);
	}
}

void faults_end(void)
{
	knob_restore(mark);
}

int faults_mine(void)
{
	return knob_set("/proc/self/make-it-fail", "1");
}

int faults_arm(unsigned int nth)
{
	return knob_set_number(NTH, nth);
}

bool faults_struck(void)
{
	int file = open(NTH, O_RDONLY | O_CLOEXEC);
	char left[16] = "";
	bool struck;

	/* Opening, reading or clearing the file may trigger the fault: then the call did not. */
	struck = file >= 0 && read(file, left, sizeof(left) - 1) > 0 && atoi(left) == 0;
	if (file >= 0)
		close(file);
	for (int tries = 0; tries < TRIES && faults_arm(0); tries++)
		;
	return struck;
}
