// SPDX-License-Identifier: GPL-2.0-only
/* What the guest finds in its file system. */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "boot.h"
#include "disks.h"
#include "guestfs.h"
#include "guests.h"
#include "initramfs.h"
#include "kmods.h"
#include "needs.h"
#include "options.h"
#include "protocol.h"
#include "share.h"
#include "strip.h"
#include "util.h"

#define GUEST_MODULE_DIR	"/lib"

/* An image for others has no debugging information: it goes over a network. */
static int pack_file(struct initramfs *initramfs, const struct options *options, const char *guest,
		     mode_t mode, const char *host)
{
	char *stripped = options->pack ? strip_file(options->arch, host) : NULL;
	int error = initramfs_file(initramfs, guest, mode, stripped ?: host);

	if (stripped)
		unlink(stripped);
	free(stripped);
	return error;
}

static int pack_test(struct initramfs *initramfs, const struct options *options, const char *name)
{
	char *host = format_text("%s/%s", options->tests, name);
	char *guest = format_text("%s/%s", GUEST_TESTS, name);
	struct stat status;
	int error = 0;

	if (!stat(host, &status) && S_ISREG(status.st_mode))
		error = pack_file(initramfs, options, guest, status.st_mode & 0777, host);
	free(host);
	free(guest);
	return error;
}

/* The guest says of a topic that the filter leaves out that it did not start, and needs its name only. */
static int pack_name(struct initramfs *initramfs, const char *name)
{
	char *guest = format_text("%s/%s", GUEST_TESTS, name);
	int error = initramfs_bytes(initramfs, guest, 0755, "", 0);

	free(guest);
	return error;
}

static int pack_topic(struct initramfs *initramfs, const struct options *options, const char *name)
{
	return topic_may_be_chosen(name, options->filter ?: "") ?
	       pack_test(initramfs, options, name) : pack_name(initramfs, name);
}

/* Every file for a shell; for a run the topics of @guest, NULL for all; and the data beside them. */
static int pack_tests(struct initramfs *initramfs, const struct options *options,
		      const struct guest *guest)
{
	struct dirent **entries;
	int count = guests_list_files(options->tests, &entries);
	int error = 0;

	if (count < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (options->shell || !guests_is_program(options->tests, name))
			error |= pack_test(initramfs, options, name);
		else if (!guest || guest_has_topic(guest, name))
			error |= pack_topic(initramfs, options, name);
		free(entries[i]);
	}
	free(entries);
	return error;
}

/* The module @name, if it was built beside the module under test */
static int pack_sibling(struct initramfs *initramfs, const struct options *options, const char *name)
{
	const char *module = options->module;
	const char *slash = strrchr(module, '/');
	char *host = format_text("%.*s%s", slash ? (int)(slash + 1 - module) : 0, module, name);
	char *guest = format_text(GUEST_MODULE_DIR "/%s", name);
	int error = 0;

	if (!access(host, R_OK))
		error = pack_file(initramfs, options, guest, 0644, host);
	free(guest);
	free(host);
	return error;
}

static int pack_config(struct initramfs *initramfs, const struct options *options,
		       const struct guest *guest, unsigned int results, bool emulated)
{
	const char *slash = options->module ? strrchr(options->module, '/') : NULL;
	const char *base = slash ? slash + 1 : options->module;
	char *module = format_text("%s%s%s", base ? GUEST_MODULE_DIR : "", base ? "/" : "", base ?: "");
	char *text = format_text(KEY_SHELL "=%d\n" KEY_SHARE "=%d\n" KEY_SLOW "=%d\n" KEY_FILTER "=%s\n"
				 KEY_MODULE "=%s\n" KEY_WITHOUT_MODULE "=%d\n" KEY_TOPIC_SECONDS "=%ld\n" KEY_SWAP_MIB "=%ld\n"
				 KEY_HUGEPAGES "=%ld\n" KEY_GUEST "=%u\n" KEY_PLAN "=%u\n"
				 KEY_RESULTS_BEFORE "=%u\n" KEY_GUEST_TITLE "=%s\n",
				 options->shell, !!options->share, emulated, options->filter ?: "", module, options->without_module,
				 boot_topic_seconds(options, emulated), options->swap_mib,
				 options->hugepages, guest->number, results, guest->results_before,
				 guest->title ?: "");
	int error = initramfs_text(initramfs, GUEST_CONFIG, text);

	if (base && !error)
		error = pack_file(initramfs, options, module, 0644, options->module);
	if (base && !error)
		error = pack_sibling(initramfs, options, GUP_TEST_MODULE);
	if (base && !error)
		error = pack_sibling(initramfs, options, INTERLEAVE_MODULE);
	free(module);
	free(text);
	return error;
}

