// SPDX-License-Identifier: GPL-2.0-only
/* Memory of the caller in the shapes that the kernel treats differently: a row a kind. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "array.h"
#include "cause.h"
#include "page_reports.h"
#include "pagemap.h"
#include "pincheck.h"
#include "usermem.h"

/* Pages that one report checks */
#define CHECKED		16

/* A kernel without huge pages refuses MADV_NOHUGEPAGE, and needs none. */
static int prepare_base(const struct usermem *memory)
{
	madvise(memory->start, memory->bytes, MADV_NOHUGEPAGE);
	return 0;
}

static int prepare_large(const struct usermem *memory)
{
	return madvise(memory->start, memory->bytes, MADV_HUGEPAGE) ? -errno : 0;
}

/* From now on khugepaged keeps away: a huge page that is split stays split. */
static int finish_large(const struct usermem *memory)
{
	return madvise(memory->start, memory->bytes, MADV_NOHUGEPAGE) ? -errno : 0;
}

static int finish_split(const struct usermem *memory)
{
	int error = finish_large(memory);

	for (size_t at = 0; !error && at < memory->bytes; at += PMD_BYTES)
		error = usermem_split(memory->start + at);
	return error;
}

/* The pages come back by reading: the fault of a reader has to guess whether a page is exclusive. */
static int finish_swapped(const struct usermem *memory)
{
	int error = usermem_page_out(memory->start, memory->bytes, memory->pagemap);

	if (!error)
		usermem_read_all(memory->start, memory->bytes);
	return error;
}

const struct usermem_kind usermem_kinds[USERMEM_KINDS] = {
	[USERMEM_BASE] = {
		.name = "base", .least = 4,
		.prepare = prepare_base, .mend = "free some memory",
	},
	[USERMEM_SWAPPED] = {
		.name = "swapped", .least = 4,
		.prepare = prepare_base, .finish = finish_swapped,
		.mend = "swapon a device (pincheck doctor says how)",
	},
	[USERMEM_THP] = {
		.name = "thp", .folio = FOLIO_PMD, .least = 1,
		.traits = USERMEM_LARGE | USERMEM_PARTIAL, .entire = true,
		.prepare = prepare_large, .finish = finish_large, .setting = thp_setting,
	},
	[USERMEM_THP_PTE] = {
		.name = "thp-pte", .folio = FOLIO_PMD, .least = 1,
		.traits = USERMEM_LARGE | USERMEM_PARTIAL,
		.prepare = prepare_large, .finish = finish_split, .setting = thp_setting,
	},
	[USERMEM_MTHP] = {
		/* since Linux 6.8 */
		.name = "mthp", .folio = FOLIO_MTHP, .least = 1,
		.traits = USERMEM_LARGE | USERMEM_PARTIAL,
		.prepare = prepare_large, .finish = finish_large, .setting = mthp_setting,
	},
	[USERMEM_MTHP_LEAST] = {
		.name = "mthp-least", .folio = FOLIO_MTHP_LEAST, .least = 1,
		.traits = USERMEM_LARGE | USERMEM_PARTIAL,
		.prepare = prepare_large, .finish = finish_large, .setting = mthp_least_setting,
	},
	[USERMEM_MTHP_MOST] = {
		.name = "mthp-most", .folio = FOLIO_MTHP_MOST, .least = 1,
		.traits = USERMEM_LARGE | USERMEM_PARTIAL,
		.prepare = prepare_large, .finish = finish_large, .setting = mthp_most_setting,
	},
	[USERMEM_HUGETLB] = {
		.name = "hugetlb", .folio = FOLIO_PMD, .least = 1,
		.traits = USERMEM_LARGE, .flags = MAP_HUGETLB, .entire = true,
		.mend = "sudo sysctl vm.nr_hugepages=64",
	},
};

const struct usermem_kind *usermem_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(usermem_kinds); i++) {
		if (!strcmp(usermem_kinds[i].name, name))
			return &usermem_kinds[i];
	}
	return NULL;
}

const char *usermem_mend(const struct usermem_kind *kind)
{
	static char command[128];

	if (kind->mend)
		return kind->mend;
	snprintf(command, sizeof(command), "echo madvise | sudo tee %s", kind->setting());
	return command;
}

uint64_t usermem_pfn(const struct usermem *memory, size_t offset)
{
	return pagemap_pfn(pagemap_entry(memory->pagemap, memory->start + offset));
}

int usermem_prepare(const struct usermem *memory)
{
	return memory->kind->prepare ? memory->kind->prepare(memory) : 0;
}

int usermem_finish(const struct usermem *memory)
{
	return memory->kind->finish ? memory->kind->finish(memory) : 0;
}

