// SPDX-License-Identifier: GPL-2.0-only
/* The columns that tell a page report. */
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

/* What a page is: the first words of KIND. */
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

/* The words of @count in @table whose bits are in @bits, with @between them. */
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

static bool put_address(const struct sight *sight, char *text, size_t size)
{
	if (sight->address)
		snprintf(text, size, "%#llx", sight->address);
	return sight->address;
}

static bool put_pages(const struct sight *sight, char *text, size_t size)
{
	return put_number(text, size, sight->pages);
}

static bool put_path(const struct sight *sight, char *text, size_t size)
{
	if (sight->held)
		snprintf(text, size, "%s", pincheck_path_name(sight->held->path));
	return sight->held;
}

static bool put_mapped(const struct sight *sight, char *text, size_t size)
{
	if (sight->held)
		snprintf(text, size, "%s", pincheck_mapped_name(sight->held->mapped));
	return sight->held;
}

static bool put_size(const struct sight *sight, char *text, size_t size)
{
	return put_number(text, size, 1LL << sight->report.order);
}

static bool put_exclusive(const struct sight *sight, char *text, size_t size)
{
	bool known = sight->report.flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE;

	if (known)
		snprintf(text, size, "%s", sight->report.flags & PINCHECK_PAGE_ANON_EXCLUSIVE ?
			 "yes" : "no");
	return known;
}

static bool put_kind(const struct sight *sight, char *text, size_t size)
{
	if (sight->absent) {
		snprintf(text, size, "(%s)", sight->absent);
		return true;
	}
	return put_words(kinds, ARRAY_SIZE(kinds), sight->report.flags, ' ', text, size);
}

static bool put_flags(const struct sight *sight, char *text, size_t size)
{
	return put_words(flags, ARRAY_SIZE(flags), sight->report.flags, ' ', text, size);
}

static bool put_unknown(const struct sight *sight, char *text, size_t size)
{
	return put_words(flags, ARRAY_SIZE(flags), ~sight->report.flags_known, ' ', text, size);
}

/* /proc/zoneinfo has the zones of a node in their order, those without memory, too. */
static bool put_zone(const struct sight *sight, char *text, size_t size)
{
	FILE *zones = fopen("/proc/zoneinfo", "re");
	unsigned int node, index = 0;
	char line[256], name[32];
	bool found = false;

	while (zones && !found && fgets(line, sizeof(line), zones)) {
		if (sscanf(line, "Node %u, zone %31s", &node, name) != 2 ||
		    node != (unsigned int)sight->report.node)
			continue;
		found = index++ == sight->report.zone;
	}
	if (zones)
		fclose(zones);
	if (found)
		snprintf(text, size, "%s", name);
	else
		put_number(text, size, sight->report.zone);
	return true;
}

static bool put_filesystem(const struct sight *sight, char *text, size_t size)
{
	if (!(sight->report.present & PINCHECK_REPORT_FS_MAGIC))
		return false;
	snprintf(text, size, "%#llx", sight->report.fs_magic);
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++) {
		if (sight->report.fs_magic == filesystems[i].bit)
			snprintf(text, size, "%s", filesystems[i].name);
	}
	return true;
}

static bool put_whitelist(const struct sight *sight, char *text, size_t size)
{
	const struct pincheck_report *report = &sight->report;

	if (!(report->present & PINCHECK_REPORT_WHITELIST))
		return false;
	snprintf(text, size, "%s (%s)", pincheck_whitelist_name(report->whitelist),
		 pincheck_whitelist_reason_name(report->whitelist_reason));
	return true;
}

static bool put_reuse(const struct sight *sight, char *text, size_t size)
{
	return *model_names(sight->report.reuse, text, size);
}

static bool put_copy(const struct sight *sight, char *text, size_t size)
{
	return *model_names(sight->report.reuse_known & ~sight->report.reuse, text, size);
}

/**
 * struct field - a column, and where it comes from: @put, or else a number of the report
 * @present: PINCHECK_REPORT_* without which it is absent
 */
