/* SPDX-License-Identifier: GPL-2.0-only */
/* Device memory of /dev/pincheck: its flavours, and accesses that may end in a signal. */
#ifndef PINCHECK_SELFTESTS_DEVICE_MEMORY_H
#define PINCHECK_SELFTESTS_DEVICE_MEMORY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DEVICE_SMALL_BYTES	(64UL << 10)	/* every machine has as much */

/**
 * struct flavour - a way to map device memory
 * @name: of the variant
 * @offset: PINCHECK_MMAP_*
 * @bytes: length of the mapping
 * @map: MAP_SHARED or MAP_PRIVATE
 * @huge: mapped by a PMD: NEEDS_PFNMAP_HUGE
 * @comes_back: after REVOKE and restore, a touch maps the memory again
 */
struct flavour {
	const char *name;
	unsigned long offset;
	size_t bytes;
	int map;
	bool huge;
	bool comes_back;
};

extern const struct flavour flavour_fault, flavour_huge, flavour_remap, flavour_private;

#define DEVICE_VARIANT(topic, name)								\
	FIXTURE_VARIANT_ADD(topic, name) { .flavour = &flavour_##name };

/**
 * DEVICE_TOPIC() - declare a topic on device memory: one variant a flavour, and the teardown
 *
 * The fixture has the fields stage, device (where DEVICE_SETUP() maps the memory) and bytes.
 */
#define DEVICE_TOPIC(topic)									\
	FIXTURE_VARIANT(topic) { const struct flavour *flavour; };				\
	DEVICE_VARIANT(topic, fault)								\
	DEVICE_VARIANT(topic, huge)								\
	DEVICE_VARIANT(topic, remap)								\
	DEVICE_VARIANT(topic, private)								\
	FIXTURE_TEARDOWN(topic)									\
	{											\
		if (self->device != MAP_FAILED)							\
			munmap(self->device, self->bytes);					\
		EXPECT_STAGE_CLEAN(&self->stage);						\
	}

/** DEVICE_SETUP() - the first line of FIXTURE_SETUP(); adds the flavour's needs */
#define DEVICE_SETUP(requirements) do {								\
	self->device = MAP_FAILED;								\
	ASSERT_STAGE_OPEN(&self->stage);							\
	SUITE_NEEDS((requirements) | (variant->flavour->huge ? NEEDS_PFNMAP_HUGE : 0));		\
	self->bytes = variant->flavour->bytes;							\
	self->device = device_map(self->stage.session, variant->flavour,			\
				  PROT_READ | PROT_WRITE);					\
	ASSERT_NE(MAP_FAILED, (void *)self->device) TH_LOG("%s", strerror(errno));		\
} while (0)

/**
 * device_map() - map device memory of @session, aligned to a PMD
 *
 * Return: the address, or MAP_FAILED.
 */
unsigned char *device_map(int session, const struct flavour *flavour, int prot);

/** device_fill() - write device_word() of @seed to every page */
void device_fill(unsigned char *memory, size_t bytes, uint64_t seed);

/** device_fill_by() - device_fill() through a mapping made for that. Return: 0 or -errno */
int device_fill_by(int session, size_t bytes, uint64_t seed);

/** device_word() - the word for byte @offset: tells the seed and the page */
uint64_t device_word(uint64_t seed, size_t offset);

/** device_differs() - how many pages do not have what device_fill() wrote */
size_t device_differs(const unsigned char *memory, size_t bytes, uint64_t seed);

/** touch_read() - read a word. Return: 0, or the signal that the read raised */
int touch_read(const void *address, uint64_t *word);

/** touch_write() - write a word. Return: 0, or the signal that the write raised */
int touch_write(void *address, uint64_t word);

/**
 * struct toucher - a child process that reads one address on request
 * @pid: of the child
 * @ask: pipe for requests
 * @answer: pipe for what the child read
 */
struct toucher {
	pid_t pid;
	int ask;
	int answer;
};

/** toucher_start() - fork. Return: 0 or -errno */
int toucher_start(struct toucher *toucher, const void *address);

/** toucher_reads() - have the child read. Return: 0, the signal that the read raised, or -errno */
int toucher_reads(struct toucher *toucher, uint64_t *word);

/** toucher_end() - end the child. Return: 0 or -errno */
int toucher_end(struct toucher *toucher);

#endif