/*
 * The line of /proc/self/smaps that begins with @name, of the mapping of @address: KiB, or -errno.
 * Without the module the kernel says in no other place by what a huge page is mapped.
 */
static long mapping_kib(const void *address, const char *name)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long begin, end;
	bool inside = false;
	long kib = -ENODATA;
	char line[256];

	if (!smaps)
		return -errno;
	while (kib < 0 && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
			inside = (uintptr_t)address >= begin && (uintptr_t)address < end;
		else if (inside && !strncmp(line, name, strlen(name)))
			kib = atol(line + strlen(name));
	}
	fclose(smaps);
	return kib;
}

/* @memory's mapping may have more pages beside these, but none of another kind. */
static int check_mapping(struct usermem *memory)
{
	const struct usermem_kind *kind = memory->kind;
	bool hugetlb = kind->flags & MAP_HUGETLB;
	long kib = mapping_kib(memory->start, hugetlb ? "Private_Hugetlb:" : "AnonHugePages:");

	memory->wrong = "is mapped another way";
	if (kib < 0)
		return cause_say(kib, "/proc/self/smaps does not say by what");
	if (!!kib != kind->entire)
		return cause_say(-EAGAIN, "by %s", kind->entire ? "PTEs, not a PMD" : "a PMD, not PTEs");
	memory->wrong = NULL;
	return 0;
}

/* Without page frame numbers, a process still sees what is mapped, and by what: enough for some kinds. */
static int check_unnumbered(struct usermem *memory, const size_t *offsets, size_t count)
{
	memory->wrong = "is not there, or is no anonymous memory";
	for (size_t i = 0; i < count; i++) {
		uint64_t entry = pagemap_entry(memory->pagemap, memory->start + offsets[i]);
		bool hugetlb = memory->kind->flags & MAP_HUGETLB;

		if (!(entry & PAGEMAP_PRESENT) || (!hugetlb && (entry & PAGEMAP_FILE)))
			return -EAGAIN;
	}
	memory->wrong = NULL;
	return 0;
}

static int check_report(struct usermem *memory, const struct pincheck_report *report)
{
	const struct usermem_kind *kind = memory->kind;
	size_t wanted = folio_bytes(kind->folio), got = PAGE_BYTES << report->order;

	memory->wrong = "is no anonymous memory";
	if (!(report->flags & PINCHECK_PAGE_ANON))
		return -EAGAIN;
	memory->wrong = "came from another pool";
	if (!(report->flags & PINCHECK_PAGE_HUGETLB) != !(kind->flags & MAP_HUGETLB))
		return -EAGAIN;
	memory->wrong = "came as folios of another size";
	if (got != wanted)
		return cause_say(-EAGAIN, "%zu bytes, not %zu", got, wanted);
	memory->wrong = "is mapped another way";
	if ((report->present & PINCHECK_REPORT_ENTIRE_MAPCOUNT) && kind->folio &&
	    !!report->entire_mapcount != kind->entire)
		return cause_say(-EAGAIN, "by %s", kind->entire ? "PTEs, not a PMD" : "a PMD, not PTEs");
	memory->wrong = NULL;
	return 0;
}

/* Page frame numbers at @offsets; neighbours by one read. */
static void read_pfns(const struct usermem *memory, const size_t *offsets, size_t count, __u64 *pfns)
{
	size_t i, j, alike;

	for (i = 0; i < count; i += alike) {
		uint64_t entries[CHECKED];

		for (alike = 1; i + alike < count; alike++)
			if (offsets[i + alike] != offsets[i] + alike * PAGE_BYTES)
				break;
		if (pagemap_read(memory->pagemap, memory->start + offsets[i], entries, alike))
			memset(entries, 0, sizeof(entries));
		for (j = 0; j < alike; j++)
			pfns[i + j] = pagemap_pfn(entries[j]);
	}
}

/* One report for all @offsets, CHECKED at most. */
static int check_pages(struct usermem *memory, const size_t *offsets, size_t count)
{
	struct pincheck_report reports[CHECKED];
	__u64 pfns[CHECKED] = { 0 };
	int error = 0;
	size_t i;

	if (memory->session == PAGES_BY_PROC && !pagemap_has_numbers())
		return check_unnumbered(memory, offsets, count);
	read_pfns(memory, offsets, count, pfns);
	memory->wrong = "is not there, or /proc/self/pagemap hides it";
	for (i = 0; i < count; i++)
		if (!pfns[i])
			return cause_say(-EAGAIN, "no page frame number (CAP_SYS_ADMIN is needed for it)");
	memory->wrong = "is not reported";
	error = page_reports(memory->session, pfns, count, reports);
	for (i = 0; i < count && !error; i++) {
		memory->wrong = "is not reported";
		error = reports[i].present & PINCHECK_REPORT_PAGE ? check_report(memory, &reports[i]) :
			-EAGAIN;
	}
	return error;
}

