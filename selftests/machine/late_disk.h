/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block device that answers late: a loop device over a file of late_file.h. The block layer, not FUSE, gets the
 * pages of the caller. Places and sizes of a transfer are multiples of LATE_DISK_SECTOR.
 */
#ifndef PINCHECK_SELFTESTS_LATE_DISK_H
#define PINCHECK_SELFTESTS_LATE_DISK_H

#include <stdbool.h>
#include "late_file.h"

#define LATE_DISK_SECTOR	512

/** late_disk_offered() - are there loop devices? For NEEDS_LOOP */
bool late_disk_offered(void);

/**
 * late_disk_open() - a device whose requests go to the file, as they are
 *
 * Before any order was given to the server of the file: the kernel asks the server for things of its own.
 *
 * Return: a descriptor, for O_DIRECT; or a negative errno
 */
int late_disk_open(const struct late_file *late);

/** late_disk_close() - after late_file_close(), by which requests end. The device goes with its last descriptor */
void late_disk_close(int disk);

#endif