/* A program that needs libraries of the host has a program header that names the interpreter. */
static bool is_static_program(const char *bytes, size_t length)
{
	Elf64_Phdr segment;
	Elf64_Ehdr header;

	if (length < sizeof(header) || memcmp(bytes, ELFMAG, SELFMAG))
		return false;
	memcpy(&header, bytes, sizeof(header));
	for (unsigned int i = 0; i < header.e_phnum; i++) {
		size_t at = header.e_phoff + i * sizeof(segment);

		if (at > length - sizeof(segment))
			return false;
		memcpy(&segment, bytes + at, sizeof(segment));
		if (segment.p_type == PT_INTERP)
			return false;
	}
	return true;
}

static int pack_busybox(struct initramfs *initramfs, const char *path)
{
	size_t length;
	char *bytes = read_file(path, &length);
	int error = -1;

	if (!bytes)
		complain("--shell needs busybox, %s: %s. Install it: sudo apt-get install busybox-static",
			 path, strerror(errno));
	else if (!is_static_program(bytes, length))
		complain("%s is not static. Install it: sudo apt-get install busybox-static", path);
	else
		error = initramfs_bytes(initramfs, GUEST_BUSYBOX, 0755, bytes, length);
	free(bytes);
	return error;
}

static int pack_all(struct initramfs *initramfs, const struct options *options,
		    const struct guest *guest, unsigned int results, bool emulated)
{
	int error = initramfs_file(initramfs, "/init", 0755, options->init);

	error = error ?: pack_config(initramfs, options, guest, results, emulated);
	error = error ?: kmods_pack(initramfs, options);
	error = error ?: disks_pack(initramfs, options);
	if (!error && options->splats_allowed)
		error = initramfs_file(initramfs, GUEST_SPLATS_ALLOWED, 0644,
				       options->splats_allowed);
	if (!error && options->shell)
		error = pack_busybox(initramfs, options->busybox);
	if (!error && options->script)
		error = initramfs_text(initramfs, GUEST_SCRIPT, options->script);
	if (!error && options->share && !kmods_offer(options, NEED_SHARE))
		error = share_pack(initramfs, options->share);
	if (!error && options->tests)
		error = pack_tests(initramfs, options, options->pack ? NULL : guest);
	return error;
}

int guestfs_build(const struct options *options, const struct guest *guest, unsigned int results,
		  bool emulated, const char *path)
{
	struct initramfs *initramfs = initramfs_create(path, NULL);
	int error;

	if (!initramfs)
		return -1;
	error = pack_all(initramfs, options, guest, results, emulated);
	return initramfs_close(initramfs) ?: error;
}

int guestfs_build_probe(const struct options *options, const char *path)
{
	struct initramfs *initramfs = initramfs_create(path, NULL);

	if (!initramfs)
		return -1;
	initramfs_file(initramfs, "/init", 0755, options->init);
	initramfs_text(initramfs, GUEST_CONFIG, KEY_PROBE "=1\n");
	return initramfs_close(initramfs);
}

/* The topics that do not share the first boot */
static int pack_boots(struct initramfs *initramfs, const struct guests *guests)
{
	char *text = format_text("%s", "");
	int error;

	for (size_t i = 1; i < guests->count; i++) {
		const struct guest *guest = &guests->guests[i];

		for (size_t j = 0; j < guest->topic_count; j++) {
			char *longer = format_text("%s%s %u\n", text, guest->topics[j], guest->number);

			free(text);
			text = longer;
		}
	}
	error = initramfs_text(initramfs, GUEST_BOOTS, text);
	free(text);
	return error;
}

int guestfs_build_image(const struct options *options, const struct guests *guests,
			const char *compression, const char *path)
{
	struct initramfs *initramfs = initramfs_create(path, compression);
	int error;

	if (!initramfs)
		return -1;
	/* /init counts the results itself: it knows of what boot and what shard they are. */
	error = pack_all(initramfs, options, &guests->guests[0], 0, false);
	error = error ?: pack_boots(initramfs, guests);
	return initramfs_close(initramfs) ?: error;
}
