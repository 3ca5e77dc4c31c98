// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes map given folios. A bit for each page frame of the machine says whether it belongs to one of
 * the folios, so that an entry of a page table costs a look at one bit. Threads take stripes of processes: a
 * large process has several, so that all CPUs work also where one process has most of the memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "tools/lib/pagemap.h"
#include "tools/pincheck/owners.h"
#include "tools/pincheck/pagemap_present.h"
#include "tools/pincheck/pincheck.h"

#define MOST_THREADS	16
#define MOST_STRIPES	64

/* Address space that belongs to one stripe before the next one has its turn. */
#define STRIPE_BYTES	(64ULL << 20)
/* Resident pages for which a process gets another stripe. */
#define STRIPE_PAGES	((512UL << 20) / PAGE_BYTES)
/* Entries that are read at once. */
#define ENTRIES		4096

/** struct stripe - a part of a process: every @stripes-th STRIPE_BYTES of its addresses, from @number on */
struct stripe {
	struct process *process;
	size_t number;
	size_t stripes;
};

/**
 * struct walk - what the threads share
 * @marks: a bit for each page frame below @limit: it is a page of a folio
 * @next: number of the stripe that nobody has taken yet
 * @done: stripes that are done
 * @rows: of all threads
 * @unreadable: processes whose page tables may not be read
 */
struct walk {
	struct owners *owners;
	uint8_t *marks;
	__u64 limit;
	struct stripe *stripes;
	size_t stripe_count;
	atomic_size_t next;
	atomic_size_t done;
	atomic_size_t rows;
	atomic_size_t unreadable;
	atomic_int error;
};

/**
 * struct walker - a thread
 * @stripe: that it looks at
 * @area: of @vma, once a folio was found there
 * @areas: of all its mappings in which it found some
 */
struct walker {
	struct walk *walk;
	pthread_t thread;
	const struct stripe *stripe;
	int pagemap;
	const struct vma *vma;
	struct area *area;
	struct area *areas;
	struct owner *rows;
	size_t count;
	uint64_t entries[ENTRIES];
};

