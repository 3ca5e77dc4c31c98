/* SPDX-License-Identifier: GPL-2.0-only */
/* A probe is one function that uses one interface. It must compile, and link as a module. */
#ifndef PINCHECK_PROBE_H
#define PINCHECK_PROBE_H

#define PROBE(type, ...)		\
	type pincheck_probe(__VA_ARGS__);	\
	type pincheck_probe(__VA_ARGS__)

#endif
