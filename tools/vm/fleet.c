// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guests of a run, several at a time. An emulated guest keeps one processor of the host busy for
 * most of the time, whatever processors it has: where two guests can run, a run takes half the time.
 */
#include <stdlib.h>
#include "boot.h"
#include "devices.h"
#include "fleet.h"
#include "guests.h"
#include "logs.h"
#include "options.h"
#include "progress.h"
#include "record.h"
#include "resources.h"
#include "util.h"

static long memory_of_guest(const struct fleet *fleet, size_t number)
{
	const struct options own = guest_options(&fleet->run->guests->guests[number], fleet->run->options);

	return devices_memory_mib(&own);
}

static bool boot_began(const struct boot *boot)
{
	return boot->tries;
}

/* Guests that are up; @machines has room for all. */
static size_t machines_up(const struct fleet *fleet, struct machine **machines, long *memory_mib)
{
	size_t count = 0;

	*memory_mib = 0;
	for (size_t i = 0; i < fleet->run->guests->count; i++) {
		if (!boot_began(&fleet->boots[i]) || fleet->boots[i].over)
			continue;
		machines[count++] = &fleet->boots[i].machine;
		*memory_mib += memory_of_guest(fleet, i);
	}
	return count;
}

static bool may_start(const struct fleet *fleet, size_t number, size_t up, long memory_mib)
{
	return number < fleet->end && !boot_began(&fleet->boots[number]) &&
	       (!up || memory_mib + memory_of_guest(fleet, number) <= fleet->memory_mib);
}

/*
 * The guest that starts next, or fleet->end. The first one is heard first. Those that have a machine of
 * their own wait for devices, and have few topics: while they run the others use the processors, and the
 * parts of the common topics end at about the same time.
 */
static size_t next_to_start(const struct fleet *fleet, size_t up, long memory_mib)
{
	const struct guest *guests = fleet->run->guests->guests;

	if (up && (long)up >= fleet->run->options->guests)
		return fleet->end;
	for (size_t i = 0; i < fleet->end; i++)
		if ((!i || guests[i].own) && may_start(fleet, i, up, memory_mib))
			return i;
	for (size_t i = 0; i < fleet->end; i++)
		if (may_start(fleet, i, up, memory_mib))
			return i;
	return fleet->end;
}

static int start_guest(struct fleet *fleet, size_t number, size_t up)
{
	struct guest *guest = &fleet->run->guests->guests[number];
	struct boot *boot = &fleet->boots[number];

	boot_say(fleet->run, guest, up, fleet->progress);
	if (boot_prepare(fleet->run, boot, guest))
		return -1;
	if (!up)
		progress_phase(fleet->progress, "booting");
	boot_begin(fleet->run, boot, NULL);
	return 0;
}

/* Start what may start. Return: the number of guests that are up, or -1, having complained */
static int start_guests(struct fleet *fleet, struct machine **machines)
{
	long memory_mib;
	size_t up = machines_up(fleet, machines, &memory_mib);
	size_t next;

	while ((next = next_to_start(fleet, up, memory_mib)) < fleet->end) {
		if (start_guest(fleet, next, up))
			return -1;
		up = machines_up(fleet, machines, &memory_mib);
	}
	return (int)up;
}

/* What a guest's console has and its init could not report */
static void note_splat_of_console(struct suite *suite, const struct boot *boot)
{
	if (*boot->machine.console.splat && !suite->splat)
		suite_note_splat(suite, boot->machine.console.splat);
}

/* Hear the guest whose turn it is, and those behind it that are over. Return: false after the last one */
static bool hear_guests(struct fleet *fleet, struct logs *logs)
{
	for (;;) {
		struct boot *boot = &fleet->boots[fleet->turn];

		if (!boot_began(boot))
			return true;
		logs_hear(logs, boot);
		if (!boot->over)
			return true;
		if (!boot_came_to_its_end(boot))
			return false;
		note_splat_of_console(logs->suite, boot);
		if (fleet->turn + 1 == fleet->run->guests->count)
			return false;
		fleet->turn++;
		logs_next_guest(logs);
	}
}

/* Behind a guest that panicked or hung, no other one starts. Those before it do: they are heard. */
static void look_at_guests(struct fleet *fleet, struct logs *logs)
{
	for (size_t i = 0; i < fleet->run->guests->count; i++) {
		struct boot *boot = &fleet->boots[i];

		if (!boot_began(boot))
			continue;
		boot_look(fleet->run, boot, logs, fleet->progress);
		if (boot->over && !boot_came_to_its_end(boot) && i < fleet->end)
			fleet->end = i;
	}
}

static int run_all(struct fleet *fleet, struct logs *logs)
{
	struct machine *machines[fleet->run->guests->count];
	int up;

	do {
		up = start_guests(fleet, machines);
		if (up < 0)
			return -1;
		machines_wait(machines, (size_t)up);
		look_at_guests(fleet, logs);
	} while (hear_guests(fleet, logs));
	progress_end(fleet->progress);
	return 0;
}

int fleet_run(struct fleet *fleet, struct run *run, struct suite *suite, struct progress *progress)
{
	struct logs logs;
	int error;

	*fleet = (struct fleet){
		.run = run, .progress = progress,
		.boots = calloc(run->guests->count, sizeof(*fleet->boots)),
		.memory_mib = resources_memory_mib(), .end = run->guests->count,
	};
	if (!fleet->boots || suite_init(suite, &progress_ops, progress)) {
		complain("out of memory");
		return -1;
	}
	if (logs_open(&logs, run->options, suite))
		return -1;
	error = run_all(fleet, &logs);
	logs_close(&logs);
	suite_finish(suite);
	return error;
}

const struct machine *fleet_last_machine(const struct fleet *fleet)
{
	return &fleet->boots[fleet->turn].machine;
}

void fleet_free(struct fleet *fleet)
{
	for (size_t i = 0; fleet->boots && i < fleet->run->guests->count; i++)
		boot_free(&fleet->boots[i]);
	free(fleet->boots);
}