static int mark_folios(struct walk *walk)
{
	const struct owners *owners = walk->owners;
	const struct folio *last = &owners->folios[owners->folio_count - 1];

	walk->limit = last->pfn + (1ULL << last->order);
	walk->marks = mmap(NULL, walk->limit / 8 + 1, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (walk->marks == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < owners->folio_count; i++) {
		const struct folio *folio = &owners->folios[i];

		for (__u64 pfn = folio->pfn; pfn < folio->pfn + (1ULL << folio->order); pfn++)
			walk->marks[pfn / 8] |= 1U << pfn % 8;
	}
	return 0;
}

/* Return: the index of the last folio that begins at or before @pfn. */
static size_t folio_of_pfn(const struct owners *owners, __u64 pfn)
{
	size_t low = 0, high = owners->folio_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (owners->folios[middle].pfn <= pfn)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static struct area *area_of_vma(struct walker *walker)
{
	const struct vma *vma = walker->vma;
	size_t length = strlen(vma->path) + 1;
	struct area *area;

	if (walker->area)
		return walker->area;
	area = malloc(sizeof(*area) + length);
	if (!area)
		return NULL;
	*area = (struct area) {
		.next = walker->areas, .process = walker->stripe->process, .vma = *vma,
	};
	memcpy(area->path, vma->path, length);
	area->vma.path = area->path;
	walker->areas = area;
	walker->area = area;
	return area;
}

static int add_owner(struct walker *walker, __u64 pfn, __u64 address)
{
	const struct owners *owners = walker->walk->owners;
	__u32 folio = folio_of_pfn(owners, pfn), page = pfn - owners->folios[folio].pfn;
	struct owner *last = walker->count ? &walker->rows[walker->count - 1] : NULL;
	struct area *area = area_of_vma(walker);

	if (last && last->folio == folio && last->area == area && last->page + last->pages == page &&
	    last->address + last->pages * PAGE_BYTES == address) {
		last->pages++;
		return 0;
	}
	if (atomic_fetch_add(&walker->walk->rows, 1) >= MOST_OWNERS)
		return -E2BIG;
	/* The array doubles at 1, 2, 4, ... rows. */
	if (!(walker->count & (walker->count - 1))) {
		last = reallocarray(walker->rows, walker->count * 2 + 1, sizeof(*last));
		if (!last)
			return -ENOMEM;
		walker->rows = last;
	}
	if (!area)
		return -ENOMEM;
	walker->rows[walker->count++] = (struct owner) {
		.folio = folio, .page = page, .pages = 1, .address = address, .area = area,
	};
	return 0;
}

/* A process that ends meanwhile has no entries any more, which is no error. */
static int walk_range(void *context, __u64 start, __u64 end)
{
	struct walker *walker = context;
	const struct walk *walk = walker->walk;
	int error = 0;

	for (__u64 at = start; at < end && !error; at += ENTRIES * PAGE_BYTES) {
		size_t count = (end - at) / PAGE_BYTES;

		if (count > ENTRIES)
			count = ENTRIES;
		if (pagemap_read(walker->pagemap, (void *)(uintptr_t)at, walker->entries, count))
			return 0;
		for (size_t i = 0; i < count && !error; i++) {
			__u64 pfn = pagemap_pfn(walker->entries[i]);

			if (pfn && pfn < walk->limit && walk->marks[pfn / 8] & 1U << pfn % 8)
				error = add_owner(walker, pfn, at + i * PAGE_BYTES);
		}
	}
	return error;
}

/* Visit those parts of the mapping that belong to the stripe. */
static int walk_vma(void *context, const struct vma *vma)
{
	struct walker *walker = context;
	const struct stripe *stripe = walker->stripe;
	int error = 0;

	walker->vma = vma;
	walker->area = NULL;
	for (__u64 at = vma->start; at < vma->end && !error; at = (at / STRIPE_BYTES + 1) * STRIPE_BYTES) {
		__u64 next = (at / STRIPE_BYTES + 1) * STRIPE_BYTES;
		__u64 end = next < vma->end ? next : vma->end;

		if (at / STRIPE_BYTES % stripe->stripes != stripe->number)
			continue;
		if (stripe->process->sparse)
			error = pagemap_present(walker->pagemap, vma, at, end, walk_range, walker);
		else
			error = walk_range(walker, at, end);
	}
	return error;
}

static void walk_stripe(struct walker *walker, const struct stripe *stripe)
{
	int error;

	walker->stripe = stripe;
	walker->pagemap = pagemap_open(stripe->process->pid);
	error = walker->pagemap < 0 ? walker->pagemap : vmas_visit(stripe->process->pid, walk_vma, walker);
	if (walker->pagemap >= 0)
		close(walker->pagemap);
	if ((error == -EACCES || error == -EPERM) && !stripe->number)
		atomic_fetch_add(&walker->walk->unreadable, 1);
	if (error == -E2BIG || error == -ENOMEM)
		atomic_store(&walker->walk->error, error);
}

static void *run_walker(void *argument)
{
	struct walker *walker = argument;
	struct walk *walk = walker->walk;
	size_t number;

	while ((number = atomic_fetch_add(&walk->next, 1)) < walk->stripe_count &&
	       !atomic_load(&walk->error)) {
		walk_stripe(walker, &walk->stripes[number]);
		atomic_fetch_add(&walk->done, 1);
	}
	return NULL;
}

static size_t stripes_of(const struct process *process)
{
	size_t stripes = 1 + process->resident / STRIPE_PAGES;

	return stripes < MOST_STRIPES ? stripes : MOST_STRIPES;
}

static int plan_stripes(struct walk *walk)
{
	const struct owners *owners = walk->owners;
	size_t all = 0;

	for (size_t i = 0; i < owners->process_count; i++)
		all += stripes_of(&owners->processes[i]);
	walk->stripes = calloc(all + 1, sizeof(*walk->stripes));
	if (!walk->stripes)
		return -ENOMEM;
	for (size_t i = 0; i < owners->process_count; i++) {
		size_t stripes = stripes_of(&owners->processes[i]);

		for (size_t number = 0; number < stripes; number++)
			walk->stripes[walk->stripe_count++] = (struct stripe) {
				.process = &owners->processes[i], .number = number, .stripes = stripes,
			};
	}
	return 0;
}

static size_t threads_for(const struct walk *walk)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t threads = cpus > 0 && cpus < MOST_THREADS ? cpus : MOST_THREADS;

	return threads < walk->stripe_count ? threads : walk->stripe_count;
}

/* Return: 0, and the rows and areas of @walker are those of @owners. */
static int gather_rows(struct owners *owners, struct walker *walker)
{
	struct area **last = &walker->areas;
	struct owner *rows = reallocarray(owners->rows, owners->count + walker->count + 1, sizeof(*rows));

	while (*last)
		last = &(*last)->next;
	*last = owners->areas;
	owners->areas = walker->areas;
	if (!rows)
		return -ENOMEM;
	owners->rows = rows;
	memcpy(rows + owners->count, walker->rows, walker->count * sizeof(*rows));
	owners->count += walker->count;
	return 0;
}

static int compare_owners(const void *first, const void *second)
{
	const struct owner *a = first, *b = second;

	if (a->folio != b->folio)
		return a->folio < b->folio ? -1 : 1;
	if (a->area->process->pid != b->area->process->pid)
		return a->area->process->pid < b->area->process->pid ? -1 : 1;
	return a->address < b->address ? -1 : a->address > b->address;
}

static void wait_for_walkers(struct walk *walk, struct walker *walkers, size_t threads,
			     struct progress *progress)
{
	const struct timespec pause = { .tv_nsec = 20000000 };

	while (progress->terminal && !atomic_load(&walk->error) &&
	       atomic_load(&walk->done) < walk->stripe_count) {
		progress_show(progress, "page tables", atomic_load(&walk->done), walk->stripe_count);
		nanosleep(&pause, NULL);
	}
	for (size_t i = 0; i < threads; i++)
		pthread_join(walkers[i].thread, NULL);
}

static int walk_page_tables(struct walk *walk, struct progress *progress)
{
	size_t threads = threads_for(walk), started = 0;
	struct walker *walkers = calloc(threads + 1, sizeof(*walkers));
	int error = walkers ? 0 : -ENOMEM;

	for (; !error && started < threads; started++) {
		walkers[started].walk = walk;
		error = -pthread_create(&walkers[started].thread, NULL, run_walker, &walkers[started]);
		if (error)
			break;
	}
	/* Fewer threads than CPUs do the work, too. */
	if (started)
		error = 0;
	if (walkers)
		wait_for_walkers(walk, walkers, started, progress);
	for (size_t i = 0; i < started; i++) {
		int gathered = gather_rows(walk->owners, &walkers[i]);

		error = error ?: gathered;
		free(walkers[i].rows);
	}
	free(walkers);
	return error ?: atomic_load(&walk->error);
}

int owners_find(struct owners *owners, pid_t only, struct progress *progress)
{
	struct walk walk = { .owners = owners };
	int error;

	if (!owners->folio_count)
		return 0;
	owners->processes = process_list(only, &owners->process_count);
	if (!owners->processes)
		return -ENOMEM;
	error = mark_folios(&walk);
	if (error)
		return error;
	error = plan_stripes(&walk);
	if (!error && walk.stripe_count)
		error = walk_page_tables(&walk, progress);
	if (!error && owners->count)
		qsort(owners->rows, owners->count, sizeof(*owners->rows), compare_owners);
	owners->unreadable = atomic_load(&walk.unreadable);
	free(walk.stripes);
	munmap(walk.marks, walk.limit / 8 + 1);
	return error;
}

const struct owner *owners_of(const struct owners *owners, size_t folio, size_t *count)
{
	size_t low = 0, high = owners->count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (owners->rows[middle].folio < folio)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < owners->count && owners->rows[end].folio == folio; end++)
		;
	*count = end - low;
	return owners->rows + low;
}

void owners_free(struct owners *owners)
{
	while (owners->areas) {
		struct area *next = owners->areas->next;

		free(owners->areas);
		owners->areas = next;
	}
	free(owners->rows);
	free(owners->processes);
	owners->rows = NULL;
	owners->processes = NULL;
	owners->count = 0;
	owners->process_count = 0;
}
