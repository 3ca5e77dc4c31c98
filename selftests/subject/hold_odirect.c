// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by O_DIRECT in flight: a read of a file into the memory, which is answered never. Reads into
 * parts of it and writes from them are sent at the same time, so that the device has some transfers with
 * the very pages that were mapped then: an answer to a read writes to the memory, and a write that the
 * server takes shows its bytes.
 *
 * FUSE calls iov_iter_extract_pages() for all of them, one pin a page, and before Linux 6.9 (738adade96b2)
 * iov_iter_get_pages(), one plain reference a page.
 *
 * odirect_disk sends them to a block device, a loop device over such a file: there the block layer gets the pages,
 * before Linux 6.5 (a7e689dd1c06) by plain references. Such a FUSE adds its own to each page that comes to it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/aio_abi.h>
#include "../../tools/lib/cause.h"
#include "hold.h"
#include "late_disk.h"
#include "late_file.h"
#include "pin_accounting.h"

/* Each is one more reference. */
#define TRANSFERS	4	/* in each direction, for each sample */

/* In the file: transfers to and from the memory, by their offset in the hold. */
#define TO_MEMORY	(LATE_FILE_BYTES / 4)
#define FROM_MEMORY	(LATE_FILE_BYTES / 2)

#define REQUEST_BYTES	(1UL << 20)	/* most of a FUSE request */

/**
 * struct odirect_device - the file, and by what the requests were sent
 * @disk: that brings them to the file, or -1
 * @unit: of places and sizes: a byte, or a sector of @disk
 * @reads: that the server must keep
 */
struct odirect_device {
	struct late_file late;
	int disk;
	size_t unit;
	aio_context_t context;
	size_t reads;
};

/* The transfer of @bytes bytes at @offset, in whole units. Return: its size; *@offset becomes its place */
static size_t transfer_of(const struct odirect_device *device, size_t *offset, size_t bytes)
{
	size_t end = *offset + bytes, unit = device->unit;

	*offset = *offset / unit * unit;
	return (end - *offset + unit - 1) / unit * unit;
}

/* Nobody has answered yet: only a request that the kernel refused is over. */
static int refusal_of_transfer(const struct odirect_device *device)
{
	struct timespec at_once = { 0 };
	struct io_event event;

	if (syscall(SYS_io_getevents, device->context, 0, 1, &event, &at_once) != 1)
		return 0;
	return event.res < 0 ? event.res : cause_say(-EBADMSG, "a request ended before its answer");
}

static int send_transfer(struct odirect_device *device, int opcode, void *memory, size_t bytes,
			 uint64_t offset)
{
	struct iocb request = {
		.aio_fildes = device->disk < 0 ? device->late.file : device->disk, .aio_lio_opcode = opcode,
		.aio_buf = (uintptr_t)memory, .aio_nbytes = bytes, .aio_offset = offset,
	}, *requests = &request;

	if (syscall(SYS_io_submit, device->context, 1, &requests) != 1)
		return -errno;
	if (opcode == IOCB_CMD_PREAD)
		device->reads += (bytes + REQUEST_BYTES - 1) / REQUEST_BYTES;
	return refusal_of_transfer(device);
}

/* In each round one transfer for each sample: @area and what follows. */
static int send_transfers(struct hold *hold, int opcode, enum area area, size_t bytes, uint64_t base)
{
	const struct memory *memory = hold->memory;
	struct odirect_device *device = hold->device;
	int error = 0;

	for (size_t round = 0; round < TRANSFERS; round++) {
		for (size_t i = 0; i < memory->samples && !error; i++) {
			size_t offset = area_offset(memory, area, i);
			size_t whole = transfer_of(device, &offset, bytes);

			if (!hold_includes(hold, memory->sample[i]))
				continue;
			error = send_transfer(device, opcode, memory->start + offset, whole,
					      base + offset - hold->first * PAGE_BYTES);
			hold->more[i]++;
		}
	}
	return error;
}

static int send_requests(struct hold *hold)
{
	struct odirect_device *device = hold->device;
	int error = send_transfer(device, IOCB_CMD_PREAD, hold_start(hold), hold_bytes(hold), 0);

	if (!error)
		error = send_transfers(hold, IOCB_CMD_PREAD, DEVICE_AREA, AREA_BYTES, TO_MEMORY);
	if (!error)
		error = late_file_keep_reads(&device->late, device->reads);
	if (!error)
		error = send_transfers(hold, IOCB_CMD_PWRITE, CPU_AREA, AREAS_BYTES, FROM_MEMORY);
	return error;
}

static int odirect_release(struct hold *hold)
{
	struct odirect_device *device = hold->device;

	late_file_close(&device->late);
	if (device->context)
		syscall(SYS_io_destroy, device->context);
	if (device->disk >= 0)
		late_disk_close(device->disk);
	free(device);
	return 0;
}

