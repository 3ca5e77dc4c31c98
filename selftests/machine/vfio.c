// SPDX-License-Identifier: GPL-2.0-only
/* A device by vfio-pci, and its mappings by VFIO's type1 driver. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_size.h"
#include "knob_journal.h"
#include "pci.h"
#include "vfio.h"

#define CONTAINER	"/dev/vfio/vfio"
#define DRIVER		"vfio-pci"
#define DRIVER_BIND	"/sys/bus/pci/drivers/" DRIVER "/bind"
/* Emulated devices have no remapping of interrupts, and the type1 driver refuses a group without it. */
#define UNSAFE		"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

bool vfio_offered(void)
{
	return !access(CONTAINER, R_OK | W_OK) && !access(DRIVER_BIND, W_OK) && !access(UNSAFE, W_OK);
}

/* The last part of what the link @name of the device in sysfs leads to */
static int read_link_name(const char *path, const char *name, char *target, size_t size)
{
	char link[PCI_PATH + 16], whole[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "%s/%s", path, name);
	length = readlink(link, whole, sizeof(whole) - 1);
	if (length < 0)
		return -errno;
	whole[length] = '\0';
	snprintf(target, size, "%.*s", (int)size - 1, strrchr(whole, '/') + 1);
	return 0;
}

static int bind_device(const char *path)
{
	char driver[64], override[PCI_PATH + 20];
	int error = read_link_name(path, "driver", driver, sizeof(driver));

	if (!error && !strcmp(driver, DRIVER))
		return 0;
	if (!error)
		return cause_say(-EBUSY, "%s belongs to the driver %s", path, driver);
	snprintf(override, sizeof(override), "%s/driver_override", path);
	error = knob_set(override, DRIVER);
	return error ? error : knob_set(DRIVER_BIND, strrchr(path, '/') + 1);
}

static int open_group(const char *path)
{
	char number[16], name[32];
	int error = read_link_name(path, "iommu_group", number, sizeof(number)), group;

	if (error)
		return error;
	snprintf(name, sizeof(name), "/dev/vfio/%s", number);
	group = open(name, O_RDWR | O_CLOEXEC);
	return group < 0 ? cause_say(-errno, "%s: %s", name, strerror(errno)) : group;
}

static int open_in_container(struct vfio *vfio, const char *path)
{
	vfio->container = open(CONTAINER, O_RDWR | O_CLOEXEC);
	if (vfio->container < 0)
		return -errno;
	vfio->group = open_group(path);
	if (vfio->group < 0)
		return vfio->group;
	if (ioctl(vfio->group, VFIO_GROUP_SET_CONTAINER, &vfio->container))
		return cause_say(-errno, "VFIO_GROUP_SET_CONTAINER: %s", strerror(errno));
	if (ioctl(vfio->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return cause_say(-errno, "VFIO_SET_IOMMU: %s", strerror(errno));
	vfio->device = ioctl(vfio->group, VFIO_GROUP_GET_DEVICE_FD, strrchr(path, '/') + 1);
	return vfio->device < 0 ? cause_say(-errno, "VFIO_GROUP_GET_DEVICE_FD: %s", strerror(errno)) : 0;
}

int vfio_open(struct vfio *vfio, const char *path)
{
	unsigned int mark = knob_mark();
	int error = bind_device(path);

	*vfio = (struct vfio){ -1, -1, -1 };
	if (!error)
		error = knob_change(UNSAFE, "Y");
	if (!error)
		error = open_in_container(vfio, path);
	knob_restore(mark);
	if (error)
		vfio_close(vfio);
	return error;
}

void vfio_close(struct vfio *vfio)
{
	if (vfio->device >= 0)
		close(vfio->device);
	if (vfio->group >= 0)
		close(vfio->group);
	if (vfio->container >= 0)
		close(vfio->container);
	*vfio = (struct vfio){ -1, -1, -1 };
}

int vfio_map(const struct vfio *vfio, uint64_t iova, const void *start, size_t bytes, bool writable)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .vaddr = (uintptr_t)start, .iova = iova, .size = bytes,
		.flags = VFIO_DMA_MAP_FLAG_READ | (writable ? VFIO_DMA_MAP_FLAG_WRITE : 0),
	};

	return ioctl(vfio->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

int vfio_unmap(const struct vfio *vfio, uint64_t iova, size_t bytes)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = iova, .size = bytes,
	};

	if (ioctl(vfio->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	if (unmap.size != bytes)
		return cause_say(-ENODATA, "VFIO unmapped %llu of %zu bytes", unmap.size, bytes);
	return 0;
}

int vfio_log_begin(const struct vfio *vfio)
{
	struct vfio_iommu_type1_dirty_bitmap log = {
		.argsz = sizeof(log), .flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
	};

	return ioctl(vfio->container, VFIO_IOMMU_DIRTY_PAGES, &log) ? -errno : 0;
}

int vfio_log_read(const struct vfio *vfio, uint64_t iova, size_t bytes, uint64_t *bits)
{
	struct vfio_iommu_type1_dirty_bitmap_get range = {
		.iova = iova, .size = bytes, .bitmap.pgsize = PAGE_BYTES,
		.bitmap.size = (bytes / PAGE_BYTES + 63) / 64 * sizeof(*bits),
		.bitmap.data = (void *)bits,
	};
	union {
		struct vfio_iommu_type1_dirty_bitmap log;
		char bytes[sizeof(struct vfio_iommu_type1_dirty_bitmap) + sizeof(range)];
	} ask = {
		.log = { .argsz = sizeof(ask), .flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP },
	};

	memcpy(ask.log.data, &range, sizeof(range));
	return ioctl(vfio->container, VFIO_IOMMU_DIRTY_PAGES, &ask) ? -errno : 0;
}

/* Where the device's descriptor has @place of @region, or a negative errno */
static int64_t region_place(const struct vfio *vfio, unsigned int region, size_t place)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = region };

	if (ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, &info))
		return -errno;
	return info.offset + place;
}

int vfio_read(const struct vfio *vfio, unsigned int region, size_t place, uint32_t *value)
{
	int64_t at = region_place(vfio, region, place);

	if (at < 0)
		return at;
	return pread(vfio->device, value, sizeof(*value), at) == sizeof(*value) ? 0 : -EIO;
}

int vfio_write(const struct vfio *vfio, unsigned int region, size_t place, uint32_t value, size_t bytes)
{
	int64_t at = region_place(vfio, region, place);

	if (at < 0)
		return at;
	return pwrite(vfio->device, &value, bytes, at) == (ssize_t)bytes ? 0 : -EIO;
}
