/* SPDX-License-Identifier: GPL-2.0-only */
/* What a page table says of device memory, as of one instant. */
#ifndef PINCHECK_FOLLOW_H
#define PINCHECK_FOLLOW_H

#include <linux/types.h>

struct mm_struct;

/**
 * struct sight - what was seen while the page table was locked; by now it may be wrong
 * @pfn: page frame number
 * @leaf: bytes that the entry maps; 0: not told
 * @value: the word at the address, if it could be read
 * @writable: the entry allows writing
 * @special: no page that anybody may count references on
 * @readable: @value is told
 * @ours: device memory of this module, which is RAM, is mapped there
 * @copied: memory of the process is mapped there, which copied device memory of this module
 */
struct sight {
	unsigned long pfn;
	unsigned long leaf;
	u64 value;
	bool writable;
	bool special;
	bool readable;
	bool ours;
	bool copied;
};

int follow(struct mm_struct *mm, unsigned long addr, bool write, struct sight *sight, u32 *reason);
int follow_read(unsigned long pfn, unsigned int offset, void *buffer, unsigned int len);

#endif