static int open_hidden_file(const struct hold *hold, struct late_file *late)
{
	int shown, error = hold_hide_memory(hold, true);

	if (error)
		return error;
	error = late_file_open(late);
	shown = hold_hide_memory(hold, false);
	if (shown && !error)
		late_file_close(late);
	return error ? error : shown;
}

/* What they are where the kernel takes plain references. */
static const struct hold_kind odirect_by_references, odirect_disk_by_references;

static int open_disk(struct odirect_device *device, size_t unit)
{
	device->disk = -1;
	device->unit = unit;
	if (unit == 1)
		return 0;
	device->disk = late_disk_open(&device->late);
	return device->disk < 0 ? device->disk : 0;
}

/* Each transfer has as many references to its page as the kind has to each page. */
static void become_kind(struct hold *hold, const struct hold_kind *kind)
{
	hold->kind = kind;
	for (size_t i = 0; i < SAMPLES; i++)
		hold->more[i] *= hold_pins_of_page(kind);
}

static int send_by_unit(struct hold *hold, size_t unit)
{
	struct odirect_device *device = calloc(1, sizeof(*device));
	int error = device ? open_hidden_file(hold, &device->late) : -ENOMEM;
	int64_t before = 0, after = 0;

	if (error) {
		free(device);
		return error;
	}
	hold->device = device;
	error = open_disk(device, unit);
	if (!error && syscall(SYS_io_setup, 1 + 2 * TRANSFERS * SAMPLES, &device->context))
		error = -errno;
	if (!error)
		error = pins_surplus(&before);
	if (!error)
		error = send_requests(hold);
	if (!error)
		error = pins_surplus(&after);
	if (error) {
		odirect_release(hold);
		return error;
	}
	if (after == before)
		become_kind(hold, device->disk < 0 ? &odirect_by_references : &odirect_disk_by_references);
	return 0;
}

static int odirect_take(struct hold *hold)
{
	return send_by_unit(hold, 1);
}

static int odirect_disk_take(struct hold *hold)
{
	return send_by_unit(hold, LATE_DISK_SECTOR);
}

static int say_if_used_up(int error)
{
	if (error != -ENOBUFS)
		return error;
	return cause_say(error, "the hold has %d transfers of each sample, in each direction", TRANSFERS);
}

static int odirect_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	struct odirect_device *device = hold->device;
	size_t at = offset, whole = transfer_of(device, &at, bytes);
	char data[LATE_FILE_MOST];
	int error = late_file_take_write(&device->late, FROM_MEMORY + at, data, whole);

	if (!error)
		memcpy(buffer, data + offset - at, bytes);
	return say_if_used_up(error);
}

/* An answer ends the request. A disk writes zeros behind the bytes. */
static int odirect_device_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	struct odirect_device *device = hold->device;
	size_t at = offset, whole = transfer_of(device, &at, bytes);
	char data[LATE_FILE_MOST] = { 0 };
	int error;

	memcpy(data + offset - at, buffer, bytes);
	error = late_file_answer_read(&device->late, TO_MEMORY + at, data, whole);
	for (size_t i = 0; i < hold->memory->samples && !error; i++) {
		if (hold->memory->sample[i] == hold->first + offset / PAGE_BYTES)
			hold->more[i] -= hold_pins_of_page(hold->kind);
	}
	return say_if_used_up(error);
}

static const struct hold_ops odirect_ops = {
	.take = odirect_take, .device_read = odirect_device_read,
	.device_write = odirect_device_write, .release = odirect_release,
};

static const struct hold_ops odirect_disk_ops = {
	.take = odirect_disk_take, .device_read = odirect_device_read,
	.device_write = odirect_device_write, .release = odirect_release,
};

#define ODIRECT_KIND									\
	.name = "odirect", .ops = &odirect_ops, .needs = NEEDS_FUSE | NEEDS_AIO
#define ODIRECT_DISK_KIND								\
	.name = "odirect_disk", .ops = &odirect_disk_ops, .needs = NEEDS_FUSE | NEEDS_AIO | NEEDS_LOOP
#define BY_PINS										\
	.traits = HOLD_PIN | HOLD_WRITE | HOLD_DRIVER | HOLD_IN_FLIGHT,			\
	.keeps_sync = ACROSS_PROTECTION | ACROSS_FORK
#define BY_REFERENCES									\
	.traits = HOLD_GET | HOLD_WRITE | HOLD_DRIVER | HOLD_IN_FLIGHT,			\
	.keeps_sync = ACROSS_PROTECTION

const struct hold_kind hold_odirect = { ODIRECT_KIND, BY_PINS };
const struct hold_kind hold_odirect_disk = { ODIRECT_DISK_KIND, BY_PINS };

static const struct hold_kind odirect_by_references = { ODIRECT_KIND, BY_REFERENCES };
/* One of the block layer, and one of FUSE. */
static const struct hold_kind odirect_disk_by_references = { ODIRECT_DISK_KIND, BY_REFERENCES, .pins = 2 };
