/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be read off a kernel image and a module without running them. */
#ifndef PINCHECK_VM_IMAGE_H
#define PINCHECK_VM_IMAGE_H

#include <stdbool.h>

struct options;

/* All return an allocated string, or NULL if the image or the module does not tell. */
char *image_release(const struct options *options);
char *image_module_srcversion(const char *module);
char *image_sha256(const char *path);

/** image_config_sha256() - of the kernel's .config, from where builds and packages put it */
char *image_config_sha256(const struct options *options, const char *release);

/** image_config_lacks() - does the kernel's .config say that @option is not set? */
bool image_config_lacks(const struct options *options, const char *option);

#endif
