/* SPDX-License-Identifier: GPL-2.0-only */
/* What a page table says of device memory, at one instant. */
#ifndef PINCHECK_FOLLOW_H
#define PINCHECK_FOLLOW_H

#include <linux/types.h>

struct mm_struct;

/**
 * struct mapping_seen - what was mapped while the page table was locked; may have changed since
 * @given: the kernel gave an entry: the fields below are its own
 * @pfn: page frame number
 * @leaf: bytes that the entry maps; 0: unknown
 * @value: the eight bytes at the address, with @readable
 * @writable: the entry allows writing
 * @special: the entry is marked: no references may be counted on its page
 * @readable: @value was read
 * @ours: the entry maps device memory of this module, which is RAM
 * @copied: the entry maps memory of the process, which is a copy of device memory of this module
 */
struct mapping_seen {
	bool given;
	unsigned long pfn;
	unsigned long leaf;
	u64 value;
	bool writable;
	bool special;
	bool readable;
	bool ours;
	bool copied;
};

int follow(struct mm_struct *mm, unsigned long addr, bool write, struct mapping_seen *seen,
	   u32 *reason);
int follow_read(unsigned long pfn, unsigned int offset, void *buffer, unsigned int len);

#endif
