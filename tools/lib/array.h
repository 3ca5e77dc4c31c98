/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PINCHECK_LIB_ARRAY_H
#define PINCHECK_LIB_ARRAY_H

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#endif
