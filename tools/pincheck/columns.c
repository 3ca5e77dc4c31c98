// SPDX-License-Identifier: GPL-2.0-only
/* What a report says of a page, as columns. */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/pagemap.h"
#include "tools/lib/pincheck.h"
#include "tools/pincheck/columns.h"
#include "tools/pincheck/pincheck.h"

/* struct word - a bit and its name */
struct word {
	__u64 bit;
	const char *name;
};

/* Column KIND has the words of those flags that say what a page is. */
static const struct word kinds[] = {
	{ PINCHECK_PAGE_ANON, "anon" }, { PINCHECK_PAGE_SHMEM, "shmem" },
	{ PINCHECK_PAGE_HUGETLB, "hugetlb" }, { PINCHECK_PAGE_FILE, "file" },
	{ PINCHECK_PAGE_KSM, "ksm" }, { PINCHECK_PAGE_ZERO, "zero" },
	{ PINCHECK_PAGE_SLAB, "slab" }, { PINCHECK_PAGE_RESERVED, "reserved" },
	{ PINCHECK_PAGE_DEVICE, "device" }, { PINCHECK_PAGE_SWAPCACHE, "swapcache" },
	{ PINCHECK_PAGE_OFFLINE, "offline" },
};

static const struct word flags[] = {
	{ PINCHECK_PAGE_ANON, "anon" }, { PINCHECK_PAGE_ANON_EXCLUSIVE, "anon-exclusive" },
	{ PINCHECK_PAGE_KSM, "ksm" }, { PINCHECK_PAGE_SHMEM, "shmem" },
	{ PINCHECK_PAGE_HUGETLB, "hugetlb" }, { PINCHECK_PAGE_FILE, "file" },
	{ PINCHECK_PAGE_SWAPCACHE, "swapcache" }, { PINCHECK_PAGE_ZERO, "zero" },
	{ PINCHECK_PAGE_DIRTY, "dirty" }, { PINCHECK_PAGE_WRITEBACK, "writeback" },
	{ PINCHECK_PAGE_PRIVATE, "private" }, { PINCHECK_PAGE_LRU, "lru" },
	{ PINCHECK_PAGE_LOCKED, "locked" }, { PINCHECK_PAGE_LARGE, "large" },
	{ PINCHECK_PAGE_MAYBE_DMA_PINNED, "maybe-dma-pinned" },
	{ PINCHECK_PAGE_SLAB, "slab" }, { PINCHECK_PAGE_RESERVED, "reserved" },
	{ PINCHECK_PAGE_MOVABLE_ZONE, "movable-zone" }, { PINCHECK_PAGE_CMA, "cma" },
	{ PINCHECK_PAGE_LONGTERM_PINNABLE, "longterm-pinnable" },
	{ PINCHECK_PAGE_DEVICE, "device" }, { PINCHECK_PAGE_UNEVICTABLE, "unevictable" },
	{ PINCHECK_PAGE_MAPPED_SHARED, "mapped-shared" }, { PINCHECK_PAGE_HWPOISON, "hwpoison" },
	{ PINCHECK_PAGE_TYPED, "typed" }, { PINCHECK_PAGE_OFFLINE, "offline" },
};

static const struct word models[] = {
	{ PINCHECK_MODEL_MAPCOUNT, "mapcount" }, { PINCHECK_MODEL_REFCOUNT, "refcount" },
	{ PINCHECK_MODEL_EXCLUSIVE, "exclusive" }, { PINCHECK_MODEL_LARGE, "large" },
	{ PINCHECK_MODEL_LABELS, "labels" },
};

#define SECRETMEM_FS_MAGIC	0x5345434dULL
#define XFS_FS_MAGIC		0x58465342ULL

