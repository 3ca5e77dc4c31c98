// SPDX-License-Identifier: GPL-2.0-only
/* Which kernel modules the guest needs, in load order, with all they depend on. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "disks.h"
#include "initramfs.h"
#include "kmods.h"
#include "needs.h"
#include "options.h"
#include "protocol.h"
#include "util.h"

#define MAX_CHOSEN	128
#define MAX_NESTING	16

/**
 * struct wanted - a module that the suite uses
 * @parameters: NULL stands for the parameters of the RAM disks, which depend on the size of the swap
 * @need: enum need: the module is loaded before topics that have it; 0: at boot
 */
struct wanted {
	const char *name;
	const char *parameters;
	const char *why;
	unsigned int need;
};

static const struct wanted wanted[] = {
	{ "zram", "num_devices=1", "swap", 0 },
	{ "brd", NULL, "swap where there is no zram, and file systems", 0 },
	/* By default the driver makes eight devices, which takes time at boot. */
	{ "loop", "max_loop=1", "swap that is not synchronous", 0 },
	{ "ext4", "", "tests of it", 0 },
	{ "xfs", "", "tests of it", NEED_FILE_SYSTEMS },
	{ "btrfs", "", "tests of it", NEED_FILE_SYSTEMS },
	{ "overlay", "", "tests of it", NEED_FILE_SYSTEMS },
	{ "fuse", "", "memory that never comes", 0 },
	{ "virtio_pci", "", "virtio-mem", NEED_VIRTIO_MEM },
	{ "virtio_mem", "", "memory that comes and goes", NEED_VIRTIO_MEM },
	{ "virtio_pci", "", "virtio-pmem", NEED_PMEM },
	{ "virtio_pmem", "", "persistent memory", NEED_PMEM },
	{ "nd_pmem", "", "persistent memory", NEED_PMEM },
	{ "virtio_pci", "", "a directory of the host", NEED_SHARE },
	{ "9pnet_virtio", "", "a directory of the host", NEED_SHARE },
	{ "9p", "", "a directory of the host", NEED_SHARE },
	{ "aes_generic", "", "encryption", NEED_CRYPTO },
	{ "cbc", "", "encryption", NEED_CRYPTO },
	{ "authenc", "", "encryption", NEED_CRYPTO },
	{ "authencesn", "", "encryption", NEED_CRYPTO },
	{ "algif_aead", "", "encryption by sockets", NEED_CRYPTO },
	{ "tun", "", "packets for vhost-net", NEED_VHOST },
	{ "vhost_net", "", "writes of vhost", NEED_VHOST },
	{ "dummy", "numdummies=0", "RDMA", NEED_RDMA },
	/* Up to 6.14 rdma_rxe asks for crc32 by name. */
	{ "crc32_generic", "", "RDMA", NEED_RDMA },
	{ "ib_uverbs", "", "RDMA", NEED_RDMA },
	{ "rdma_rxe", "", "RDMA", NEED_RDMA },
	{ "vfio_iommu_type1", "", "memory mapped for a device", NEED_VFIO },
	{ "vfio_pci", "", "a device that a process drives", NEED_VFIO },
	/* Two devices, each with a capture and an output node for HDMI only. */
	{ "vivid", "n_devs=2 node_types=0x101,0x101 num_inputs=1,1 input_types=3,3 num_outputs=1,1 "
	  "output_types=1,1", "video buffers", NEED_V4L2 },
};

/**
 * struct index - the text files of depmod(8) in @directory
 */
struct index {
	const char *directory;
	char *dependencies;
	char *builtin;
	char *soft;
	char *aliases;
};

/**
 * struct chosen - a module to pack
 * @lists: bits of the lists that name the module
 */
struct chosen {
	char *path;
	const char *parameters;
	unsigned int lists;
};

/**
 * struct plan - all modules, each after those that it depends on
 * @list: bit of the list that is being made: 1 for the boot, or enum need shifted left by one
 */
struct plan {
	const struct index *index;
	struct chosen chosen[MAX_CHOSEN];
	unsigned int count;
	unsigned int list;
};

/* "kernel/fs/ext4/ext4.ko.xz" is the module "ext4". A module's name may have '-' for '_'. */
static bool is_module(const char *path, size_t length, const char *name)
{
	const char *base = path;

	for (const char *at = path; at < path + length; at++)
		if (*at == '/')
			base = at + 1;
	for (; base < path + length && *name; base++, name++)
		if (*base != *name && !(strchr("-_", *base) && strchr("-_", *name)))
			return false;
	return !*name && path + length - base >= 3 && !strncmp(base, ".ko", 3);
}

static const char *next_line(const char *line)
{
	const char *newline = strchr(line, '\n');

	return newline ? newline + 1 : line + strlen(line);
}

