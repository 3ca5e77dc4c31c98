// SPDX-License-Identifier: GPL-2.0-only
/* The kernel memory that a run leaves behind. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/membarrier.h>
#include "../../tools/lib/array.h"
#include "footprint.h"
#include "../../tools/lib/knob.h"

#define SLABS		"/sys/kernel/slab"

/* Sessions, holds and what they refer to come from these caches and from kmalloc-*. */
static const char *const watched[] = { "mm_struct", "filp", "vm_area_struct", "files_cache" };

static bool is_watched(const char *name)
{
	if (!strncmp(name, "kmalloc-", 8))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++)
		if (!strcmp(name, watched[i]))
			return true;
	return false;
}

/* Objects in the lists of a CPU count as used until the cache is shrunk. */
static void shrink_caches(void)
{
	DIR *slabs = opendir(SLABS);
	struct dirent *entry;
	char path[400];

	while (slabs && (entry = readdir(slabs))) {
		if (!is_watched(entry->d_name))
			continue;
		snprintf(path, sizeof(path), SLABS "/%s/shrink", entry->d_name);
		knob_set(path, "1");
	}
	if (slabs)
		closedir(slabs);
}

static int read_meminfo(struct footprint *footprint)
{
	FILE *meminfo = fopen("/proc/meminfo", "re");
	char line[128];

	if (!meminfo)
		return -errno;
	while (fgets(line, sizeof(line), meminfo)) {
		sscanf(line, "MemFree: %ld", &footprint->free_kib);
		sscanf(line, "SUnreclaim: %ld", &footprint->unreclaimable_kib);
	}
	fclose(meminfo);
	return 0;
}

static void read_caches(struct footprint *footprint)
{
	FILE *slabinfo = fopen("/proc/slabinfo", "re");
	char line[512], name[40];
	long objects;

	footprint->count = 0;
	while (slabinfo && footprint->count < FOOTPRINT_CACHES &&
	       fgets(line, sizeof(line), slabinfo)) {
		if (sscanf(line, "%39s %ld", name, &objects) != 2 || !is_watched(name))
			continue;
		snprintf(footprint->caches[footprint->count].name, sizeof(name), "%s", name);
		footprint->caches[footprint->count++].objects = objects;
	}
	if (slabinfo)
		fclose(slabinfo);
}

static long module_vmalloc(void)
{
	FILE *areas = fopen("/proc/vmallocinfo", "re");
	long kib = 0, bytes;
	char line[512];

	if (!areas)
		return -1;
	/* "0xffff...-0xffff... 8192 caller+0x1/0x2 [pincheck] pages=1 ..." */
	while (fgets(line, sizeof(line), areas))
		if (strstr(line, " [pincheck] pages=") && sscanf(line, "%*s %ld", &bytes) == 1)
			kib += bytes / 1024;
	fclose(areas);
	return kib;
}

int footprint_take(struct footprint *footprint)
{
	sync();
	knob_set("/proc/sys/vm/drop_caches", "3");
	/* Memory that RCU frees after a grace period is free after two. */
	for (int i = 0; i < 2; i++)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	shrink_caches();
	knob_set("/proc/sys/vm/compact_memory", "1");
	read_caches(footprint);
	footprint->module_kib = module_vmalloc();
	return read_meminfo(footprint);
}

long footprint_objects(const struct footprint *footprint, const char *name)
{
	for (size_t i = 0; i < footprint->count; i++)
		if (!strcmp(footprint->caches[i].name, name))
			return footprint->caches[i].objects;
	return 0;
}