int usermem_check(struct usermem *memory)
{
	size_t pages = memory->bytes / PAGE_BYTES, middle = pages / 2 * PAGE_BYTES;
	size_t step = memory->kind->folio ? folio_bytes(memory->kind->folio) : middle ?: PAGE_BYTES;
	size_t offsets[CHECKED], count = 0, at;
	int error = 0;

	for (at = 0; !error && at < memory->bytes; at += step) {
		offsets[count++] = at;
		if (count < CHECKED - 1)
			continue;
		error = check_pages(memory, offsets, count);
		count = 0;
	}
	if (error)
		return error;
	at = memory->bytes - PAGE_BYTES;
	if (!count || offsets[count - 1] != at)
		offsets[count++] = at;
	error = check_pages(memory, offsets, count);
	return error || memory->session != PAGES_BY_PROC ? error : check_mapping(memory);
}

static void write_each_page(const struct usermem *memory)
{
	size_t pages = memory->bytes / PAGE_BYTES, stride = memory->stride ?: 1;

	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(memory->start + i * stride % pages * PAGE_BYTES) = 1;
}

static void forget_mapping(struct usermem *memory)
{
	memory->start = NULL;
	memory->pagemap = -1;
	memory->file = -1;
}

static int map_kind(struct usermem *memory)
{
	const struct usermem_kind *kind = memory->kind;

	if (kind->setting && access(kind->setting(), F_OK)) {
		memory->wrong = "is not offered by this kernel";
		return cause_say(-EOPNOTSUPP, "it has no %s", kind->setting());
	}
	memory->wrong = "cannot be checked by /proc/self/pagemap";
	memory->pagemap = pagemap_open(0);
	if (memory->pagemap < 0)
		return memory->pagemap;
	memory->wrong = "cannot be mapped";
	memory->start = usermem_map(memory->bytes, MAP_PRIVATE | MAP_ANONYMOUS | kind->flags, -1);
	return memory->start == MAP_FAILED ? -errno : 0;
}

/* hugetlb reserves its pages at mmap(): a write to them cannot end in SIGBUS. */
int usermem_open(struct usermem *memory, const struct usermem_kind *kind, size_t bytes)
{
	size_t folio = folio_bytes(kind->folio);
	int error;

	forget_mapping(memory);
	memory->kind = kind;
	memory->bytes = bytes < kind->least * folio ? kind->least * folio :
			(bytes + folio - 1) / folio * folio;
	error = map_kind(memory);
	if (!error) {
		memory->wrong = "cannot be had";
		error = usermem_prepare(memory);
	}
	if (!error) {
		write_each_page(memory);
		error = usermem_finish(memory);
	}
	if (!error)
		error = usermem_drain_lru();
	if (!error)
		error = usermem_check(memory);
	if (error)
		usermem_close(memory);
	return error;
}

static int map_file(struct usermem *memory, size_t bytes, bool write)
{
	off_t size = lseek(memory->file, 0, SEEK_END);

	memory->bytes = bytes ? bytes : (size_t)(size > 0 ? size : 0);
	memory->bytes = (memory->bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	memory->wrong = "is empty, or ends before that";
	if (!memory->bytes || (size_t)size <= memory->bytes - PAGE_BYTES)
		return cause_say(-ENODATA, "the file has %lld bytes", (long long)size);
	memory->wrong = "cannot be mapped";
	memory->start = mmap(NULL, memory->bytes, PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED,
			     memory->file, 0);
	return memory->start == MAP_FAILED ? -errno : 0;
}

int usermem_open_file(struct usermem *memory, const char *path, size_t bytes, bool write)
{
	int error;

	forget_mapping(memory);
	memory->kind = NULL;
	memory->wrong = "cannot be opened";
	memory->file = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (memory->file < 0)
		return -errno;
	memory->pagemap = pagemap_open(0);
	error = map_file(memory, bytes, write);
	if (error)
		usermem_close(memory);
	else
		usermem_read_all(memory->start, memory->bytes);
	return error;
}

void usermem_close(struct usermem *memory)
{
	if (memory->start && memory->start != MAP_FAILED)
		munmap(memory->start, memory->bytes);
	if (memory->pagemap >= 0)
		close(memory->pagemap);
	if (memory->file >= 0)
		close(memory->file);
	forget_mapping(memory);
}