/* The line "path: dependencies" of modules.dep, or NULL */
static const char *find_dependencies(const struct index *index, const char *name)
{
	for (const char *line = index->dependencies; *line; line = next_line(line))
		if (is_module(line, strcspn(line, ":\n"), name))
			return line;
	return NULL;
}

static bool is_builtin(const struct index *index, const char *name)
{
	for (const char *line = index->builtin; *line; line = next_line(line))
		if (is_module(line, strcspn(line, "\n"), name))
			return true;
	return false;
}

static bool choose_module(struct plan *plan, const char *path, size_t length, const char *parameters)
{
	for (unsigned int i = 0; i < plan->count; i++) {
		struct chosen *chosen = &plan->chosen[i];

		if (strlen(chosen->path) == length && !strncmp(chosen->path, path, length)) {
			chosen->lists |= plan->list;
			return true;
		}
	}
	if (plan->count == MAX_CHOSEN)
		return false;
	plan->chosen[plan->count].path = format_text("%.*s", (int)length, path);
	plan->chosen[plan->count].parameters = parameters;
	plan->chosen[plan->count].lists = plan->list;
	plan->count++;
	return true;
}

static bool add_module(struct plan *plan, const char *name, const char *parameters,
		       unsigned int nesting);

/* An alias in modules.softdep ("crypto-crc32c") stands for all modules that have this alias. */
static void add_alias(struct plan *plan, const char *alias, unsigned int nesting)
{
	size_t length = strlen(alias);

	if (add_module(plan, alias, "", nesting))
		return;
	for (const char *line = plan->index->aliases; *line; line = next_line(line)) {
		char module[128];

		if (strncmp(line, "alias ", 6) || strncmp(line + 6, alias, length) ||
		    line[6 + length] != ' ')
			continue;
		if (sscanf(line + 6 + length, "%127s", module) == 1)
			add_module(plan, module, "", nesting);
	}
}

/* "softdep ext4 pre: crypto-crc32c post: ..." */
static void add_soft(struct plan *plan, const char *name, unsigned int nesting)
{
	size_t length = strlen(name);

	for (const char *line = plan->index->soft; *line; line = next_line(line)) {
		char *words, *word, *rest;
		bool before = false;

		if (strncmp(line, "softdep ", 8) || strncmp(line + 8, name, length) ||
		    line[8 + length] != ' ')
			continue;
		words = format_text("%.*s", (int)strcspn(line + 8 + length, "\n"), line + 8 + length);
		for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
			if (word[strlen(word) - 1] == ':')
				before = !strcmp(word, "pre:");
			else if (before)
				add_alias(plan, word, nesting + 1);
		}
		free(words);
	}
}

/* depmod lists a module's dependencies so that they load from the last to the first. */
static bool add_module(struct plan *plan, const char *name, const char *parameters,
		       unsigned int nesting)
{
	const char *line = find_dependencies(plan->index, name);
	const char *dependencies, *end;
	size_t path_length;

	if (nesting > MAX_NESTING || is_builtin(plan->index, name))
		return true;
	if (!line)
		return false;
	add_soft(plan, name, nesting);
	path_length = strcspn(line, ":\n");
	dependencies = line + path_length + 1;
	end = dependencies + strcspn(dependencies, "\n");
	while (end > dependencies) {
		const char *begin = end;

		while (begin > dependencies && begin[-1] != ' ')
			begin--;
		if (end > begin && !choose_module(plan, begin, (size_t)(end - begin), ""))
			return false;
		end = begin > dependencies ? begin - 1 : begin;
	}
	return choose_module(plan, line, path_length, parameters);
}

char *kmods_unpack(const char *path, size_t *length)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	char *bytes = NULL;
	size_t used = 0;
	la_ssize_t got = -1;

	archive_read_support_filter_all(archive);
	archive_read_support_format_raw(archive);
	if (archive_read_open_filename(archive, path, 65536) != ARCHIVE_OK ||
	    archive_read_next_header(archive, &entry) != ARCHIVE_OK)
		goto out;
	do {
		char *bigger = realloc(bytes, used + 262144);

		if (!bigger)
			goto out;
		bytes = bigger;
		got = archive_read_data(archive, bytes + used, 262144);
		used += got > 0 ? (size_t)got : 0;
	} while (got > 0);
out:
	if (got < 0) {
		complain("cannot read %s: %s", path, archive_error_string(archive));
		free(bytes);
		bytes = NULL;
	}
	archive_read_free(archive);
	*length = used;
	return bytes;
}

