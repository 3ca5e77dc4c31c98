/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that QEMU has for some topics only: rows of the table in devices.c. */
#ifndef PINCHECK_VM_DEVICES_H
#define PINCHECK_VM_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

struct options;

/**
 * devices_argv() - append the devices of @options->needs to the words of a command line
 * @count: words in @argv; the new ones are added
 *
 * Return: @argv, which may have moved
 */
char **devices_argv(const struct options *options, char **argv, size_t *count);

/** devices_parameters() - kernel parameters that go with these devices; to be freed */
char *devices_parameters(const struct options *options);

/** devices_memory_mib() - memory of the host that a guest with these devices may take */
long devices_memory_mib(const struct options *options);

/** devices_ask_by_qmp() - is there a device that tests may ask for by MARK_ASK? */
bool devices_ask_by_qmp(const struct options *options);

#endif