static const struct word filesystems[] = {
	{ EXT4_SUPER_MAGIC, "ext4" }, { XFS_FS_MAGIC, "xfs" }, { BTRFS_SUPER_MAGIC, "btrfs" },
	{ TMPFS_MAGIC, "tmpfs" }, { HUGETLBFS_MAGIC, "hugetlbfs" },
	{ RAMFS_MAGIC, "ramfs" }, { OVERLAYFS_SUPER_MAGIC, "overlay" },
	{ NFS_SUPER_MAGIC, "nfs" }, { SECRETMEM_FS_MAGIC, "secretmem" },
};

/* Print the words of @table whose bits are in @bits, with @between them. Return: there are some. */
static bool put_words(const struct word *table, size_t count, __u64 bits, char between,
		      char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count && used < size; i++) {
		if (!(bits & table[i].bit))
			continue;
		if (used)
			text[used++] = between;
		used += snprintf(text + used, size - used, "%s", table[i].name);
	}
	return used;
}

const char *model_names(__u32 bits, char *text, size_t size)
{
	put_words(models, ARRAY_SIZE(models), bits, ',', text, size);
	return text;
}

static bool put_number(char *text, size_t size, long long number)
{
	snprintf(text, size, "%lld", number);
	return true;
}

static bool put_address(const struct sample *sample, char *text, size_t size)
{
	if (sample->address)
		snprintf(text, size, "%#llx", sample->address);
	return sample->address;
}

static bool put_pages(const struct sample *sample, char *text, size_t size)
{
	return put_number(text, size, sample->pages);
}

static bool put_path(const struct sample *sample, char *text, size_t size)
{
	if (sample->held)
		snprintf(text, size, "%s", pincheck_path_name(sample->held->path));
	return sample->held;
}

static bool put_mapped(const struct sample *sample, char *text, size_t size)
{
	if (sample->held)
		snprintf(text, size, "%s", pincheck_mapped_name(sample->held->mapped));
	return sample->held;
}

static bool put_size(const struct sample *sample, char *text, size_t size)
{
	return put_number(text, size, 1LL << sample->report.order);
}

static bool put_exclusive(const struct sample *sample, char *text, size_t size)
{
	bool known = sample->report.flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE;

	if (known)
		snprintf(text, size, "%s", sample->report.flags & PINCHECK_PAGE_ANON_EXCLUSIVE ?
			 "yes" : "no");
	return known;
}

static bool put_kind(const struct sample *sample, char *text, size_t size)
{
	if (sample->absent) {
		snprintf(text, size, "(%s)", sample->absent);
		return true;
	}
	return put_words(kinds, ARRAY_SIZE(kinds), sample->report.flags, ' ', text, size);
}

static bool put_flags(const struct sample *sample, char *text, size_t size)
{
	return put_words(flags, ARRAY_SIZE(flags), sample->report.flags, ' ', text, size);
}

static bool put_unknown(const struct sample *sample, char *text, size_t size)
{
	return put_words(flags, ARRAY_SIZE(flags), ~sample->report.flags_known, ' ', text, size);
}

/* /proc/zoneinfo lists the zones of a node in order, also those without memory. */
static void read_zone_name(unsigned int of_node, unsigned int zone, char *text, size_t size)
{
	FILE *zones = fopen("/proc/zoneinfo", "re");
	unsigned int node, index = 0;
	char line[256], name[32];
	bool found = false;

	while (zones && !found && fgets(line, sizeof(line), zones)) {
		if (sscanf(line, "Node %u, zone %31s", &node, name) != 2 || node != of_node)
			continue;
		found = index++ == zone;
	}
	if (zones)
		fclose(zones);
	if (found)
		snprintf(text, size, "%s", name);
	else
		put_number(text, size, zone);
}

/* Most rows are of the zone of the row before. */
static bool put_zone(const struct sample *sample, char *text, size_t size)
{
	static unsigned int node, zone;
	static char name[32];

	if (!*name || node != (unsigned int)sample->report.node || zone != sample->report.zone) {
		node = sample->report.node;
		zone = sample->report.zone;
		read_zone_name(node, zone, name, sizeof(name));
	}
	snprintf(text, size, "%s", name);
	return true;
}