static const struct field {
	struct column column;
	bool (*put)(const struct sight *sight, char *text, size_t size);
	size_t offset;
	size_t bytes;
	__u32 present;
} fields[] = {
#define COLUMN(name, type, told, text)	.column = { name, CELL_##type, !(told), text }
#define SHOWN		true
#define ON_REQUEST	false
#define AT(field, need)	.offset = offsetof(struct pincheck_report, field), .present = need, \
			.bytes = sizeof(((struct pincheck_report *)0)->field)
	{ COLUMN("ADDRESS", HEX, SHOWN, "where the process has it"),
	  .put = put_address },
	{ COLUMN("PAGES", NUMBER, ON_REQUEST, "base pages that the line stands for"),
	  .put = put_pages },
	{ COLUMN("PFN", HEX, SHOWN, "page frame number"),
	  AT(pfn, 0) },
	{ COLUMN("HEAD", HEX, ON_REQUEST, "of the folio's first page"),
	  AT(head, 0) },
	{ COLUMN("SIZE", NUMBER, SHOWN, "base pages of the folio"),
	  .put = put_size },
	{ COLUMN("PATH", TEXT, ON_REQUEST, "by which GUP found a held page: fast, slow"),
	  .put = put_path },
	{ COLUMN("MAPPED", TEXT, ON_REQUEST, "now, where a held page was: same, other, none"),
	  .put = put_mapped },
	{ COLUMN("REFCOUNT", NUMBER, SHOWN, "of the folio"),
	  AT(refcount, 0) },
	{ COLUMN("MAPCOUNT", NUMBER, SHOWN, "mappings of the page"),
	  AT(page_mapcount, PINCHECK_REPORT_MAPCOUNT) },
	{ COLUMN("FOLIO-MAPCOUNT", NUMBER, ON_REQUEST, "of all pages of the folio"),
	  AT(folio_mapcount, PINCHECK_REPORT_FOLIO_MAPCOUNT) },
	{ COLUMN("ENTIRE-MAPCOUNT", NUMBER, ON_REQUEST, "of the folio as a whole"),
	  AT(entire_mapcount, PINCHECK_REPORT_ENTIRE_MAPCOUNT) },
	{ COLUMN("PINS", NUMBER, SHOWN, "estimated: PIN-COUNT, or refcount / pin bias"),
	  AT(pins, 0) },
	{ COLUMN("PIN-COUNT", NUMBER, ON_REQUEST, "raw, of large folios"),
	  AT(pin_count, PINCHECK_REPORT_PIN_COUNT) },
	{ COLUMN("EXCLUSIVE", FLAG, SHOWN, "the kernel's mark of an exclusive page"),
	  .put = put_exclusive },
	{ COLUMN("GETS", NUMBER, ON_REQUEST, "plain references of this module"),
	  AT(gets, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("READ-PINS", NUMBER, ON_REQUEST, "its pins for reading"),
	  AT(read_pins, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("WRITE-PINS", NUMBER, ON_REQUEST, "its pins for writing"),
	  AT(write_pins, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("LONGTERM-PINS", NUMBER, ON_REQUEST, "the long-term ones of either"),
	  AT(longterm_pins, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("MIRRORS", NUMBER, ON_REQUEST, "its mirrors of the page, without a reference"),
	  AT(mirrors, PINCHECK_REPORT_MIRRORS) },
	{ COLUMN("FOLIO-GETS", NUMBER, ON_REQUEST, "its plain references on the folio"),
	  AT(folio_gets, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("FOLIO-PINS", NUMBER, ON_REQUEST, "its pins of the folio"),
	  AT(folio_pins, PINCHECK_REPORT_LEDGER) },
	{ COLUMN("EXPLAINED", NUMBER, ON_REQUEST, "references by mappings, caches and this module"),
	  AT(explained, PINCHECK_REPORT_EXPLAINED) },
	{ COLUMN("UNEXPLAINED", NUMBER, SHOWN, "the other references"),
	  AT(unexplained, PINCHECK_REPORT_EXPLAINED) },
	{ COLUMN("UNEXPLAINED-PINS", NUMBER, ON_REQUEST, "PIN-COUNT less FOLIO-PINS"),
	  AT(unexplained_pins, PINCHECK_REPORT_EXPLAINED | PINCHECK_REPORT_PIN_COUNT) },
	{ COLUMN("KIND", TEXT, SHOWN, "what the page is"),
	  .put = put_kind },
	{ COLUMN("FLAGS", TEXT, ON_REQUEST, "all that is true of it"),
	  .put = put_flags },
	{ COLUMN("UNKNOWN", TEXT, ON_REQUEST, "flags that this kernel does not tell"),
	  .put = put_unknown },
	{ COLUMN("NODE", NUMBER, ON_REQUEST, "NUMA node"),
	  AT(node, 0) },
	{ COLUMN("ZONE", TEXT, ON_REQUEST, "memory zone"),
	  .put = put_zone },
	{ COLUMN("FILESYSTEM", TEXT, ON_REQUEST, "that owns it"),
	  .put = put_filesystem },
	{ COLUMN("WHITELIST", TEXT, ON_REQUEST, "long-term pin for writing, and the rule that decides"),
	  .put = put_whitelist },
	{ COLUMN("REUSE", TEXT, ON_REQUEST, "models that say: the next write fault reuses it"),
	  .put = put_reuse },
	{ COLUMN("COPY", TEXT, ON_REQUEST, "models that say: it copies"),
	  .put = put_copy },
#undef AT
#undef ON_REQUEST
#undef SHOWN
#undef COLUMN
};

const struct column *report_columns(size_t *count)
{
	static struct column columns[ARRAY_SIZE(fields)];

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		columns[i] = fields[i].column;
	*count = ARRAY_SIZE(fields);
	return columns;
}

int report_command(const struct argp *argp, int argc, char **argv, void *input,
		   const struct output *output, int (*run)(void *input, struct table *table))
{
	const struct column *columns;
	struct table *table;
	size_t count;
	int code;

	columns = report_columns(&count);
	parse_arguments(argp, argc, argv, input, columns, count);
	table = table_new(output, "pages", columns, count);
	code = table ? run(input, table) : EXIT_USAGE;
	table_free(table);
	return code;
}

static long long number_at(const struct pincheck_report *report, const struct field *field)
{
	const char *at = (const char *)report + field->offset;

	return field->bytes == sizeof(__u64) ? *(const long long *)at : *(const __s32 *)at;
}

/* Of what is no page, only its number, or where it is, is known. */
static bool is_told(const struct field *field, const struct sight *sight)
{
	const struct pincheck_report *report = &sight->report;

	if (field->put == put_address || field->put == put_pages || field->put == put_kind)
		return true;
	if (!field->put && field->offset == offsetof(struct pincheck_report, pfn))
		return !sight->absent || report->pfn;
	return !sight->absent && (report->present & field->present) == field->present;
}

bool report_value(size_t column, const struct sight *sight, char *text, size_t size)
{
	const struct field *field = &fields[column];

	text[0] = '\0';
	if (!is_told(field, sight))
		return false;
	if (field->put)
		return field->put(sight, text, size);
	snprintf(text, size, field->column.cell == CELL_HEX ? "%#llx" : "%lld",
		 number_at(&sight->report, field));
	return true;
}

void report_row(struct table *table, const struct sight *sight)
{
	char text[400];

	table_row(table);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (report_value(i, sight, text, sizeof(text)))
			table_set(table, i, "%s", text);
	}
}

static int look(int session, struct sight *sights, size_t count, __u64 *pfns,
		struct pincheck_report *reports)
{
	int error;

	for (size_t i = 0; i < count; i++)
		pfns[i] = sights[i].report.pfn;
	error = pincheck_report_ledger(session, pfns, count, reports);
	for (size_t i = 0; !error && i < count; i++) {
		if (sights[i].absent)
			continue;
		sights[i].report = reports[i];
		if (!(reports[i].present & PINCHECK_REPORT_PAGE))
			sights[i].absent = "no page";
	}
	return error;
}

int sights_look(int session, struct sight *sights, size_t count)
{
	struct pincheck_report *reports = calloc(count, sizeof(*reports));
	__u64 *pfns = calloc(count, sizeof(*pfns));
	int error = reports && pfns ? look(session, sights, count, pfns, reports) : -ENOMEM;

	free(pfns);
	free(reports);
	return error;
}

int sights_mapped(int pagemap, __u64 address, struct sight *sights, size_t count)
{
	uint64_t *entries = calloc(count, sizeof(*entries));
	int error = entries ? pagemap_read(pagemap, (void *)(uintptr_t)address, entries, count) :
		    -ENOMEM;

	for (size_t i = 0; !error && i < count; i++) {
		sights[i] = (struct sight) {
			.address = address + i * PAGE_BYTES, .pages = 1,
			.report.pfn = pagemap_pfn(entries[i]),
			.absent = entries[i] & PAGEMAP_PRESENT ? NULL :
				  entries[i] & PAGEMAP_SWAPPED ? "swapped" : "not mapped",
		};
		/* Who may not know page frame numbers reads 0. */
		if (!sights[i].absent && !sights[i].report.pfn)
			error = -EPERM;
	}
	free(entries);
	return error;
}

bool sights_still_mapped(int pagemap, const struct sight *sights, size_t count)
{
	uint64_t *entries = calloc(count, sizeof(*entries));
	void *start = (void *)(uintptr_t)sights[0].address;
	bool same = entries && !pagemap_read(pagemap, start, entries, count);

	for (size_t i = 0; same && i < count; i++)
		same = pagemap_pfn(entries[i]) == sights[i].report.pfn;
	free(entries);
	return same;
}

/* Does @next, @pages behind @first, go on where it left off, with nothing new to tell? */
static bool alike(const struct sight *first, const struct sight *next, __u64 pages)
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

void sights_rows(struct table *table, struct sight *sights, size_t count, bool all)
{
	size_t next;

	for (size_t i = 0; i < count; i = next) {
		for (next = i + 1; !all && next < count; next++) {
			if (!alike(&sights[i], &sights[next], next - i))
				break;
		}
		sights[i].pages = next - i;
		report_row(table, &sights[i]);
	}
}
