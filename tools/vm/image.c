// SPDX-License-Identifier: GPL-2.0-only
/* What can be read off a kernel image and a module without running them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "image.h"
#include "util.h"

/* Documentation/arch/x86/boot.rst: the magic, and where the version string lies, less 0x200 */
#define SETUP_MAGIC	0x202
#define SETUP_VERSION	0x20e

char *image_release(const char *kernel)
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

char *image_config_sha256(const char *kernel, const char *modules, const char *release)
{
	const char *slash = strrchr(kernel, '/');
	char *directory = slash ? format_text("%.*s", (int)(slash - kernel), kernel)
				: format_text(".");
	char *const places[] = {
		/* a distribution's /boot; a build tree, from arch/x86/boot; an installed header tree */
		format_text("%s/config-%s", directory, release ?: ""),
		format_text("%s/../../../.config", directory),
		format_text("%s/.config", directory),
		format_text("%s/build/.config", modules ?: "/nonexistent"),
		/* Debian since 7.x: beside the modules */
		format_text("%s/config", modules ?: "/nonexistent"),
	};
	char *sum = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!sum)
			sum = image_sha256(places[i]);
		free(places[i]);
	}
	free(directory);
	return sum;
}
