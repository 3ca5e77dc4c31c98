// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by V4L2: video buffers in memory of the process (V4L2_MEMORY_USERPTR), which videobuf2 pins
 * from when they are prepared until they are given up (vb2_create_framevec()). The memory is two
 * buffers of the driver vivid: its output node reads one, and its capture node writes the other. So
 * each page has two pins. 5.10 does not say that they are for long; up to 6.1 both are for writing, by
 * force (FOLL_FORCE); newer kernels pin for reading what is only read.
 *
 * A frame is the whole memory, so a write is a frame that was read and has new bytes in one place.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "../../tools/lib/cause.h"
#include "hold.h"
#include "vivid.h"

/* Each loop has a device of its own. */
enum loop_number { READER, WRITER, LOOPS };

/**
 * struct v4l2_device - the frames of a hold
 * @frame: memory of the device's own, where a frame is that was read or will be written
 * @loop: READER goes from the memory to @frame, WRITER from @frame to the memory
 */
struct v4l2_device {
	char *frame;
	struct vivid_loop loop[LOOPS];
};

static struct vivid_memory memory_of_loop(const struct hold *hold, enum loop_number number)
{
	const struct v4l2_device *device = hold->device;
	char *memory = hold_start(hold);

	return (struct vivid_memory) {
		.from = number == READER ? memory : device->frame,
		.to = number == READER ? device->frame : memory,
		.spare = device->frame, .bytes = hold_bytes(hold),
	};
}

static int move_frame(struct hold *hold, enum loop_number number)
{
	const struct v4l2_device *device = hold->device;
	struct vivid_memory memory = memory_of_loop(hold, number);

	return vivid_loop_move(&device->loop[number], &memory);
}

static int open_loops(struct hold *hold)
{
	struct v4l2_device *device = hold->device;
	int error = 0;

	for (enum loop_number number = READER; number < LOOPS && !error; number++) {
		struct vivid_memory memory = memory_of_loop(hold, number);

		error = vivid_loop_open(&device->loop[number], number, &memory);
		if (error && number == WRITER)
			vivid_loop_close(&device->loop[READER]);
	}
	return error;
}

static int v4l2_take(struct hold *hold)
{
	struct v4l2_device *device = calloc(1, sizeof(*device));
	int error = -ENOMEM;

	if (!device)
		return error;
	hold->device = device;
	/* Memory that fork does not copy: the device, not a process, has the bytes. */
	device->frame = mmap(NULL, hold_bytes(hold), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (device->frame == MAP_FAILED)
		goto failed;
	error = open_loops(hold);
	if (error)
		goto failed_loops;
	hold->own_pins = LOOPS * (VIVID_SPARE_PINS + 1) * hold->pages;
	return 0;
failed_loops:
	munmap(device->frame, hold_bytes(hold));
failed:
	free(device);
	return error;
}

static int v4l2_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	const struct v4l2_device *device = hold->device;
	int error = move_frame(hold, READER);

	if (!error)
		memcpy(buffer, device->frame + offset, bytes);
	return error;
}

static int v4l2_device_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	const struct v4l2_device *device = hold->device;
	int error = move_frame(hold, READER);

	if (error)
		return error;
	memcpy(device->frame + offset, buffer, bytes);
	return move_frame(hold, WRITER);
}

static int v4l2_release(struct hold *hold)
{
	struct v4l2_device *device = hold->device;
	int error = vivid_loop_close(&device->loop[WRITER]);

	error = vivid_loop_close(&device->loop[READER]) ?: error;
	munmap(device->frame, hold_bytes(hold));
	free(device);
	return error;
}

static const struct hold_ops v4l2_ops = {
	.take = v4l2_take, .device_read = v4l2_device_read, .device_write = v4l2_device_write,
	.release = v4l2_release,
};

const struct hold_kind hold_v4l2 = {
	.name = "v4l2", .ops = &v4l2_ops, .needs = NEEDS_V4L2,
	.traits = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM | HOLD_DRIVER,
	.keeps_sync = ACROSS_PROTECTION | ACROSS_FORK, .pins = LOOPS,
};
