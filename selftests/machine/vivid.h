/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The video test driver vivid. What its output node reads its capture node writes, as if a cable went
 * from one to the other: so a frame carries any bytes from one buffer of a process to another.
 */
#ifndef PINCHECK_SELFTESTS_VIVID_H
#define PINCHECK_SELFTESTS_VIVID_H

#include <stdbool.h>
#include <stddef.h>

/** VIVID_DEVICES - vivid devices that the suite uses, each with an output and a capture node */
#define VIVID_DEVICES		2

/** VIVID_SPARE_PINS - how often an open loop pins its spare memory */
#define VIVID_SPARE_PINS	3

/**
 * struct vivid_loop - an output and a capture node that are connected
 * @output: reads frames from the memory @from, which it pins
 * @capture: writes them to the memory @to, which it pins
 */
struct vivid_loop {
	int output;
	int capture;
};

/**
 * struct vivid_memory - the memory of a loop: each has the size of a frame
 * @from: is read
 * @to: is written, and by nothing but vivid_loop_move()
 * @spare: for frames that start the loop, in which nobody is interested
 * @bytes: a multiple of the page size
 */
struct vivid_memory {
	void *from;
	void *to;
	void *spare;
	size_t bytes;
};

/**
 * vivid_loop_open() - pin the memory, and start
 * @device: 0..VIVID_DEVICES-1
 *
 * Return: 0 or a negative errno; the loop is closed then
 */
int vivid_loop_open(struct vivid_loop *loop, unsigned int device, const struct vivid_memory *memory);

/** vivid_loop_move() - move a frame, which takes 8 ms or a little more. Return: 0 or a negative errno */
int vivid_loop_move(const struct vivid_loop *loop, const struct vivid_memory *memory);

/** vivid_loop_close() - unpin the memory, although others may have inherited the descriptors */
int vivid_loop_close(struct vivid_loop *loop);

/** vivid_offered() - are all devices there? Connects them. For NEEDS_V4L2 */
bool vivid_offered(void);

#endif
