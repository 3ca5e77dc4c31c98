/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pipe that holds the memory under test by vmsplice(): a plain reference to each page, for as long as
 * nobody reads. A pipe of the default size takes 64 KiB, so it gets only the samples of large memory.
 */
#ifndef PINCHECK_SELFTESTS_PAGE_PIPE_H
#define PINCHECK_SELFTESTS_PAGE_PIPE_H

#include "subject.h"

/** struct page_pipe - @end[1] takes the pages, @end[0] is read */
struct page_pipe {
	int end[2];
};

/** page_pipe_open() - Return: 0 or a negative errno */
int page_pipe_open(struct page_pipe *pipe);

/** page_pipe_fill() - splice the page of each sample into the pipe. Return: 0 or a negative errno */
int page_pipe_fill(const struct page_pipe *pipe, const struct memory *memory);

/** verdict_pipe_shows() - ISOLATION: a reader of the pipe sees @generation. Empties the pipe */
void verdict_pipe_shows(struct subject *subject, const struct page_pipe *pipe,
			enum generation generation, struct verdict *verdict);

#endif
