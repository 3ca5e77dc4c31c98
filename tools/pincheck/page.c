// SPDX-License-Identifier: GPL-2.0-only
/* pincheck page: everything that is known of pages, by page frame number or by address. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/cause.h"
#include "tools/lib/pagemap.h"
#include "tools/lib/pincheck.h"
#include "tools/pincheck/columns.h"
#include "tools/pincheck/pincheck.h"

/**
 * struct page - the arguments, and the pages that they name
 * @pid: of the process; 0: page frame numbers are given
 * @address: in its memory, and @length bytes from there
 * @all: a line for each page: neighbours that are the same do not share one
 */
struct page {
	struct output output;
	pid_t pid;
	__u64 address;
	__u64 length;
	bool all;
	struct sample *samples;
	size_t count;
};

static struct sample *add_samples(struct page *page, size_t more)
{
	struct sample *samples = reallocarray(page->samples, page->count + more, sizeof(*samples));

	if (!samples) {
		fprintf(stderr, "pincheck: no memory for %zu pages. Ask for fewer\n",
			page->count + more);
		exit(EXIT_USAGE);
	}
	page->samples = samples;
	page->count += more;
	return samples + page->count - more;
}

static error_t parse_page(int key, char *argument, struct argp_state *state)
{
	struct page *page = state->input;

	switch (key) {
	case 'p':
		page->pid = parse_number(state, "--pid", argument);
		return 0;
	case 'a':
		page->address = parse_number(state, "--addr", argument);
		return 0;
	case 'l':
		page->length = parse_number(state, "--len", argument);
		return 0;
	case 'A':
		page->all = true;
		return 0;
	case ARGP_KEY_ARG:
		*add_samples(page, 1) = (struct sample) {
			.pages = 1, .report.pfn = parse_number(state, "PFN", argument),
		};
		return 0;
	case ARGP_KEY_END:
		if (!page->pid == !page->count)
			argp_error(state, "name pages: page frame numbers, or --pid and --addr");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Find the pages of the process. Return: 0, or a negative errno after printing an error. */
static int find_pages(struct page *page)
{
	__u64 start = page->address & ~(PAGE_BYTES - 1);
	size_t count = (page->address - start + (page->length ?: 1) + PAGE_BYTES - 1) / PAGE_BYTES;
	int pagemap = pagemap_open(page->pid);
	int error = pagemap;

	if (pagemap >= 0) {
		error = samples_find(pagemap, start, add_samples(page, count), count);
		close(pagemap);
	}
	if (error)
		fprintf(stderr, "pincheck: cannot read /proc/%d/pagemap at %#llx: %s. Is it running "
			"(ps -p %d), and is this root?\n", page->pid, start, cause_of(error),
			page->pid);
	return error;
}

static int read_pages(struct page *page, int session)
{
	int error = samples_read(session, page->samples, page->count);

	if (error)
		fprintf(stderr, "pincheck: the device reports no pages: %s. " NEEDS_ROOT "\n",
			cause_of(error));
	return error;
}

static int run_page(void *input, struct table *table)
{
	struct page *page = input;
	int session = open_session(), error;

	if (session < 0)
		return EXIT_USAGE;
	error = page->pid ? find_pages(page) : 0;
	if (!error)
		error = read_pages(page, session);
	close(session);
	if (!error) {
		samples_to_rows(table, page->samples, page->count, page->all);
		error = table_print_facts(table, false);
	}
	return error ? EXIT_USAGE : EXIT_KEPT;
}

int page_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "pid", 'p', "PID", 0, "the process that has the pages", 0 },
		{ "addr", 'a', "ADDRESS", 0, "their address in it", 0 },
		{ "len", 'l', "BYTES", 0, "bytes from there [one page]", 0 },
		{ "all", 'A', NULL, 0, "a line for each page; otherwise neighbours in a folio that "
		  "are the same share one", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_page,
		.args_doc = "PFN...\n--pid PID --addr ADDRESS [--len BYTES]",
		.doc = "Print everything that is known of pages: of one page a line for each fact, of "
		       "several a table.",
	};
	struct page page = { 0 };
	const struct table_command command = {
		.argp = &argp, .input = &page, .output = &page.output, .columns = report_columns(),
		.run = run_page,
	};
	int code = table_command(&command, argc, argv);

	free(page.samples);
	return code;
}
