/* SPDX-License-Identifier: GPL-2.0-only */
/* A step that is done once on each CPU, for state that each CPU has for itself. */
#ifndef PINCHECK_SELFTESTS_EACH_CPU_H
#define PINCHECK_SELFTESTS_EACH_CPU_H

/**
 * each_cpu_calls() - call @step on each online CPU, and come back
 * @argument: for @step
 *
 * The process may then use the same CPUs as before. An error of @step ends the round.
 *
 * Return: 0, or the negative errno of @step or of sched_setaffinity()
 */
int each_cpu_calls(int (*step)(int argument), int argument);

/** each_cpu_drains_lru() - usermem_drain_lru() on each CPU: kernel threads put pages in batches, too. Return: as above */
int each_cpu_drains_lru(void);

#endif
