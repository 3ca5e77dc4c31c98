/* SPDX-License-Identifier: GPL-2.0-only */
/* The figures of a benchmark: the source and the budget of each. */
#ifndef PINCHECK_BENCH_FIGURES_H
#define PINCHECK_BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#define STREAM_NAME	48
#define STREAM_MAX	128

/** enum bench_source - what measured a number */
enum bench_source {
	/** @BY_ICOUNT: a guest whose clock counts instructions */
	BY_ICOUNT,
	/** @BY_TIME: a guest, or this machine, by the clock */
	BY_TIME,
	/** @BY_RUN: a run of the whole suite */
	BY_RUN,
	SOURCES
};

/**
 * struct stream - the numbers of one source, by name
 * @failed: number of parts that were not measured
 */
struct stream {
	struct {
		char name[STREAM_NAME];
		double value;
	} numbers[STREAM_MAX];
	size_t count;
	int failed;
};

/** stream_add() - add a number; what is beyond STREAM_MAX is dropped */
void stream_add(struct stream *stream, const char *name, double value);

enum rule { NO_BUDGET, AT_MOST, AT_LEAST };

/**
 * struct figure_row - a figure
 * @name: in JSON and in the table
 * @key: its name in the stream; NULL: the worst of the figures that @what names
 * @by: what measures it; a ratio is taken from the clock if no instructions were counted
 * @what: it is about
 * @rule: how @budget limits it
 */
struct figure_row {
	const char *name;
	const char *key;
	enum bench_source by;
	const char *what;
	enum rule rule;
	double budget;
};

/** struct figure - a figure and its value */
struct figure {
	const struct figure_row *row;
	enum bench_source by;
	double value;
};

struct figures {
	struct figure figures[STREAM_MAX];
	size_t count;
};

/** figures_fill() - all figures that the streams have, in the order of the table */
void figures_fill(struct figures *figures, const struct stream streams[SOURCES]);

/** figure_met() - does it keep to its budget? */
bool figure_met(const struct figure *figure);

#endif
