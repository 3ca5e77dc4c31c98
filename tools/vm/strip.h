/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies of programs and modules without debugging information. */
#ifndef PINCHECK_VM_STRIP_H
#define PINCHECK_VM_STRIP_H

struct arch;

/**
 * strip_file() - a copy of the ELF file @path of @arch without debugging information
 *
 * Return: the name of the copy, to be unlinked and freed; NULL if there is nothing to strip, or nothing
 * to strip it with, having complained once.
 */
char *strip_file(const struct arch *arch, const char *path);

#endif
