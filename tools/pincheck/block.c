// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck scan --block: what keeps a memory block from going offline. offline_pages() first asks whether the
 * block has pages that no migration moves (has_unmovable_pages() in mm/page_isolation.c), and then moves the
 * others, which fails as long as somebody else has a reference.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/pincheck.h"
#include "tools/pincheck/block.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/places.h"

#define PAGE_FLAGS	"/proc/kpageflags"

#define KPF_RESERVED	32	/* printed by all kernels, but not in their header */

#define KPF(name)	(1ULL << KPF_##name)

/* What migration moves, what is free, and what a driver takes offline itself. */
#define MOVES		(KPF(LRU) | KPF(MMAP) | KPF(ANON) | KPF(HUGE) | KPF(KSM) | KPF(BUDDY) | \
			 KPF(NOPAGE) | KPF(OFFLINE) | KPF(HWPOISON))

#define BATCH	256

/**
 * struct cause - pages that hinder, for the same reason
 * @what: the reason
 * @pfn: the first of them
 * @pid: of a process that maps them, and its name @command; 0: none does
 * @holder: of the first of them
 */
struct cause {
	const char *what;
	__u64 pfn;
	unsigned long long pages;
	unsigned long long folios;
	pid_t pid;
	char command[32];
	struct judgement holder;
};

/** struct block - the block, its first page frame and the one behind it, and what hinders it */
struct block {
	unsigned long long number;
	__u64 start;
	__u64 end;
	char state[32];
	char zones[64];
	struct cause *causes;
	size_t count;
};

enum cause_column { CAUSE, PAGES, FOLIOS, PFN, PID, COMMAND, HOLDER, GUESS, EVIDENCE, CAUSE_COLUMNS };

static const struct column cause_rows[CAUSE_COLUMNS] = {
	[CAUSE]		= { "CAUSE", CELL_TEXT, false, "why pages of the block do not move" },
	[PAGES]		= { "PAGES", CELL_NUMBER, false, "number of these base pages" },
	[FOLIOS]	= { "FOLIOS", CELL_NUMBER, false, "number of their folios, where these were counted" },
	[PFN]		= { "PFN", CELL_HEX, false, "page frame number of the first" },
	[PID]		= { "PID", CELL_NUMBER, false, "of a process that maps them" },
	[COMMAND]	= { "COMMAND", CELL_TEXT, false, "name of this process" },
	[HOLDER]	= { "HOLDER", CELL_TEXT, false, "the driver that holds them, or unknown" },
	[GUESS]		= { "GUESS", CELL_FLAG, true, "is HOLDER a guess by what the processes have open?" },
	[EVIDENCE]	= { "EVIDENCE", CELL_TEXT, false, "what says that HOLDER holds the first of them" },
};

const struct columns *block_columns(void)
{
	static const struct columns columns = { "causes", cause_rows, CAUSE_COLUMNS };

	return &columns;
}

static struct cause *cause_like(struct block *block, const struct cause *like)
{
	struct cause *cause;

	for (size_t i = 0; i < block->count; i++) {
		cause = &block->causes[i];
		if (!strcmp(cause->what, like->what) && cause->pid == like->pid &&
		    !strcmp(cause->holder.holder, like->holder.holder))
			return cause;
	}
	cause = reallocarray(block->causes, block->count + 1, sizeof(*cause));
	if (!cause) {
		fprintf(stderr, "pincheck: no memory for what hinders the block\n");
		exit(EXIT_USAGE);
	}
	block->causes = cause;
	cause += block->count++;
	*cause = *like;
	return cause;
}

static void add_folio_in_block(void *context, const struct found *found)
{
	struct block *block = context;
	const struct pincheck_report *report = &found->report;
	struct cause like = {
		.what = report->flags & PINCHECK_PAGE_MAYBE_DMA_PINNED ? "pinned" : "referenced",
		.pfn = report->pfn, .holder = found->holder,
	}, *cause;

	if (found->count) {
		like.pid = found->owners->area->process->pid;
		snprintf(like.command, sizeof(like.command), "%s", found->owners->area->process->name);
	}
	cause = cause_like(block, &like);
	cause->folios++;
	cause->pages += 1ULL << report->order;
}

static void add_kernel_page(struct block *block, const char *what, __u64 pfn)
{
	const struct cause like = { .what = what, .pfn = pfn };

	cause_like(block, &like)->pages++;
}

/* Pages of no kind: on the lists of a CPU, on their way to an LRU list, or the kernel's own. */
static int look_at_others(struct block *block, int session, const __u64 *pfns, size_t count)
{
	static struct pincheck_report reports[BATCH];
	int error = count ? pincheck_report(session, pfns, count, reports) : 0;

	for (size_t i = 0; !error && i < count; i++) {
		if (reports[i].refcount > 0 &&
		    !(reports[i].flags & (PINCHECK_PAGE_ANON | PINCHECK_PAGE_FILE | PINCHECK_PAGE_SHMEM)))
			add_kernel_page(block, "kernel memory", pfns[i]);
	}
	return error;
}

