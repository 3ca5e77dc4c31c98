/* SPDX-License-Identifier: GPL-2.0-only */
/* The results that a boot sends when it comes to its end. */
#ifndef PINCHECK_VM_PACK_EXPECTED_H
#define PINCHECK_VM_PACK_EXPECTED_H

#include <stdio.h>

struct guest;
struct options;

/**
 * pack_expected() - write the names of all results of @guest to @to, a line each, in their order
 *
 * The test programs list their cases: so this machine must be able to run them.
 *
 * Return: the number of names, or -1 if a program does not run here
 */
long pack_expected(const struct options *options, const struct guest *guest, FILE *to);

#endif
