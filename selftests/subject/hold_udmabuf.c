// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by udmabuf: the buffer of the driver has the pages of the memfd that is mapped. Since 6.11 the
 * driver pins each folio once, by memfd_pin_folios() (c6a3194c05e7); older kernels keep plain references
 * (shmem_read_mapping_page()) and do not know hugetlb. The device is a mapping of the buffer.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "hold.h"
#include "udmabuf.h"

/* The driver refuses a file that may shrink. The mapping of the buffer keeps the buffer. */
static int udmabuf_take(struct hold *hold)
{
	const struct memory *memory = hold->memory;
	size_t bytes = hold_bytes(hold);
	int buffer, error = 0;

	if (fcntl(memory->file, F_ADD_SEALS, F_SEAL_SHRINK))
		return -errno;
	buffer = udmabuf_create(memory->file, hold->first * PAGE_BYTES, bytes);
	if (buffer < 0)
		return buffer;
	hold->device = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer, 0);
	if (hold->device == MAP_FAILED)
		error = -errno;
	close(buffer);
	return error;
}

static int udmabuf_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	memcpy(buffer, (char *)hold->device + offset, bytes);
	return 0;
}

static int udmabuf_device_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	memcpy((char *)hold->device + offset, buffer, bytes);
	return 0;
}

static int udmabuf_release(struct hold *hold)
{
	return munmap(hold->device, hold_bytes(hold)) ? -errno : 0;
}

static const struct hold_ops udmabuf_ops = {
	.take = udmabuf_take, .device_read = udmabuf_device_read,
	.device_write = udmabuf_device_write, .release = udmabuf_release,
};

const struct hold_kind hold_udmabuf = {
	.name = "udmabuf", .ops = &udmabuf_ops, .needs = NEEDS_UDMABUF | NEEDS_MEMFD,
	.traits = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM | HOLD_DRIVER | HOLD_FOLDS |
		  HOLD_SEALS,
	.keeps_sync = ACROSS_PROTECTION | ACROSS_FORK,
};
