// SPDX-License-Identifier: GPL-2.0-only
/*
 * devices: the devices that pincheck-vm gives the guest of this topic exist and work. Tests of
 * hotplugged memory, of DAX and of an IOMMU rely on them.
 */
#include "suite.h"
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <linux/stat.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "pci.h"
#include "../../tools/lib/offline.h"
#include "stage.h"
#include "virtio_mem.h"

#ifndef STATX_ATTR_DAX
#define STATX_ATTR_DAX		0x00200000
#endif

#define KPF_OFFLINE		23
#define PLUG_MIB		256
/* Not a whole number of memory blocks, which are of 128 MiB in a guest of this size. */
#define PLUG_PART_MIB		192
/* QEMU's docs/specs/edu: identification, and a register that answers with the complement */
#define EDU_ID			0x010000edU
#define EDU_BYTES		4096

FIXTURE(devices) { };

FIXTURE_SETUP(devices)
{
}

/* Memory that stays plugged would be the next case's, until the runner unplugs it. */
FIXTURE_TEARDOWN(devices)
{
	if (virtio_mem_offered() && virtio_mem_plugged())
		EXPECT_EQ(0, virtio_mem_resize(0));
}

static unsigned int memory_blocks(void)
{
	unsigned int blocks = 0, number;
	char path[64];

	for (number = 0; number < 1024; number++) {
		snprintf(path, sizeof(path), MEMORY_BLOCKS "/memory%u", number);
		blocks += !access(path, F_OK);
	}
	return blocks;
}

/* ACCURACY. The kernel gets exactly the memory that was asked for, and loses all of it again. */
CASE(devices, memory_is_plugged, .rows = "P36")
{
	unsigned int before, with;

	SUITE_NEEDS(NEEDS_VIRTIO_MEM);
	before = memory_blocks();
	ASSERT_DONE(virtio_mem_resize(PLUG_MIB));
	with = memory_blocks();
	evidence("memory_blocks_before=%u plugged_mib=%u memory_blocks=%u", before, PLUG_MIB, with);
	EXPECT_LT(before, with);
	ASSERT_DONE(virtio_mem_resize(0));
	evidence("memory_blocks=%u note=\"after the unplug\"", memory_blocks());
	EXPECT_EQ(before, memory_blocks());
}

/* Return: pages from @first to @end which are PageOffline, or -errno */
static long offline_pages(uint64_t first, uint64_t end, size_t page)
{
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t words[512], pfn;
	long offline = 0;

	if (flags < 0)
		return -errno;
	for (pfn = first / page; pfn < end / page; pfn += ARRAY_SIZE(words)) {
		if (pread(flags, words, sizeof(words), pfn * sizeof(*words)) != sizeof(words)) {
			offline = -EIO;
			break;
		}
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			offline += words[i] >> KPF_OFFLINE & 1;
	}
	close(flags);
	return offline;
}

/* ACCURACY. In a memory block the pages that are not plugged are PageOffline, and no others. */
CASE(devices, part_of_block_is_offline, .rows = "P36")
{
	size_t page = PAGE_BYTES;
	uint64_t first, end, plugged;
	long offline;

	SUITE_NEEDS(NEEDS_VIRTIO_MEM | NEEDS_KPAGEFLAGS);
	ASSERT_DONE(virtio_mem_resize(PLUG_PART_MIB));
	plugged = ((uint64_t)PLUG_PART_MIB << 20) / page;
	virtio_mem_range(&first, &end);
	offline = offline_pages(first, end, page);
	evidence("first_pfn=%" PRIx64 " end_pfn=%" PRIx64 " plugged=%" PRIu64 " offline=%ld",
		 first / page, end / page, plugged, offline);
	EXPECT_LT(0, offline);
	EXPECT_EQ((end - first) / page, plugged + offline);
}

/* The device's memory is node 1, and a policy allocates pages there. */
CASE(devices, second_node, .rows = "P36")
{
	size_t page = PAGE_BYTES;
	unsigned long node_1 = 1UL << 1;
	struct pincheck_report report;
	struct stage stage;
	char why[WHY] = "";
	char *memory;

	SUITE_NEEDS(NEEDS_VIRTIO_MEM | NEEDS_NUMA);
	ASSERT_DONE(virtio_mem_resize(PLUG_MIB));
	EXPECT_EQ(0, access("/sys/devices/system/node/node1", F_OK));
	ASSERT_STAGE_OPEN(&stage);
	memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, syscall(SYS_mbind, memory, page, MPOL_BIND, &node_1, 8 * sizeof(node_1), 0));
	*memory = 1;
	ASSERT_DONE(stage_report(&stage, memory, &report));
	evidence("pfn=%llx node=%d", (unsigned long long)report.pfn, report.node);
	EXPECT_EQ(1, report.node);
	munmap(memory, page);
	EXPECT_TRUE(stage_close(&stage, false, why, sizeof(why))) TH_LOG("%s", why);
}

/* A file on the persistent memory is mapped without page cache. */
CASE(devices, file_has_dax, .rows = "P36")
{
	size_t page = PAGE_BYTES;
	struct statx status = { 0 };
	char path[4096], *memory;
	int file;

	SUITE_NEEDS(NEEDS_DAX);
	snprintf(path, sizeof(path), "%s/devices.XXXXXX", getenv("PINCHECK_DAX"));
	file = mkostemp(path, O_CLOEXEC);
	ASSERT_LE(0, file);
	EXPECT_EQ(0, unlink(path));
	ASSERT_EQ(0, ftruncate(file, page));
	ASSERT_EQ(0, syscall(SYS_statx, file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status));
	memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, memory);
	memcpy(memory, "persistent", sizeof("persistent"));
	evidence("attributes=%llx pfn=%" PRIx64, (unsigned long long)status.stx_attributes,
		 stage_pfn(memory));
	EXPECT_TRUE(status.stx_attributes & STATX_ATTR_DAX);
	munmap(memory, page);
	close(file);
}

/* The edu device answers, and the kernel put it into an IOMMU group. */
CASE(devices, edu_behind_iommu, .rows = "P36")
{
	char device[PCI_PATH], path[PCI_PATH + 16];
	volatile uint32_t *registers;
	int enable, resource;

	SUITE_NEEDS(NEEDS_EDU);
	ASSERT_DONE(pci_find(PCI_EDU, device));
	snprintf(path, sizeof(path), "%s/iommu_group", device);
	EXPECT_EQ(0, access(path, F_OK)) TH_LOG("no %s", path);
	snprintf(path, sizeof(path), "%s/enable", device);
	enable = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_EQ(1, write(enable, "1", 1));
	snprintf(path, sizeof(path), "%s/resource0", device);
	resource = open(path, O_RDWR | O_CLOEXEC);
	registers = mmap(NULL, EDU_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, resource, 0);
	ASSERT_NE(MAP_FAILED, registers);
	registers[1] = 0x20201231;
	evidence("device=\"%s\" id=%x complement=%x", device, registers[0], registers[1]);
	EXPECT_EQ(EDU_ID, registers[0]);
	EXPECT_EQ(~0x20201231U, registers[1]);
	munmap((void *)registers, EDU_BYTES);
	close(resource);
	EXPECT_EQ(1, write(enable, "0", 1));
	close(enable);
}

TOPIC_NEEDS("virtio_mem pmem edu");
PINCHECK_TEST_MAIN
