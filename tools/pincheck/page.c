// SPDX-License-Identifier: GPL-2.0-only
/* pincheck page: all that is known of pages, by page frame number or by where a process has them. */
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
 * struct page - the command
 * @pid: whose memory, 0: none was named
 * @address: in it, and @length bytes from there
 * @all: a line a page, not one for neighbours that are alike
 * @sights: what is looked at, @count of them
 */
struct page {
	struct output output;
	pid_t pid;
	__u64 address;
	__u64 length;
	bool all;
	struct sight *sights;
	size_t count;
};

static struct sight *more_sights(struct page *page, size_t more)
{
	struct sight *sights = reallocarray(page->sights, page->count + more, sizeof(*sights));

	if (!sights) {
		fprintf(stderr, "pincheck: no memory for %zu pages. Ask for fewer\n",
			page->count + more);
		exit(EXIT_USAGE);
	}
	page->sights = sights;
	page->count += more;
	return sights + page->count - more;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct page *page = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &page->output;
		return 0;
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
		*more_sights(page, 1) = (struct sight) {
			.pages = 1, .report.pfn = parse_number(state, "PFN", argument),
		};
		return 0;
	case ARGP_KEY_END:
		if (!page->pid == !page->count)
			argp_error(state, "give page frame numbers, or --pid and --addr");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* What the process has there. Return: 0, or a negative errno that a person has been told of. */
static int find_pages(struct page *page)
{
	__u64 start = page->address & ~(PAGE_BYTES - 1);
	size_t count = (page->address - start + (page->length ?: 1) + PAGE_BYTES - 1) / PAGE_BYTES;
	int pagemap = pagemap_open(page->pid);
	int error = pagemap;

	if (pagemap >= 0) {
		error = sights_mapped(pagemap, start, more_sights(page, count), count);
		close(pagemap);
	}
	if (error)
		fprintf(stderr, "pincheck: cannot read /proc/%d/pagemap at %#llx: %s. Is it running "
			"(ps -p %d), and is this root?\n", page->pid, start, cause_of(error),
			page->pid);
	return error;
}

static int look(struct page *page, int session)
{
	int error = sights_look(session, page->sights, page->count);

	if (error)
		fprintf(stderr, "pincheck: no reports: %s. Page frame numbers are for "
			"CAP_SYS_ADMIN: use sudo\n", cause_of(error));
	return error;
}

/* One page and nothing else asked for: all of it, a fact a line. */
static int print_pages(const struct page *page, struct table *table)
{
	const struct output *output = &page->output;

	if (table_rows(table) == 1 && !output->json && !output->raw && !output->columns) {
		table_print_facts(table);
		return 0;
	}
	return table_print(table);
}

static int page_run(void *input, struct table *table)
{
	struct page *page = input;
	int session = open_session(), error;

	if (session < 0)
		return EXIT_USAGE;
	error = page->pid ? find_pages(page) : 0;
	if (!error)
		error = look(page, session);
	close(session);
	if (!error) {
		sights_rows(table, page->sights, page->count, page->all);
		error = print_pages(page, table);
	}
	return error ? EXIT_USAGE : EXIT_KEPT;
}

int page_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "pid", 'p', "PID", 0, "pages of this process", 0 },
		{ "addr", 'a', "ADDRESS", 0, "where it has them", 0 },
		{ "len", 'l', "BYTES", 0, "how many bytes from there [one page]", 0 },
		{ "all", 'A', NULL, 0, "a line a page: neighbours in a folio that are alike share "
		  "one otherwise", 0 },
		{ 0 }
	};
	static const struct argp_child children[] = { { &output_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options, .parser = parse, .children = children,
		.args_doc = "PFN...\n--pid PID --addr ADDRESS [--len BYTES]",
		.doc = "All that is known of pages: of one page a fact a line, of several a table.",
	};
	struct page page = { 0 };
	int code = report_command(&argp, argc, argv, &page, &page.output, page_run);

	free(page.sights);
	return code;
}
