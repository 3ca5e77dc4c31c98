// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by VFIO: the memory is mapped for a device behind an IOMMU, as memory of a virtual machine is
 * that has a device of the host. The type1 driver pins all of it for long, page by page. The device is
 * QEMU's edu, whose DMA engine moves the bytes to a bounce buffer and back: 100 ms for each half of the
 * way.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_size.h"
#include "edu.h"
#include "hold.h"
#include "hold_vfio.h"

/* Addresses that the device knows. Huge pages are aligned there as they are in the process. */
#define BOUNCE_AT	(16ULL << 20)
#define MEMORY_AT	(64ULL << 20)

/**
 * struct vfio_device - the device of a hold
 * @vfio: by which this process drives it
 * @bounce: memory of a page where the device leaves and finds what the test reads and writes
 */
struct vfio_device {
	struct vfio vfio;
	char *bounce;
};

static void close_device(struct hold *hold)
{
	struct vfio_device *device = hold->device;

	vfio_close(&device->vfio);
	free(device->bounce);
	free(device);
	hold->device = NULL;
}

static int map_memory(struct hold *hold)
{
	const struct vfio_device *device = hold->device;
	size_t bytes = hold_bytes(hold);

	if (MEMORY_AT + bytes > EDU_ADDRESSES)
		return cause_say(-EFBIG, "the edu device has no addresses for %zu bytes", bytes);
	return vfio_map(&device->vfio, MEMORY_AT, hold_start(hold), bytes,
			hold->kind->traits & HOLD_WRITE);
}

static int vfio_take(struct hold *hold)
{
	struct vfio_device *device = calloc(1, sizeof(*device));
	int error = device ? edu_open(&device->vfio) : -ENOMEM;

	if (error) {
		free(device);
		return error;
	}
	hold->device = device;
	device->bounce = aligned_alloc(PAGE_BYTES, PAGE_BYTES);
	if (!device->bounce)
		error = -ENOMEM;
	if (!error)
		error = vfio_map(&device->vfio, BOUNCE_AT, device->bounce, PAGE_BYTES, true);
	if (!error)
		error = map_memory(hold);
	if (error)
		close_device(hold);
	return error;
}

static int vfio_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	const struct vfio_device *device = hold->device;
	int error = edu_fetch(&device->vfio, MEMORY_AT + offset, bytes);

	memset(device->bounce, 0, bytes);
	if (!error)
		error = edu_deliver(&device->vfio, BOUNCE_AT, bytes);
	memcpy(buffer, device->bounce, bytes);
	return error;
}

static int vfio_device_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	const struct vfio_device *device = hold->device;
	int error;

	memcpy(device->bounce, buffer, bytes);
	error = edu_fetch(&device->vfio, BOUNCE_AT, bytes);
	return error ? error : edu_deliver(&device->vfio, MEMORY_AT + offset, bytes);
}

/* A child may have inherited the descriptors: to close them alone would leave the pins. */
static int vfio_release(struct hold *hold)
{
	const struct vfio_device *device = hold->device;
	int error = vfio_unmap(&device->vfio, MEMORY_AT, hold_bytes(hold));

	if (!error)
		error = vfio_unmap(&device->vfio, BOUNCE_AT, PAGE_BYTES);
	close_device(hold);
	return error;
}

int hold_vfio_log_begin(const struct hold *hold)
{
	const struct vfio_device *device = hold->device;

	return vfio_log_begin(&device->vfio);
}

int hold_vfio_log_read(const struct hold *hold, uint64_t *bits)
{
	const struct vfio_device *device = hold->device;

	return vfio_log_read(&device->vfio, MEMORY_AT, hold_bytes(hold), bits);
}

static const struct hold_ops hold_ops_vfio = {
	.take = vfio_take, .device_read = vfio_device_read,
	.device_write = vfio_device_write, .release = vfio_release,
};

const struct hold_kind hold_vfio = {
	.name = "vfio", .ops = &hold_ops_vfio, .needs = NEEDS_EDU | NEEDS_VFIO,
	.traits = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM | HOLD_DRIVER,
	.keeps_sync = ACROSS_PROTECTION | ACROSS_FORK, .charges = CHARGE_VM_LCK,
};
