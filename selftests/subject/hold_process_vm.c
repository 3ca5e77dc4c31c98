// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by process_vm_readv() and process_vm_writev(): another process copies the memory, and stands in
 * the middle, with all pages pinned (pin_user_pages_remote()), by FOLL_WRITE for a write. The copy goes on
 * as far as the device wants. A read passes each page once, so there are several; a write is of one area.
 */
#include <errno.h>
#include <stdlib.h>
#include "../../tools/lib/cause.h"
#include "hold.h"
#include "stalled_copy.h"

#define READS	3	/* of all the memory */
#define WRITES	3	/* of each sample */

/**
 * struct process_vm_device - the calls: first the writes, which need a page of the process' own, then the reads
 * @writes: their number
 * @sample: of each write
 */
struct process_vm_device {
	struct stalled_copies copies;
	size_t writes;
	size_t sample[STALLED_COPIES];
};

static void add_copy(struct stalled_copies *copies, bool write, char *start, size_t bytes)
{
	copies->copy[copies->count++] = (struct stalled_copy) {
		.write = write, .start = start, .bytes = bytes,
	};
}

static void plan_copies(struct hold *hold)
{
	const struct memory *memory = hold->memory;
	struct process_vm_device *device = hold->device;
	struct stalled_copies *copies = &device->copies;

	for (size_t round = 0; round < WRITES; round++) {
		for (size_t i = 0; i < memory->samples; i++) {
			if (!hold_includes(hold, memory->sample[i]))
				continue;
			device->sample[copies->count] = i;
			add_copy(copies, true, memory->start + area_offset(memory, DEVICE_AREA, i),
				 AREA_BYTES);
			hold->more[i]++;
		}
	}
	device->writes = copies->count;
	for (size_t i = 0; i < READS; i++)
		add_copy(copies, false, hold_start(hold), hold_bytes(hold));
}

static int process_vm_take(struct hold *hold)
{
	struct process_vm_device *device = calloc(1, sizeof(*device));
	int shown, error = device ? hold_hide_memory(hold, true) : -ENOMEM;

	if (error) {
		free(device);
		return error;
	}
	hold->device = device;
	plan_copies(hold);
	error = stalled_copies_start(&device->copies);
	shown = hold_hide_memory(hold, false);
	if (shown && !error) {
		error = shown;
		stalled_copies_end(&device->copies);
	}
	if (error)
		free(device);
	return error;
}

static int process_vm_release(struct hold *hold)
{
	struct process_vm_device *device = hold->device;

	stalled_copies_end(&device->copies);
	free(device);
	return 0;
}

static int process_vm_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	struct process_vm_device *device = hold->device;
	int error = -ENOBUFS;

	for (size_t i = 0; i < READS && error == -ENOBUFS; i++)
		error = stalled_copy_read(&device->copies, device->writes + i, offset, buffer, bytes);
	return error == -ENOBUFS ? cause_say(error, "the hold reads each page %d times", READS) : error;
}

static int process_vm_device_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	struct process_vm_device *device = hold->device;
	const struct memory *memory = hold->memory;
	int error = -ENOBUFS;

	for (size_t i = 0; i < device->writes && error == -ENOBUFS; i++) {
		if (area_offset(memory, DEVICE_AREA, device->sample[i]) ==
		    hold->first * PAGE_BYTES + offset)
			error = stalled_copy_write(&device->copies, i, buffer, bytes);
	}
	return error == -ENOBUFS ? cause_say(error, "the hold writes to each area %d times", WRITES) : error;
}

static const struct hold_ops process_vm_ops = {
	.take = process_vm_take, .device_read = process_vm_device_read,
	.device_write = process_vm_device_write, .release = process_vm_release,
};

const struct hold_kind hold_process_vm = {
	.name = "process_vm", .ops = &process_vm_ops, .needs = NEEDS_STALLED_COPY | NEEDS_THREADS,
	.traits = HOLD_PIN | HOLD_WRITE | HOLD_DRIVER | HOLD_IN_FLIGHT,
	.keeps_sync = ACROSS_PROTECTION | ACROSS_FORK, .pins = READS,
};
