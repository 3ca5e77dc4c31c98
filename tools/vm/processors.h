/* SPDX-License-Identifier: GPL-2.0-only */
/* Processors of the host that nobody uses. */
#ifndef PINCHECK_VM_PROCESSORS_H
#define PINCHECK_VM_PROCESSORS_H

/** processors_idle() - those that this process may use and that had no work just now; takes 0.1 s */
long processors_idle(void);

#endif