static const char *kernel_use(__u64 flags)
{
	return flags & KPF(RESERVED) ? "reserved" : flags & KPF(SLAB) ? "slab" :
	       flags & KPF(PGTABLE) ? "page tables" : NULL;
}

/* Which pages of the block does no migration move? */
static int look_at_flags(struct block *block, int session)
{
	int file = open(PAGE_FLAGS, O_RDONLY | O_CLOEXEC), error = file < 0 ? -errno : 0;
	__u64 flags[BATCH], others[BATCH];

	for (__u64 pfn = block->start; pfn < block->end && !error; pfn += BATCH) {
		ssize_t got = pread(file, flags, sizeof(flags), pfn * sizeof(*flags));
		size_t count = 0;

		for (ssize_t i = 0; i < got / (ssize_t)sizeof(*flags) && pfn + i < block->end; i++) {
			const char *use = kernel_use(flags[i]);

			if (use)
				add_kernel_page(block, use, pfn + i);
			else if (!(flags[i] & MOVES))
				others[count++] = pfn + i;
		}
		error = got < 0 ? -errno : look_at_others(block, session, others, count);
	}
	if (file >= 0)
		close(file);
	return error;
}

static void put_cause(struct table *table, const struct cause *cause)
{
	const struct judgement *holder = &cause->holder;

	table_row(table);
	table_set(table, CAUSE, "%s", cause->what);
	table_set(table, PAGES, "%llu", cause->pages);
	table_set(table, PFN, "%#llx", cause->pfn);
	if (cause->folios)
		table_set(table, FOLIOS, "%llu", cause->folios);
	if (cause->pid) {
		table_set(table, PID, "%d", (int)cause->pid);
		table_set(table, COMMAND, "%s", cause->command);
	}
	if (!*holder->holder)
		return;
	table_set(table, HOLDER, "%s", holder->holder);
	table_set(table, GUESS, "%s", holder->guessed ? "yes" : "no");
	if (*holder->evidence)
		table_set(table, EVIDENCE, "%s", holder->evidence);
}

static int print_block_json(const struct block *block, const struct table *table)
{
	json_t *root = json_pack("{s:{s:I,s:s,s:s,s:b},s:o}", "block", "number",
				 (json_int_t)block->number, "state", block->state, "zones", block->zones,
				 "hindered", block->count > 0, "causes", table_json(table));

	return table_print_json(table, root);
}

static int print_block(const struct block *block, const struct output *output, struct table *table)
{
	unsigned long long pages = 0;

	for (size_t i = 0; i < block->count; i++) {
		put_cause(table, &block->causes[i]);
		pages += block->causes[i].pages;
	}
	if (output->json)
		return print_block_json(block, table);
	if (!output->raw && !pages)
		printf("memory%llu (%s, %s): nothing keeps it from going offline\n", block->number,
		       block->state, block->zones);
	else if (!output->raw)
		printf("memory%llu (%s, %s): %llu pages keep it from going offline\n", block->number,
		       block->state, block->zones, pages);
	fflush(stdout);
	return pages ? table_print(table) : 0;
}

static int find_block(unsigned long long number, struct block *block)
{
	*block = (struct block) { .number = number };
	if (!block_pages() || !block_file(number, "state", block->state, sizeof(block->state))) {
		fprintf(stderr, "pincheck: there is no memory block %llu. Look for the blocks with lsmem, or "
			"for that of a page with pincheck scan -o PFN,BLOCK\n", number);
		return -ENOENT;
	}
	if (!block_file(number, "valid_zones", block->zones, sizeof(block->zones)))
		strcpy(block->zones, "no zone");
	block->start = number * block_pages();
	block->end = block->start + block_pages();
	return 0;
}

int block_scan(int session, unsigned long long number, const struct progress *progress,
	       const struct output *output, struct table *table)
{
	struct block block;
	struct search search = {
		.session = session, .flags = PINCHECK_SCAN_PINNED | PINCHECK_SCAN_EXCESS, .owners = true,
		.visit = add_folio_in_block, .context = &block, .progress = *progress,
	};
	int error = find_block(number, &block);

	if (error)
		return EXIT_USAGE;
	search.start = block.start;
	search.end = block.end;
	if (!strcmp(block.state, "online")) {
		error = search_run(&search);
		search_says_unreadable(&search);
		if (!error)
			error = look_at_flags(&block, session);
	}
	if (error)
		report_device_failure("cannot look at the memory block", error);
	else
		error = print_block(&block, output, table);
	free(block.causes);
	return error ? EXIT_USAGE : block.count ? EXIT_BROKEN : EXIT_KEPT;
}
