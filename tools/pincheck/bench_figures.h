/* SPDX-License-Identifier: GPL-2.0-only */
/* The figures of a benchmark: where each comes from, and the budget that it has. */
#ifndef PINCHECK_BENCH_FIGURES_H
#define PINCHECK_BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#define STREAM_NAME	48
#define STREAM_MAX	128

/** enum bench_source - who measured */
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
 * struct stream - numbers by name, as they were told
 * @failed: how many parts were not measured
 */
struct stream {
	struct {
		char name[STREAM_NAME];
		double value;
	} numbers[STREAM_MAX];
	size_t count;
	int failed;
};

/** stream_add() - one number more; beyond STREAM_MAX they are dropped */
void stream_add(struct stream *stream, const char *name, double value);

enum rule { TOLD, AT_MOST, AT_LEAST };

/**
 * struct figure_row - a figure
 * @name: in JSON and in the table
 * @key: as the stream has it; the worst of the others where it is NULL
 * @by: who measures it; the clock will do where instructions are not counted
 * @rule: what to compare with
 * @budget: with
 */
struct figure_row {
	const char *name;
	const char *key;
	enum bench_source by;
	enum rule rule;
	double budget;
	const char *what;
};

/** struct figure - and its value */
struct figure {
	const struct figure_row *row;
	enum bench_source by;
	double value;
};

struct figures {
	struct figure figures[STREAM_MAX];
	size_t count;
};

/** figures_fill() - all figures that the streams tell, in the order of the table */
void figures_fill(struct figures *figures, const struct stream streams[SOURCES]);

/** figure_met() - does it keep to its budget? */
bool figure_met(const struct figure *figure);

#endif
