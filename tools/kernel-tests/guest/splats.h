/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of the kernel that programs are known to cause, and that are judged like a result of the topic. */
#ifndef PINCHECK_KERNEL_TESTS_SPLATS_H
#define PINCHECK_KERNEL_TESTS_SPLATS_H

/** splats_begin() - read their texts, which stand in @directory, and the kernel's log from now on */
void splats_begin(const char *directory);

/** splats_judge() - add the result "splat": it failed if one came since splats_begin() */
void splats_judge(void);

#endif
