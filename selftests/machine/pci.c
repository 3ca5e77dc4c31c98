// SPDX-License-Identifier: GPL-2.0-only
/* The machine's PCI devices, found in sysfs. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include "pci.h"

#define PCI_DEVICES	"/sys/bus/pci/devices"

static unsigned int read_pci_number(const char *device, const char *name)
{
	char path[PCI_PATH + 16];
	unsigned int number = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", device, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%x", &number) != 1)
		number = 0;
	fclose(file);
	return number;
}

int pci_find(unsigned int id, char path[PCI_PATH])
{
	DIR *directory = opendir(PCI_DEVICES);
	struct dirent *entry;
	int error = -ENODEV;

	while (directory && error && (entry = readdir(directory))) {
		snprintf(path, PCI_PATH, PCI_DEVICES "/%.64s", entry->d_name);
		if (read_pci_number(path, "vendor") == id >> 16 &&
		    read_pci_number(path, "device") == (id & 0xffff))
			error = 0;
	}
	if (directory)
		closedir(directory);
	return error;
}
