/* SPDX-License-Identifier: GPL-2.0-only */
/* pincheck bench gup: figures of a run, from a measurement or from a file. */
#ifndef PINCHECK_BENCH_GUP_COMMAND_H
#define PINCHECK_BENCH_GUP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include "tools/bench/gup.h"

/** GUP_NAME - most bytes of the name of a figure */
#define GUP_NAME	64

/** GUP_WHY - most bytes of the reason why a row was not measured */
#define GUP_WHY		200

/**
 * struct gup_figure - what a row came to
 * @name: call, memory, state, and what else is special, with slashes between them
 * @threads: that ran, and @pages: of each call
 * @fast: pages by GUP-fast, and @slow: under mmap_lock
 * @take: median, nanoseconds a page, and @take_p99: 99 of 100 calls were faster
 * @give: the same, of giving the pages back
 * @call: median, nanoseconds of a call that takes the pages
 * @median: nanoseconds a page, taken and given back
 * @low: the same of the fastest pass, and @high: of the slowest
 * @samples: number of calls
 * @why: why there is none of these; or ""
 */
struct gup_figure {
	char name[GUP_NAME];
	unsigned int threads;
	size_t pages;
	double fast, slow;
	double take, take_p99;
	double give, give_p99;
	double call;
	double median, low, high;
	size_t samples;
	char why[GUP_WHY];
};

/** struct gup_figures - those of a run; gup_figures_free() frees them */
struct gup_figures {
	struct gup_figure *figures;
	size_t count;
};

/** gup_figures_free() - free what a run or a file filled */
void gup_figures_free(struct gup_figures *figures);

/** gup_figures_save() - write @figures as JSON. Return: 0 or a negative errno, after printing an error */
int gup_figures_save(const struct gup_figures *figures, const struct gup_plan *plan, const char *path);

/** gup_figures_load() - read such a file. Return: 0 or a negative errno, after printing an error */
int gup_figures_load(struct gup_figures *figures, const char *path);

/** enum gup_change - a figure against an older one */
enum gup_change { GUP_SAME, GUP_FASTER, GUP_SLOWER, GUP_NEW };

/**
 * gup_figures_compare() - has @now changed?
 * @old: of the other run, which has a figure of that name or not
 * @ratio: gets @now divided by the old one
 *
 * A change counts if it is more than 3 per cent, and if the ranges from the fastest to the slowest pass do
 * not overlap: passes of the same kernel differ, too.
 */
enum gup_change gup_figures_compare(const struct gup_figures *old, const struct gup_figure *now,
				    double *ratio);

/**
 * gup_plot() - draw the figures as SVG, by gnuplot
 * @old: to compare with, or NULL
 *
 * Return: 0 or a negative errno, after printing an error.
 */
int gup_plot(const struct gup_figures *figures, const struct gup_figures *old, const char *path);

#endif