static bool put_filesystem(const struct sample *sample, char *text, size_t size)
{
	if (!(sample->report.present & PINCHECK_REPORT_FS_MAGIC))
		return false;
	snprintf(text, size, "%#llx", sample->report.fs_magic);
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++) {
		if (sample->report.fs_magic == filesystems[i].bit)
			snprintf(text, size, "%s", filesystems[i].name);
	}
	return true;
}

static bool put_whitelist(const struct sample *sample, char *text, size_t size)
{
	const struct pincheck_report *report = &sample->report;

	if (!(report->present & PINCHECK_REPORT_WHITELIST))
		return false;
	snprintf(text, size, "%s (%s)", pincheck_whitelist_name(report->whitelist),
		 pincheck_whitelist_reason_name(report->whitelist_reason));
	return true;
}

static bool put_reuse(const struct sample *sample, char *text, size_t size)
{
	return *model_names(sample->report.reuse, text, size);
}

static bool put_copy(const struct sample *sample, char *text, size_t size)
{
	return *model_names(sample->report.reuse_known & ~sample->report.reuse, text, size);
}

/**
 * struct field - a column, and the source of its values
 * @put: writes the value as text. Return: false where there is none. NULL: a number of the report
 * @offset: of that number in the report, which has @bytes
 * @present: PINCHECK_REPORT_* bits without which the report has no such number
 */
