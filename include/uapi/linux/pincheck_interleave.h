/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/pincheck_interleave: holds a thread up at one instruction of the kernel, until another thread
 * came to a place of its own, or the time is over. With two such threads a program chooses how two
 * paths of the kernel interleave. See pincheck_interleave(4).
 *
 * A file has slots. A slot is loaded with places of one kernel function. It is armed at one of these
 * places, for one thread, and fires once. It can also be armed at all of its places, to count which
 * of them the thread comes by.
 */
#ifndef _UAPI_LINUX_PINCHECK_INTERLEAVE_H
#define _UAPI_LINUX_PINCHECK_INTERLEAVE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PINCHECK_INTERLEAVE_DEVICE	"/dev/pincheck_interleave"
#define PINCHECK_INTERLEAVE_ABI		1

#define PINCHECK_INTERLEAVE_SLOTS	4
#define PINCHECK_INTERLEAVE_PLACES	4096		/* most places of a slot */
#define PINCHECK_INTERLEAVE_TEXT	(64 << 10)	/* most bytes of a function */
#define PINCHECK_INTERLEAVE_SYMBOL	128		/* bytes of a name, with its end */
#define PINCHECK_INTERLEAVE_DELAY_US	10000		/* the limit of a delay is never higher */

/* The index that means all places of a slot: the thread is counted and never held up. */
#define PINCHECK_INTERLEAVE_ALL		0xffffffffU

/**
 * struct pincheck_interleave_shared - the page that mmap() of the device maps
 * @hit: set by the kernel: the thread is in its delay, or was in it
 * @go: ends the delay, or prevents it: set by the program, or by another slot (@opens)
 * @late: set by the kernel: the time of the delay was over before @go was set
 * @waited_us: set by the kernel: how long the delay was
 *
 * An element belongs to the slot of that number. Only the program sets it to 0 again, before it arms.
 */
struct pincheck_interleave_shared {
	__u32 hit[PINCHECK_INTERLEAVE_SLOTS];
	__u32 go[PINCHECK_INTERLEAVE_SLOTS];
	__u32 late[PINCHECK_INTERLEAVE_SLOTS];
	__u32 waited_us[PINCHECK_INTERLEAVE_SLOTS];
};

/**
 * struct pincheck_interleave_info - the answer of INFO
 * @abi: PINCHECK_INTERLEAVE_ABI
 * @delay_max_us: longest delay that ARM accepts: parameter max_us of the module
 * @reserved: 0
 */
struct pincheck_interleave_info {
	__u32 abi;
	__u32 delay_max_us;
	__u32 reserved[6];
};

/**
 * struct pincheck_interleave_text - the argument of TEXT
 * @symbol: in: name of a function of the kernel's image
 * @text: in: address of a buffer for its instructions
 * @room: in: bytes of the buffer
 * @size: out: bytes of the function; the first @room of them are copied
 */
struct pincheck_interleave_text {
	char symbol[PINCHECK_INTERLEAVE_SYMBOL];
	__u64 text;
	__u32 room;
	__u32 size;
};

/**
 * struct pincheck_interleave_place - a place: an instruction of the function in a slot
 * @offset: in for LOAD: of the instruction, from the beginning of the function
 * @error: 0, or the errno (negative) for which the kernel refuses to probe it
 * @hits: how often the thread came by since ARM
 * @missed: hits of any thread since ARM that the kernel passed over, one probe being inside another
 * @order: of the first hits of places since ARM, from 1; 0: the thread never came by
 * @irqs_off: interrupts were off at the first hit
 */
struct pincheck_interleave_place {
	__u32 offset;
	__s32 error;
	__u32 hits;
	__u32 missed;
	__u32 order;
	__u32 irqs_off;
};

/**
 * struct pincheck_interleave_load - the argument of LOAD
 * @slot: in: number; what was loaded before is gone
 * @count: in: number of places; 0: the slot becomes empty
 * @places: in: address of an array of @count struct pincheck_interleave_place, with @offset in
 *	ascending order. Out: @error of each
 * @good: out: how many of them can be armed
 * @reserved: 0
 * @symbol: in: name of the function
 */
struct pincheck_interleave_load {
	__u32 slot;
	__u32 count;
	__u64 places;
	__u32 good;
	__u32 reserved;
	char symbol[PINCHECK_INTERLEAVE_SYMBOL];
};

/**
 * struct pincheck_interleave_arm - the argument of ARM
 * @slot: number
 * @place: index into the places of the slot, or PINCHECK_INTERLEAVE_ALL
 * @tid: a thread of the process that opened the file, or of a descendant
 * @delay_us: longest delay; 0: only @hit and @opens
 * @nth: fire when the thread comes by for the nth time, from 1 on; 0 with PINCHECK_INTERLEAVE_ALL
 * @opens: a bit for each slot whose @go is set when this slot fires
 */
struct pincheck_interleave_arm {
	__u32 slot;
	__u32 place;
	__u32 tid;
	__u32 delay_us;
	__u32 nth;
	__u32 opens;
};

/**
 * struct pincheck_interleave_hits - the argument of HITS
 * @slot: in: number
 * @count: in: number of places that were loaded
 * @places: in: address of an array of @count struct pincheck_interleave_place, which is filled
 */
struct pincheck_interleave_hits {
	__u32 slot;
	__u32 count;
	__u64 places;
};

#define PINCHECK_INTERLEAVE_IOC_INFO	_IOR('I', 0xe0, struct pincheck_interleave_info)
#define PINCHECK_INTERLEAVE_IOC_TEXT	_IOWR('I', 0xe1, struct pincheck_interleave_text)
#define PINCHECK_INTERLEAVE_IOC_LOAD	_IOWR('I', 0xe2, struct pincheck_interleave_load)
#define PINCHECK_INTERLEAVE_IOC_ARM	_IOW('I', 0xe3, struct pincheck_interleave_arm)
#define PINCHECK_INTERLEAVE_IOC_DISARM	_IO('I', 0xe4)	/* the argument is the number of the slot */
#define PINCHECK_INTERLEAVE_IOC_HITS	_IOWR('I', 0xe5, struct pincheck_interleave_hits)

#endif
