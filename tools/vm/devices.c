// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that only some topics need. All are present from power-on: a device whose driver is not
 * loaded costs less than a second boot. Measured by --icount, 6.12 reaches userspace after 2.17 s
 * without any, 2.23 s with room for memory to be plugged in, 2.15 s with an IOMMU.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../arch/arch.h"
#include "devices.h"
#include "needs.h"
#include "options.h"
#include "protocol.h"
#include "util.h"

#define MAX_WORDS	20
/* Room in the guest's physical addresses, not memory of the host */
#define PLUGGABLE_MIB	4096
/* One that moves pages, one that uses them, and one more */
#define CPUS		3

/**
 * struct device - one row
 * @need: enum need: QEMU gets the words if one of these is wanted
 * @host_mib: only where the host has that much memory; 0: everywhere
 * @more_mib: memory of the host that the guest takes besides --memory
 * @not_with: not where --qemu-args or --append has this word: the person takes care of such a
 *	device. NULL: always
 * @words: for QEMU; @M@ is the memory in MiB, @X@ that and all that can be plugged in, @L@ the
 *	number of the last CPU, @C@ of CPUs, @S@ the directory to share, @I@ the architecture's IOMMU
 * @parameters: for the kernel, or NULL; @P@ are those for the IOMMU
 */
struct device {
	unsigned int need;
	long host_mib;
	long more_mib;
	const char *not_with;
	const char *words[MAX_WORDS];
	const char *parameters;
};

static const struct device devices[] = {
	{
		.need = NEED_VIRTIO_MEM | NEED_PMEM,
		.words = { "-m", "@M@,maxmem=@X@M" },
		/* With memory above 4 GiB the kernel would set 64 MiB aside for bounce buffers. */
		.parameters = " swiotlb=noforce",
	}, {
		/*
		 * Memory of node 1, which has no other: the node comes and goes with the memory.
		 * With numa=fake=2 and a node without memory 6.12 panics in numa_emulation().
		 */
		.need = NEED_VIRTIO_MEM,
		.not_with = "numa",
		.words = {
			"-object", "memory-backend-ram,id=memory,size=@M@M",
			"-numa", "node,nodeid=0,memdev=memory,cpus=0-@L@",
			"-numa", "node,nodeid=1", "-global", "virtio-mem.node=1",
		},
	}, {
		.need = NEED_VIRTIO_MEM,
		.more_mib = 1024,
		.words = {
			"-object", "memory-backend-ram,id=virtio-mem-memory,size=1G",
			"-device", "virtio-mem-pci,id=virtio-mem,memdev=virtio-mem-memory,requested-size=0",
		},
	}, {
		.need = NEED_PMEM,
		.more_mib = 384,
		.not_with = "virtio-pmem-pci",
		.words = {
			/* A flush of the device is fsync() of the descriptor that the memory has. */
			"-object", "memory-backend-memfd,id=pmem-memory,size=384M,share=on",
			"-device", "virtio-pmem-pci,id=pmem,memdev=pmem-memory",
		},
	}, {
		.need = NEED_EDU,
		.not_with = "-iommu",
		.words = { "-device", "@I@", "-device", "edu,id=edu" },
		.parameters = " @P@",
	}, {
		/* The kernel, whose place is random, and its map of pages spoil at most two of four. */
		.need = NEED_GIGANTIC,
		.host_mib = 8192,
		.more_mib = PLUGGABLE_MIB,
		.words = { "-m", "@X@M" },
		.parameters = " swiotlb=noforce hugepagesz=1G hugepages=2",
	}, {
		.need = NEED_CPUS,
		.words = { "-smp", "@C@" },
	}, {
		.need = NEED_SHARE,
		.not_with = "-virtfs",
		.words = {
			"-virtfs", "local,path=@S@,mount_tag=" SHARE_TAG ",security_model=none,"
				   "multidevs=remap",
		},
	},
};

static bool person_says(const struct options *options, const char *word)
{
	return strstr(options->qemu_args, word) || strstr(options->append, word);
}

static long host_mib(void)
{
	return sysconf(_SC_PHYS_PAGES) / 1024 * sysconf(_SC_PAGESIZE) / 1024;
}

static bool device_is_wanted(const struct device *device, const struct options *options)
{
	return (device->need & options->needs) && device->host_mib <= host_mib() &&
	       (!device->not_with || !person_says(options, device->not_with));
}

/* In a value of an option of QEMU a comma is two. */
static void put_option_value(FILE *to, const char *value)
{
	for (; *value; value++)
		fputs(*value == ',' ? ",," : (const char[]){ *value, '\0' }, to);
}

/* @word with its marks filled in */
static char *device_word(const char *word, const struct options *options)
{
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	for (; to && *word; word++) {
		if (!strncmp(word, "@M@", 3))
			fprintf(to, "%ld", options->memory_mib);
		else if (!strncmp(word, "@X@", 3))
			fprintf(to, "%ld", options->memory_mib + PLUGGABLE_MIB);
		else if (!strncmp(word, "@L@", 3))
			fprintf(to, "%ld", options->smp - 1);
		else if (!strncmp(word, "@C@", 3))
			fprintf(to, "%ld", options->smp < CPUS ? CPUS : options->smp);
		else if (!strncmp(word, "@S@", 3))
			put_option_value(to, options->share);
		else if (!strncmp(word, "@I@", 3))
			fputs(options->arch->iommu, to);
		else if (!strncmp(word, "@P@", 3))
			fputs(options->arch->iommu_boot, to);
		else
			putc(*word, to);
		if (*word == '@')
			word += 2;
	}
	if (to)
		fclose(to);
	return text;
}

static char **append_word(char **argv, size_t *count, char *word)
{
	argv = grow(argv, *count, sizeof(*argv));
	argv[(*count)++] = word;
	return argv;
}

char **devices_argv(const struct options *options, char **argv, size_t *count)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		if (!device_is_wanted(&devices[i], options))
			continue;
		for (const char *const *word = devices[i].words; *word; word++)
			argv = append_word(argv, count, device_word(*word, options));
	}
	return argv;
}

char *devices_parameters(const struct options *options)
{
	char *parameters = format_text("%s", "");

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		char *longer, *own;

		if (!devices[i].parameters || !device_is_wanted(&devices[i], options))
			continue;
		own = device_word(devices[i].parameters, options);
		longer = format_text("%s%s", parameters, own);
		free(own);
		free(parameters);
		parameters = longer;
	}
	return parameters;
}

long devices_memory_mib(const struct options *options)
{
	long mib = options->memory_mib;

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (device_is_wanted(&devices[i], options))
			mib += devices[i].more_mib;
	return mib;
}

bool devices_ask_by_qmp(const struct options *options)
{
	return options->needs & NEED_VIRTIO_MEM;
}
