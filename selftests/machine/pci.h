/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's PCI devices, found in sysfs. */
#ifndef PINCHECK_SELFTESTS_PCI_H
#define PINCHECK_SELFTESTS_PCI_H

#define PCI_PATH	128

/* Vendor and device number of QEMU's edu device: docs/specs/edu of QEMU */
#define PCI_EDU		0x123411e8U

/**
 * pci_find() - find the first device whose vendor and device numbers are those of @id
 * @path: receives its directory in sysfs
 *
 * Return: 0 or -ENODEV.
 */
int pci_find(unsigned int id, char path[PCI_PATH]);

#endif
