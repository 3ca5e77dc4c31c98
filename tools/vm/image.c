// SPDX-License-Identifier: GPL-2.0-only
/* What can be read off a kernel image and a module without running them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../arch/arch.h"
#include "image.h"
#include "options.h"
#include "util.h"

/* Boot protocol of a bzImage (boot.rst): the magic, and where the version string lies, less 0x200 */
#define SETUP_MAGIC	0x202
#define SETUP_VERSION	0x20e

/* The build tree that the image lies in, or NULL */
static char *tree_of_image(const struct options *options)
{
	size_t length = strlen(options->kernel), tail = strlen(options->arch->image);

	if (length <= tail || options->kernel[length - tail - 1] != '/' ||
	    strcmp(options->kernel + length - tail, options->arch->image))
		return NULL;
	return format_text("%.*s", (int)(length - tail - 1), options->kernel);
}

/* Of a bzImage; other images do not have it in clear. */
static char *read_release(const char *kernel)
{
	size_t length;
	char *bytes = read_file(kernel, &length);
	char *release = NULL;
	uint16_t offset;

	if (bytes && length > SETUP_VERSION + 2 && !memcmp(bytes + SETUP_MAGIC, "HdrS", 4)) {
		memcpy(&offset, bytes + SETUP_VERSION, sizeof(offset));
		if (offset && offset + 0x200u < length) {
			const char *text = bytes + offset + 0x200;

			release = format_text("%.*s", (int)strcspn(text, " "), text);
		}
	}
	free(bytes);
	return release;
}

/* Outside of a bzImage: the name of the directory of its modules */
char *image_release(const struct options *options)
{
	char *release = read_release(options->kernel);
	const char *slash = options->modules ? strrchr(options->modules, '/') : NULL;

	if (!release && slash && slash[1])
		release = format_text("%s", slash + 1);
	return release;
}

char *image_module_srcversion(const char *module)
{
	static const char key[] = "\0srcversion=";
	size_t length;
	char *bytes = read_file(module, &length);
	const char *at = bytes ? memmem(bytes, length, key, sizeof(key) - 1) : NULL;
	char *version = at ? format_text("%s", at + sizeof(key) - 1) : NULL;

	free(bytes);
	return version;
}

char *image_sha256(const char *path)
{
	char *const argv[] = { "sha256sum", (char *)path, NULL };
	char line[512];

	if (access(path, R_OK) || first_line_of(argv, line, sizeof(line)))
		return NULL;
	line[strcspn(line, " ")] = '\0';
	return format_text("%s", line);
}

/* Return: the path of the kernel's .config, or NULL */
static char *find_config(const struct options *options, const char *release)
{
	const char *kernel = options->kernel, *modules = options->modules;
	const char *slash = strrchr(kernel, '/');
	char *directory = slash ? format_text("%.*s", (int)(slash - kernel), kernel)
				: format_text(".");
	char *tree = tree_of_image(options);
	char *const places[] = {
		/* a distribution's /boot; a build tree; an installed header tree */
		format_text("%s/config-%s", directory, release ?: ""),
		format_text("%s/.config", tree ?: "/nonexistent"),
		format_text("%s/.config", directory),
		format_text("%s/build/.config", modules ?: "/nonexistent"),
		/* Debian since 7.x: beside the modules */
		format_text("%s/config", modules ?: "/nonexistent"),
	};
	char *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!found && !access(places[i], R_OK))
			found = places[i];
		else
			free(places[i]);
	}
	free(directory);
	free(tree);
	return found;
}

char *image_config_sha256(const struct options *options, const char *release)
{
	char *path = find_config(options, release);
	char *sum = path ? image_sha256(path) : NULL;

	free(path);
	return sum;
}

bool image_config_lacks(const struct options *options, const char *option)
{
	char *release = image_release(options);
	char *path = find_config(options, release);
	char *text = path ? read_file(path, NULL) : NULL;
	char *line = format_text("# %s is not set\n", option);
	bool lacks = text && strstr(text, line);

	free(release);
	free(path);
	free(text);
	free(line);
	return lacks;
}
