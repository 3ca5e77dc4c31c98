/* SPDX-License-Identifier: GPL-2.0-only */
/* The version of pincheck, named here and nowhere else: module, tools and packages take it. */
#ifndef PINCHECK_VERSION_H
#define PINCHECK_VERSION_H

#define PINCHECK_VERSION	"0.1.0"

#endif
