/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/pincheck_interleave of pincheck_interleave.ko: see pincheck_interleave(4) and NEEDS_INTERLEAVE. */
#ifndef PINCHECK_SELFTESTS_INTERLEAVE_FILE_H
#define PINCHECK_SELFTESTS_INTERLEAVE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/pincheck_interleave.h>

#define INTERLEAVE_MODULE_NAME	"pincheck_interleave"

/* The page that interleave_map() returns; several processors write it at once. */
typedef volatile struct pincheck_interleave_shared interleave_page;

/** interleave_offered() - for NEEDS_INTERLEAVE */
bool interleave_offered(void);

/** interleave_load_module() - load it, with the longest delay, if it is not loaded. Return: 0 or -errno */
int interleave_load_module(void);

/** interleave_open() - Return: a descriptor (close-on-exec) or -errno */
int interleave_open(void);

/** interleave_map() - the shared page. Return: NULL on failure */
interleave_page *interleave_map(int device);

/** interleave_call() - ioctl(). Return: 0 or -errno */
int interleave_call(int device, unsigned long command, void *argument);

/** interleave_text() - the instructions of @symbol. Return: how many bytes, or -errno */
long interleave_text(int device, const char *symbol, uint8_t *text, uint32_t room);

/** interleave_load() - load @count places of @symbol; their errors come back. Return: good ones or -errno */
int interleave_load(int device, uint32_t slot, const char *symbol,
		    struct pincheck_interleave_place *places, uint32_t count);

/** interleave_empty() - empty a slot. Return: 0 or -errno */
int interleave_empty(int device, uint32_t slot);

/** interleave_arm() - hold thread @tid up at @place, the first time. Return: 0 or -errno */
int interleave_arm(int device, uint32_t slot, uint32_t place, uint32_t tid, uint32_t delay_us,
		   uint32_t opens);

/** interleave_count() - count where thread @tid comes by. Return: 0 or -errno */
int interleave_count(int device, uint32_t slot, uint32_t tid);

/** interleave_disarm() - Return: 0 or -errno */
int interleave_disarm(int device, uint32_t slot);

/** interleave_hits() - what was counted since the slot was armed. Return: 0 or -errno */
int interleave_hits(int device, uint32_t slot, struct pincheck_interleave_place *places,
		    uint32_t count);

#endif
