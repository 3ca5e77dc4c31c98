// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck-vm pack: kernel, module and suite as an image that a lab boots: one initramfs for all boots
 * that the topics want, and for each boot its command line, its words for QEMU and the results that come.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../arch/arch.h"
#include "../lib/directory.h"
#include "../lib/exit_code.h"
#include "devices.h"
#include "guestfs.h"
#include "guests.h"
#include "image.h"
#include "needs.h"
#include "options.h"
#include "pack.h"
#include "pack_expected.h"
#include "protocol.h"
#include "qemu.h"
#include "record.h"
#include "util.h"

/**
 * struct image - what is written
 * @emulated: more parameters for an emulated machine; the last one makes deadlines longer
 * @initramfs: name of its file
 * @json: facts.json
 */
struct image {
	const struct options *options;
	struct guests guests;
	char *emulated;
	const char *initramfs;
	json_t *json;
};

static int file_failed(const char *path)
{
	complain("cannot write %s: %s. Choose another directory: --output DIR", path, strerror(errno));
	return -1;
}

/* DIR/NAME.NUMBER, or DIR/NAME for 0 */
static char *path_of(const struct image *image, const char *name, unsigned int number)
{
	return number ? format_text("%s/%s.%u", image->options->output, name, number) :
			format_text("%s/%s", image->options->output, name);
}

static int write_file(const struct image *image, const char *name, unsigned int number,
		      const char *bytes, size_t length)
{
	char *path = path_of(image, name, number);
	FILE *to = fopen(path, "we");
	int error = 0;

	if (!to || fwrite(bytes, 1, length, to) != length)
		error = file_failed(path);
	if (to && fclose(to) && !error)
		error = file_failed(path);
	free(path);
	return error;
}

/* A file with one line */
static int write_line(const struct image *image, const char *name, unsigned int number, const char *line)
{
	char *text = format_text("%s\n", line);
	int error = write_file(image, name, number, text, strlen(text));

	free(text);
	return error;
}

static int copy_kernel(const struct image *image)
{
	size_t length;
	char *bytes = read_file(image->options->kernel, &length);
	int error = bytes ? write_file(image, "kernel", 0, bytes, length) : -1;

	if (!bytes)
		complain("cannot read %s: %s", image->options->kernel, strerror(errno));
	free(bytes);
	return error;
}

/* Kernels since 5.9 unpack zstd, unless they were configured not to. */
static int write_initramfs(struct image *image)
{
	bool gzip = image_config_lacks(image->options, "CONFIG_RD_ZSTD");
	struct options all = *image->options;
	char *path;
	int error;

	image->initramfs = gzip ? "initramfs.cpio.gz" : "initramfs.cpio.zst";
	for (size_t i = 0; i < image->guests.count; i++)
		all.needs |= image->guests.guests[i].needs;
	path = path_of(image, image->initramfs, 0);
	error = guestfs_build_image(&all, &image->guests, gzip ? "gzip" : "zstd", path);
	free(path);
	return error;
}

/* The boot's machine for QEMU. Whoever plugs memory in talks to QEMU, and a lab does not. */
static struct options options_of_boot(const struct image *image, const struct guest *guest)
{
	struct options own = guest_options(guest, image->options);

	own.needs &= ~(unsigned int)NEED_VIRTIO_MEM;
	return own;
}

static char *qemu_words(const struct options *own)
{
	char *words = format_text("-machine %s -cpu %s -smp %ld -m %ld", own->arch->qemu_machine,
				  own->arch->qemu_cpu, own->smp, own->memory_mib);
	char **devices = NULL;
	size_t count = 0;

	devices = devices_argv(own, devices, &count);
	for (size_t i = 0; i < count; i++) {
		char *longer = format_text("%s %s", words, devices[i]);

		free(words);
		free(devices[i]);
		words = longer;
	}
	free(devices);
	return words;
}

static char *command_line_of_boot(const struct image *image, const struct options *own,
				  const struct guest *guest)
{
	char *parameters = kernel_parameters(own);
	char *line = guest->number > 1 ? format_text("%s " ENV_BOOT "=%u", parameters, guest->number) :
					 format_text("%s", parameters);
	size_t length = strlen(own->arch->boot) + strlen(image->emulated) + strlen(line) + 2;

	if ((long)length >= own->arch->command_line_bytes)
		complain("the kernel takes %ld bytes of command line, boot %u has %zu: shorten --append",
			 own->arch->command_line_bytes - 1, guest->number, length);
	free(parameters);
	return line;
}