static const struct field {
	struct column column;
	bool (*put)(const struct sample *sample, char *text, size_t size);
	size_t offset;
	size_t bytes;
	__u32 present;
} fields[] = {
#define COLUMN(name, type, shown, text)	.column = { name, CELL_##type, !(shown), text }
#define SHOWN		true
#define ON_REQUEST	false
#define AT(field, need)	.offset = offsetof(struct pincheck_report, field), .present = need, \
			.bytes = sizeof(((struct pincheck_report *)0)->field)
	{ COLUMN("ADDRESS", HEX, SHOWN, "of the page in the process"),
	  .put = put_address },
	{ COLUMN("PAGES", NUMBER, ON_REQUEST, "base pages that this line describes"),
	  .put = put_pages },
	{ COLUMN("PFN", HEX, SHOWN, "page frame number"),
	  AT(pfn, 0) },
	{ COLUMN("HEAD", HEX, ON_REQUEST, "page frame number of the folio's first page"),
	  AT(head, 0) },
	{ COLUMN("SIZE", NUMBER, SHOWN, "base pages of the folio"),
	  .put = put_size },
	{ COLUMN("PATH", TEXT, ON_REQUEST, "path of GUP that found a held page: fast, slow"),
	  .put = put_path },
	{ COLUMN("MAPPED", TEXT, ON_REQUEST, "what is mapped where a held page was: same, other, none"),
	  .put = put_mapped },
	{ COLUMN("REFCOUNT", NUMBER, SHOWN, "references on the folio"),
	  AT(refcount, 0) },
	{ COLUMN("MAPCOUNT", NUMBER, SHOWN, "mappings of the page"),
	  AT(page_mapcount, PINCHECK_REPORT_MAPCOUNT) },
	{ COLUMN("FOLIO-MAPCOUNT", NUMBER, ON_REQUEST, "mappings of all pages of the folio"),
	  AT(folio_mapcount, PINCHECK_REPORT_FOLIO_MAPCOUNT) },
	{ COLUMN("ENTIRE-MAPCOUNT", NUMBER, ON_REQUEST, "mappings of the folio as a whole"),
	  AT(entire_mapcount, PINCHECK_REPORT_ENTIRE_MAPCOUNT) },
	{ COLUMN("PINS", NUMBER, SHOWN, "PIN-COUNT; of a small folio, REFCOUNT / PIN-BIAS (info)"),
	  AT(pins, 0) },
	{ COLUMN("PIN-COUNT", NUMBER, ON_REQUEST, "pins that a large folio counts apart"),
	  AT(pin_count, PINCHECK_REPORT_PIN_COUNT) },
	{ COLUMN("EXCLUSIVE", FLAG, SHOWN, "the kernel's mark of an exclusive page"),
	  .put = put_exclusive },
	{ COLUMN("GETS", NUMBER, ON_REQUEST, "plain references of this module on the page"),
	  AT(gets, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("READ-PINS", NUMBER, ON_REQUEST, "pins of this module for reading"),
	  AT(read_pins, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("WRITE-PINS", NUMBER, ON_REQUEST, "pins of this module for writing"),
	  AT(write_pins, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("LONGTERM-PINS", NUMBER, ON_REQUEST, "long-term pins of this module"),
	  AT(longterm_pins, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("MIRRORS", NUMBER, ON_REQUEST, "mirrors of this module, which have no reference"),
	  AT(mirrors, PINCHECK_REPORT_MIRRORS) },
	{ COLUMN("FOLIO-GETS", NUMBER, ON_REQUEST, "plain references of this module on the folio"),
	  AT(folio_gets, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("FOLIO-PINS", NUMBER, ON_REQUEST, "pins of this module on the folio"),
	  AT(folio_pins, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("EXPLAINED", NUMBER, ON_REQUEST, "references of mappings, caches and this module"),
	  AT(explained, PINCHECK_REPORT_EXPLAINED) },
	{ COLUMN("UNEXPLAINED", NUMBER, SHOWN, "all other references"),
	  AT(unexplained, PINCHECK_REPORT_EXPLAINED) },
	{ COLUMN("UNEXPLAINED-PINS", NUMBER, ON_REQUEST, "PIN-COUNT less FOLIO-PINS"),
	  AT(unexplained_pins, PINCHECK_REPORT_EXPLAINED | PINCHECK_REPORT_PIN_COUNT) },
	{ COLUMN("KIND", TEXT, SHOWN, "what the page is"),
	  .put = put_kind },
	{ COLUMN("FLAGS", TEXT, ON_REQUEST, "all properties of the page"),
	  .put = put_flags },
	{ COLUMN("UNKNOWN", TEXT, ON_REQUEST, "properties that this kernel does not show"),
	  .put = put_unknown },
	{ COLUMN("NODE", NUMBER, ON_REQUEST, "NUMA node"),
	  AT(node, 0) },
	{ COLUMN("ZONE", TEXT, ON_REQUEST, "memory zone"),
	  .put = put_zone },
	{ COLUMN("FILESYSTEM", TEXT, ON_REQUEST, "that owns the page"),
	  .put = put_filesystem },
	{ COLUMN("WHITELIST", TEXT, ON_REQUEST, "may it be pinned long-term for writing? which rule says so"),
	  .put = put_whitelist },
	{ COLUMN("REUSE", TEXT, ON_REQUEST, "reuse models that predict: the next write fault reuses it"),
	  .put = put_reuse },
	{ COLUMN("COPY", TEXT, ON_REQUEST, "reuse models that predict: the next write fault copies it"),
	  .put = put_copy },
#undef AT
#undef ON_REQUEST
#undef SHOWN
#undef COLUMN
};

const struct columns *report_columns(void)
{
	static struct column rows[ARRAY_SIZE(fields)];
	static const struct columns columns = { "pages", rows, ARRAY_SIZE(rows) };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		rows[i] = fields[i].column;
	return &columns;
}

static long long number_at(const struct pincheck_report *report, const struct field *field)
{
	const char *at = (const char *)report + field->offset;

	return field->bytes == sizeof(__u64) ? *(const long long *)at : *(const __s32 *)at;
}

/* Where there is no page, only its address and page frame number are known. */
static bool has_value(const struct field *field, const struct sample *sample)
{
	const struct pincheck_report *report = &sample->report;

	if (field->put == put_address || field->put == put_pages || field->put == put_kind)
		return true;
	if (!field->put && field->offset == offsetof(struct pincheck_report, pfn))
		return !sample->absent || report->pfn;
	return !sample->absent && (report->present & field->present) == field->present;
}

bool report_value(size_t column, const struct sample *sample, char *text, size_t size)
{
	const struct field *field = &fields[column];

	text[0] = '\0';
	if (!has_value(field, sample))
		return false;
	if (field->put)
		return field->put(sample, text, size);
	snprintf(text, size, field->column.cell == CELL_HEX ? "%#llx" : "%lld",
		 number_at(&sample->report, field));
	return true;
}

void report_row(struct table *table, const struct sample *sample)
{
	char text[400];

	table_row(table);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (report_value(i, sample, text, sizeof(text)))
			table_set(table, i, "%s", text);
	}
}

static int read_reports(int session, struct sample *samples, size_t count, __u64 *pfns,
			struct pincheck_report *reports)
{
	int error;

	for (size_t i = 0; i < count; i++)
		pfns[i] = samples[i].report.pfn;
	error = pincheck_report_ledger(session, pfns, count, reports);
	for (size_t i = 0; !error && i < count; i++) {
		if (samples[i].absent)
			continue;
		samples[i].report = reports[i];
		if (!(reports[i].present & PINCHECK_REPORT_PAGE))
			samples[i].absent = "no page";
	}
	return error;
}

int samples_read(int session, struct sample *samples, size_t count)
{
	struct pincheck_report *reports = calloc(count, sizeof(*reports));
	__u64 *pfns = calloc(count, sizeof(*pfns));
	int error = reports && pfns ? read_reports(session, samples, count, pfns, reports) : -ENOMEM;

	free(pfns);
	free(reports);
	return error;
}

int samples_find(int pagemap, __u64 address, struct sample *samples, size_t count)
{
	uint64_t *entries = calloc(count, sizeof(*entries));
	int error = entries ? pagemap_read(pagemap, (void *)(uintptr_t)address, entries, count) :
		    -ENOMEM;

	for (size_t i = 0; !error && i < count; i++) {
		samples[i] = (struct sample) {
			.address = address + i * PAGE_BYTES, .pages = 1,
			.report.pfn = pagemap_pfn(entries[i]),
			.absent = entries[i] & PAGEMAP_PRESENT ? NULL :
				  entries[i] & PAGEMAP_SWAPPED ? "swapped" : "not mapped",
		};
		/* Without CAP_SYS_ADMIN the kernel shows page frame number 0. */
		if (!samples[i].absent && !samples[i].report.pfn)
			error = -EPERM;
	}
	free(entries);
	return error;
}

bool samples_still_mapped(int pagemap, const struct sample *samples, size_t count)
{
	uint64_t *entries = calloc(count, sizeof(*entries));
	void *start = (void *)(uintptr_t)samples[0].address;
	bool same = entries && !pagemap_read(pagemap, start, entries, count);

	for (size_t i = 0; same && i < count; i++)
		same = pagemap_pfn(entries[i]) == samples[i].report.pfn;
	free(entries);
	return same;
}

/* Is @next the page that is @pages behind @first in its folio, and the same in all that is shown? */
static bool continues_line(const struct sample *first, const struct sample *next, __u64 pages)
{
	const struct pincheck_report *a = &first->report, *b = &next->report;

	if (next->address != first->address + (first->address ? pages * PAGE_BYTES : 0))
		return false;
	if (first->absent || next->absent)
		return first->absent && next->absent && !strcmp(first->absent, next->absent) &&
		       !a->pfn && !b->pfn;
	if (!a->order || a->head != b->head || b->pfn != a->pfn + pages)
		return false;
	if (first->held && (first->held->path != next->held->path ||
			    first->held->mapped != next->held->mapped))
		return false;
	return a->flags == b->flags && a->page_mapcount == b->page_mapcount;
}

void samples_to_rows(struct table *table, struct sample *samples, size_t count, bool all)
{
	size_t next;

	for (size_t i = 0; i < count; i = next) {
		for (next = i + 1; !all && next < count; next++) {
			if (!continues_line(&samples[i], &samples[next], next - i))
				break;
		}
		samples[i].pages = next - i;
		report_row(table, &samples[i]);
	}
}