static int pack_modules(struct initramfs *initramfs, const struct plan *plan)
{
	int error = 0;

	for (unsigned int i = 0; i < plan->count && !error; i++) {
		char *host = format_text("%s/%s", plan->index->directory, plan->chosen[i].path);
		char *guest = format_text("%s/%02u.ko", GUEST_KMOD_DIR, i);
		size_t length;
		char *bytes = kmods_unpack(host, &length);

		error = bytes ? initramfs_bytes(initramfs, guest, 0644, bytes, length) : -1;
		free(bytes);
		free(host);
		free(guest);
	}
	return error;
}

/* The modules of one list, in load order */
static int pack_list(struct initramfs *initramfs, const struct plan *plan, unsigned int list_bit,
		     const char *name)
{
	char *list = format_text("%s", "");
	int error;

	for (unsigned int i = 0; i < plan->count; i++) {
		const struct chosen *chosen = &plan->chosen[i];
		char *longer;

		if (!(chosen->lists & list_bit))
			continue;
		longer = format_text("%s" GUEST_KMOD_DIR "/%02u.ko %s\n", list, i,
				     chosen->parameters);
		free(list);
		list = longer;
	}
	error = initramfs_text(initramfs, name, list);
	free(list);
	return error;
}

static unsigned int list_of(unsigned int need)
{
	return need ? need << 1 : 1;
}

static int pack_lists(struct initramfs *initramfs, const struct plan *plan, unsigned int needs)
{
	int error = pack_list(initramfs, plan, list_of(0), GUEST_KMODS);

	for (unsigned int need = 1; need <= NEEDS_ALL && !error; need <<= 1) {
		char *name = format_text(GUEST_KMODS ".%s", need_name(need));

		if (needs & need)
			error = pack_list(initramfs, plan, list_of(need), name);
		free(name);
	}
	return error;
}

static char *read_index(const char *directory, const char *name, bool required)
{
	char *path = format_text("%s/%s", directory, name);
	char *text = read_file(path, NULL);

	if (!text && !required)
		text = format_text("%s", "");
	if (!text)
		complain("cannot read %s: %s. Make it: depmod -b DIRECTORY-ABOVE-LIB RELEASE", path,
			 strerror(errno));
	free(path);
	return text;
}

static void choose_wanted(struct plan *plan, const char *disk_parameters, unsigned int needs)
{
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const char *parameters = wanted[i].parameters ?: disk_parameters;

		if (wanted[i].need & ~needs)
			continue;
		plan->list = list_of(wanted[i].need);
		if (!add_module(plan, wanted[i].name, parameters, 0))
			complain("this kernel has no %s (for %s): tests that need it will skip",
				 wanted[i].name, wanted[i].why);
	}
}

/* Modules that the person names. Their own defaults are their parameters. */
static void choose_named(struct plan *plan, const char *names)
{
	char *words = format_text("%s", names), *rest;

	plan->list = list_of(0);
	for (char *name = strtok_r(words, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
		if (!add_module(plan, name, "", 0))
			complain("this kernel has no module %s (--load)", name);
	free(words);
}

static int index_open(struct index *index, const char *directory)
{
	*index = (struct index){ .directory = directory };
	index->dependencies = read_index(directory, "modules.dep", true);
	index->builtin = read_index(directory, "modules.builtin", true);
	index->soft = read_index(directory, "modules.softdep", false);
	index->aliases = read_index(directory, "modules.alias", false);
	return index->dependencies && index->builtin ? 0 : -1;
}

static void index_close(struct index *index)
{
	free(index->dependencies);
	free(index->builtin);
	free(index->soft);
	free(index->aliases);
}

bool kmods_offer(const struct options *options, unsigned int need)
{
	struct index index;
	bool all = true;

	if (!options->modules)
		return false;
	if (index_open(&index, options->modules))
		all = false;
	for (size_t i = 0; i < ARRAY_SIZE(wanted) && all; i++)
		all = wanted[i].need != need || is_builtin(&index, wanted[i].name) ||
		      find_dependencies(&index, wanted[i].name);
	index_close(&index);
	return all;
}

int kmods_pack(struct initramfs *initramfs, const struct options *options)
{
	struct index index;
	struct plan plan = { .index = &index };
	char *disk_parameters;
	int error = -1;

	if (!options->modules)
		return 0;
	disk_parameters = disks_parameters(options, "");
	if (!index_open(&index, options->modules)) {
		choose_wanted(&plan, disk_parameters, options->needs);
		choose_named(&plan, options->load ?: "");
		error = pack_modules(initramfs, &plan) ?:
			pack_lists(initramfs, &plan, options->needs);
	}
	for (unsigned int i = 0; i < plan.count; i++)
		free(plan.chosen[i].path);
	free(disk_parameters);
	index_close(&index);
	return error;
}
