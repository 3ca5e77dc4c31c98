/* SPDX-License-Identifier: GPL-2.0-only */
/* The instructions of the program in a huge page: a process of a case then begins and ends sooner. */
#ifndef PINCHECK_SELFTESTS_HUGE_TEXT_H
#define PINCHECK_SELFTESTS_HUGE_TEXT_H

/**
 * huge_text() - put the program's instructions and constants into a huge page of this process
 *
 * fork() does not copy the page tables of a mapped file: each process takes a fault for each 64 KiB of the
 * program that it uses, and its exit visits each page. Together that is a sixth of the instructions of a
 * case. One entry maps a huge page, and fork() copies that entry. Nothing changes where the kernel has no
 * huge page to give, or the linker left no room for one.
 */
void huge_text(void);

#endif