/* Return: the number of results, -1 if it is not known, -2 if the list cannot be written */
static long write_expected(const struct image *image, const struct guest *guest)
{
	char *names = NULL;
	size_t length;
	FILE *to = open_memstream(&names, &length);
	long count = pack_expected(image->options, guest, to);

	fclose(to);
	if (count >= 0 && write_file(image, "expected", guest->number, names, length))
		count = -2;
	free(names);
	return count;
}

static json_t *topics_json(const struct guest *guest)
{
	json_t *topics = json_array();

	for (size_t i = 0; i < guest->topic_count; i++)
		json_array_append_new(topics, json_string(guest->topics[i]));
	return topics;
}

static int write_boot(struct image *image, const struct guest *guest)
{
	struct options own = options_of_boot(image, guest);
	char *line = command_line_of_boot(image, &own, guest), *words = qemu_words(&own);
	int error = write_line(image, "cmdline", guest->number, line) ?:
		    write_line(image, "qemu", guest->number, words);
	long count = error ? -2 : write_expected(image, guest);

	json_array_append_new(json_object_get(image->json, "boots"),
			      json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:o}", "number", (int)guest->number,
					"title", guest->own ? guest->title : "", "parameters", guest->parameters,
					"cmdline", line, "qemu", words, "results",
					count < 0 ? json_null() : json_integer(count), "topics",
					topics_json(guest)));
	free(line);
	free(words);
	return count == -2 ? -1 : 0;
}

static json_t *text_json(char *text)
{
	json_t *json = text ? json_string(text) : json_null();

	free(text);
	return json;
}

static void set_facts(struct image *image)
{
	const struct options *options = image->options;
	const char *module = options->module;

	image->json = json_pack("{s:o, s:o, s:o, s:s, s:i, s:i, s:i, s:s, s:s, s:[]}",
				"kernel", record_kernel(options),
				"module_srcversion", text_json(module ? image_module_srcversion(module) : NULL),
				"module_sha256", text_json(module ? image_sha256(module) : NULL),
				"filter", options->filter ?: "", "smp", (int)options->smp,
				"memory_mib", (int)options->memory_mib, "hugepages", (int)options->hugepages,
				"console", options->arch->boot, "emulated", image->emulated,
				"boots");
}

static int write_facts(const struct image *image)
{
	char *path = path_of(image, "facts.json", 0);
	int error;

	json_object_set_new(image->json, "initramfs", json_string(image->initramfs));
	error = json_dump_file(image->json, path, JSON_INDENT(2)) ? file_failed(path) : 0;
	free(path);
	return error;
}

/* An image of earlier options had more boots. */
static void remove_old_boots(const struct image *image)
{
	static const char *const names[] = { "cmdline", "qemu", "expected" };

	for (unsigned int number = 1; number < 64; number++) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			char *path = path_of(image, names[i], number);

			unlink(path);
			free(path);
		}
	}
}

static int write_image(struct image *image)
{
	const struct options *options = image->options;
	int error;

	remove_old_boots(image);
	set_facts(image);
	error = copy_kernel(image) ?: write_initramfs(image) ?:
		write_line(image, "console", 0, options->arch->boot) ?:
		write_line(image, "emulated", 0, image->emulated);
	for (size_t i = 0; i < image->guests.count && !error; i++)
		error = write_boot(image, &image->guests.guests[i]);
	error = error ?: write_facts(image);
	json_decref(image->json);
	return error;
}

static void say_image(const struct image *image)
{
	char *path = path_of(image, image->initramfs, 0);
	struct stat status = { 0 };

	stat(path, &status);
	printf("%s: initramfs of %.1f MB, %zu boot%s\n", image->options->output,
	       (double)status.st_size / 1e6, image->guests.count, image->guests.count > 1 ? "s" : "");
	free(path);
}

int pack_run(struct options *options)
{
	struct image image = { .options = options };
	int error = make_directories(options->output);

	if (error) {
		complain("cannot make %s: %s. Choose another: --output DIR", options->output,
			 strerror(-error));
		return EXIT_USAGE;
	}
	/* File systems are made beside the image, and topics are not distributed for speed. */
	options->results = options->output;
	options->guests = 1;
	image.emulated = format_text("%s " ENV_SLOW "=yes", kernel_parameters_if_emulated());
	error = guests_plan(&image.guests, options) ?: write_image(&image);
	if (!error)
		say_image(&image);
	guests_free(&image.guests);
	free(image.emulated);
	return error ? EXIT_USAGE : EXIT_PASS;
}
