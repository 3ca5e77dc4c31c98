// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's edu device, by VFIO. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include "../../tools/lib/cause.h"
#include "clock.h"
#include "edu.h"
#include "pci.h"

/* Registers in region 0 */
#define EDU_SOURCE	0x80
#define EDU_TARGET	0x88
#define EDU_COUNT	0x90
#define EDU_COMMAND	0x98
#define EDU_START	1U
#define EDU_TO_MEMORY	2U
/* The buffer, among the device's own addresses */
#define EDU_PLACE	0x40000U

/* The device's clock is that of the host, which may be busy. */
#define TRANSFER_SECONDS	20

int edu_open(struct vfio *vfio)
{
	char path[PCI_PATH];
	int error = pci_find(PCI_EDU, path);

	if (!error)
		error = vfio_open(vfio, path);
	if (error)
		return error;
	error = vfio_write(vfio, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND,
			   PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, sizeof(uint16_t));
	if (error)
		vfio_close(vfio);
	return error;
}

static int write_register(const struct vfio *vfio, size_t place, uint32_t value)
{
	return vfio_write(vfio, VFIO_PCI_BAR0_REGION_INDEX, place, value, sizeof(value));
}

static int wait_for_transfer(const struct vfio *vfio)
{
	int64_t end = nanoseconds() + TRANSFER_SECONDS * 1000000000LL;
	uint32_t command;
	int error;

	do {
		error = vfio_read(vfio, VFIO_PCI_BAR0_REGION_INDEX, EDU_COMMAND, &command);
		if (error || !(command & EDU_START))
			return error;
	} while (moment_goes_on(end));
	return cause_say(-ETIMEDOUT, "the edu device has not moved the bytes after %d s", TRANSFER_SECONDS);
}

static int transfer(const struct vfio *vfio, uint32_t source, uint32_t target, size_t bytes,
		    uint32_t command)
{
	int error = write_register(vfio, EDU_SOURCE, source);

	if (!error)
		error = write_register(vfio, EDU_TARGET, target);
	if (!error)
		error = write_register(vfio, EDU_COUNT, bytes);
	if (!error)
		error = write_register(vfio, EDU_COMMAND, command);
	return error ? error : wait_for_transfer(vfio);
}

int edu_fetch(const struct vfio *vfio, uint64_t iova, size_t bytes)
{
	return transfer(vfio, iova, EDU_PLACE, bytes, EDU_START);
}

int edu_deliver(const struct vfio *vfio, uint64_t iova, size_t bytes)
{
	return transfer(vfio, EDU_PLACE, iova, bytes, EDU_START | EDU_TO_MEMORY);
}
