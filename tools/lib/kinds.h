/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of hold, by name: for messages, help texts and tests. */
#ifndef PINCHECK_LIB_KINDS_H
#define PINCHECK_LIB_KINDS_H

/** PINCHECK_FOR_EACH_KIND() - X(name, KIND) for each value of enum pincheck_kind, in its order */
#define PINCHECK_FOR_EACH_KIND(X)	\
	X(pin, PIN)			\
	X(get, GET)			\
	X(memfd, MEMFD)			\
	X(mirror, MIRROR)		\
	X(pfnmap, PFNMAP)

/** PINCHECK_KIND_NAMES - a string: the names of all kinds, a space before each */
#define PINCHECK_KIND_NAMES		PINCHECK_FOR_EACH_KIND(PINCHECK_KIND_WORD)
#define PINCHECK_KIND_WORD(name, KIND)	" " #name

#endif
