// SPDX-License-Identifier: GPL-2.0-only
/* Settings of /proc and /sys that a case changes, and what they were before. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/array.h"
#include "../../tools/lib/cause.h"
#include "knob_journal.h"

#define CHANGES_MAX	64

struct change {
	char path[104];
	char before[KNOB_VALUE];
	bool for_run;
};

static struct journal {
	unsigned int count;
	struct change changes[CHANGES_MAX];
} *journal;

/* Cases are forked from this process; what they leave is put back here, not when they exit. */
static pid_t owner;

static struct journal *open_journal(void)
{
	void *shared;

	if (journal)
		return journal;
	shared = mmap(NULL, sizeof(*journal), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	journal = shared == MAP_FAILED ? NULL : shared;
	return journal;
}

static int undo_change(const struct change *change)
{
	int error = knob_set(change->path, change->before);

	return error ? cause_say(error, "%s cannot be put back to %s: %s", change->path,
				 change->before, strerror(-error)) : 0;
}

static int undo_changes(unsigned int mark, bool for_run)
{
	unsigned int at, left = mark;
	int error = 0, failed;

	if (!journal)
		return 0;
	for (at = journal->count; at-- > mark;) {
		if (journal->changes[at].for_run && !for_run)
			continue;
		failed = undo_change(&journal->changes[at]);
		error = error ? error : failed;
	}
	for (at = mark; at < journal->count; at++) {
		if (journal->changes[at].for_run && !for_run)
			journal->changes[left++] = journal->changes[at];
	}
	journal->count = left;
	return error;
}

unsigned int knob_mark(void)
{
	return journal ? journal->count : 0;
}

int knob_restore(unsigned int mark)
{
	return undo_changes(mark, false);
}

/* The journal is written first: whoever kills the case between the two does no harm. */
static int change_setting(const char *path, const char *value, bool for_run)
{
	struct change change = { .for_run = for_run };
	int error;

	if (!open_journal())
		return -ENOMEM;
	if (journal->count == CHANGES_MAX || strlen(path) >= sizeof(change.path))
		return cause_say(-ENOSPC, "no space in the journal for %s. See CHANGES_MAX", path);
	strcpy(change.path, path);
	error = knob_value(path, change.before, sizeof(change.before));
	if (error)
		return error;
	journal->changes[journal->count++] = change;
	error = knob_set(path, value);
	if (error)
		journal->count--;
	return error;
}

int knob_change(const char *path, const char *value)
{
	return change_setting(path, value, false);
}

static int change_to_number(const char *path, long number, bool for_run)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", number);
	return change_setting(path, text, for_run);
}

int knob_change_number(const char *path, long number)
{
	return change_to_number(path, number, false);
}

int knob_change_for_run(const char *path, long number)
{
	return change_to_number(path, number, true);
}

static void close_journal(void)
{
	if (getpid() == owner)
		undo_changes(0, true);
}

/* The signal does what it did before, once the settings are back. */
static void close_journal_by(int number)
{
	close_journal();
	signal(number, SIG_DFL);
	raise(number);
}

size_t knob_journal_bytes(void)
{
	return sizeof(*journal);
}

void knob_journal_open(void *shared)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };

	if (!journal)
		journal = shared;
	owner = getpid();
	atexit(close_journal);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		signal(ends[i], close_journal_by);
}
