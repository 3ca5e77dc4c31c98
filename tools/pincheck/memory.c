// SPDX-License-Identifier: GPL-2.0-only
/* Memory that a subcommand makes for itself, by kind. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/cause.h"
#include "tools/lib/pagemap.h"
#include "tools/lib/pincheck.h"
#include "tools/lib/usermem.h"
#include "tools/pincheck/memory.h"
#include "tools/pincheck/pincheck.h"

static void write_all(struct memory *memory)
{
	for (size_t at = 0; at < memory->bytes; at += BASE_BYTES)
		*(volatile char *)(memory->start + at) = 1;
}

static int shape_base(struct memory *memory)
{
	/* A kernel without huge pages need not be told. */
	madvise(memory->start, memory->bytes, MADV_NOHUGEPAGE);
	write_all(memory);
	return 0;
}

/* Swapped in by reading: the fault of a reader has to guess whether the page is exclusive. */
static int shape_swapped(struct memory *memory)
{
	int error;

	shape_base(memory);
	error = usermem_page_out(memory->start, memory->bytes, memory->pagemap);
	for (size_t at = 0; !error && at < memory->bytes; at += BASE_BYTES)
		(void)*(volatile char *)(memory->start + at);
	return error;
}

/* Once it is there, khugepaged keeps away from it: what is split later stays split. */
static int shape_huge(struct memory *memory)
{
	if (madvise(memory->start, memory->bytes, MADV_HUGEPAGE))
		return -errno;
	write_all(memory);
	return madvise(memory->start, memory->bytes, MADV_NOHUGEPAGE) ? -errno : 0;
}

static int shape_split(struct memory *memory)
{
	int error = shape_huge(memory);

	for (size_t at = 0; !error && at < memory->bytes; at += USERMEM_PMD_BYTES)
		error = usermem_split(memory->start + at);
	return error;
}

static int shape_hugetlb(struct memory *memory)
{
	write_all(memory);
	return 0;
}

#define SETTING_64K	"/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled"
#define MEND_THP	"echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"

static const struct memory_kind kinds[] = {
	{ .name = "base", .what = "base pages", .bytes = 4 * BASE_BYTES, .shape = shape_base,
	  .mend = "free some memory" },
	{ .name = "swapped", .what = "base pages, swapped out and read in again",
	  .bytes = 4 * BASE_BYTES, .shape = shape_swapped,
	  .mend = "swapon a device (pincheck doctor tells how)" },
	{ .name = "thp", .what = "huge pages mapped by PMDs", .bytes = USERMEM_PMD_BYTES,
	  .traits = MEMORY_LARGE | MEMORY_PARTIAL, .shape = shape_huge,
	  .huge = USERMEM_PMD_BYTES, .entire = true, .mend = MEND_THP },
	{ .name = "thp-pte", .what = "huge pages mapped by PTEs", .bytes = USERMEM_PMD_BYTES,
	  .traits = MEMORY_LARGE | MEMORY_PARTIAL, .shape = shape_split,
	  .huge = USERMEM_PMD_BYTES, .mend = MEND_THP },
	{ .name = "mthp", .what = "folios of 64 KiB (Linux 6.8)", .bytes = USERMEM_64K,
	  .traits = MEMORY_LARGE | MEMORY_PARTIAL, .shape = shape_huge, .huge = USERMEM_64K,
	  .setting = SETTING_64K, .mend = "echo madvise | sudo tee " SETTING_64K },
	{ .name = "hugetlb", .what = "pages of the 2 MiB pool", .bytes = USERMEM_PMD_BYTES,
	  .traits = MEMORY_LARGE, .flags = MAP_HUGETLB | MAP_HUGE_2MB, .shape = shape_hugetlb,
	  .huge = USERMEM_PMD_BYTES, .entire = true, .mend = "sudo sysctl vm.nr_hugepages=64" },
};

const struct memory_kind *memory_kinds(size_t *count)
{
	*count = ARRAY_SIZE(kinds);
	return kinds;
}

const struct memory_kind *memory_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	return NULL;
}

__u64 memory_pfn(const struct memory *memory, size_t offset)
{
	return pagemap_pfn(pagemap_entry(memory->pagemap, memory->start + offset));
}

/* Return: 0; -EAGAIN if it is not what was asked for; or another negative errno. */
static int check_page(struct memory *memory, size_t offset)
{
	const struct memory_kind *kind = memory->kind;
	size_t wanted = kind->huge ? kind->huge : BASE_BYTES;
	__u64 pfn = memory_pfn(memory, offset);
	struct pincheck_report report;
	int error;

	memory->wrong = "is not there, or /proc/self/pagemap does not tell";
	if (!pfn)
		return cause_say(-EAGAIN, "no page frame number (CAP_SYS_ADMIN is needed for it)");
	memory->wrong = "is not reported";
	error = pincheck_report(memory->session, &pfn, 1, &report);
	if (error)
		return error;
	memory->wrong = "came as folios of another size";
	if (BASE_BYTES << report.order != wanted)
		return cause_say(-EAGAIN, "%zu bytes, not %zu", (size_t)BASE_BYTES << report.order,
				 wanted);
	memory->wrong = "is mapped another way";
	if ((report.present & PINCHECK_REPORT_ENTIRE_MAPCOUNT) && kind->huge &&
	    !!report.entire_mapcount != kind->entire)
		return cause_say(-EAGAIN, "by %s", kind->entire ? "PTEs, not a PMD" : "a PMD, not PTEs");
	memory->wrong = NULL;
	return 0;
}

/* Each folio that should be huge; of base pages the first and the last. */
static int check(struct memory *memory)
{
	size_t step = memory->kind->huge ? memory->kind->huge : memory->bytes - BASE_BYTES;
	int error = 0;

	for (size_t at = 0; !error && at < memory->bytes; at += step ? step : BASE_BYTES)
		error = check_page(memory, at);
	return error;
}

static int map(struct memory *memory, int flags)
{
	memory->pagemap = pagemap_open(0);
	if (memory->pagemap < 0) {
		memory->wrong = "/proc/self/pagemap cannot be opened";
		return memory->pagemap;
	}
	memory->start = usermem_map(memory->bytes, flags, memory->file);
	if (memory->start != MAP_FAILED)
		return 0;
	memory->wrong = "cannot be mapped";
	return -errno;
}

/* SIGBUS would be hugetlb's answer to a pool that is empty: it reserves at mmap() instead. */
int memory_open(struct memory *memory, const struct memory_kind *kind, size_t bytes)
{
	size_t unit = kind->huge ? kind->huge : BASE_BYTES;
	int error;

	memory->kind = kind;
	memory->start = NULL;
	memory->pagemap = -1;
	memory->file = -1;
	memory->bytes = bytes < kind->bytes ? kind->bytes : (bytes + unit - 1) / unit * unit;
	if (kind->setting && access(kind->setting, F_OK)) {
		memory->wrong = "is not offered by this kernel";
		return cause_say(-EOPNOTSUPP, "it has no %s", kind->setting);
	}
	error = map(memory, MAP_PRIVATE | MAP_ANONYMOUS | kind->flags);
	if (!error) {
		memory->wrong = "cannot be had";
		error = kind->shape(memory);
	}
	if (!error)
		error = usermem_settle();
	if (!error)
		error = check(memory);
	if (error)
		memory_close(memory);
	return error;
}

int memory_open_file(struct memory *memory, const char *path, size_t bytes, bool write)
{
	off_t size;
	int error = 0;

	memory->kind = NULL;
	memory->start = NULL;
	memory->pagemap = -1;
	memory->file = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	memory->wrong = "cannot be opened";
	if (memory->file < 0)
		return -errno;
	size = lseek(memory->file, 0, SEEK_END);
	memory->bytes = bytes ? bytes : (size_t)(size > 0 ? size : 0);
	memory->bytes = (memory->bytes + BASE_BYTES - 1) / BASE_BYTES * BASE_BYTES;
	memory->pagemap = pagemap_open(0);
	memory->wrong = "is empty, or ends before that";
	if (!memory->bytes || (size_t)size <= memory->bytes - BASE_BYTES)
		error = cause_say(-ENODATA, "the file has %lld bytes", (long long)size);
	if (!error) {
		memory->wrong = "cannot be mapped";
		memory->start = mmap(NULL, memory->bytes, PROT_READ | (write ? PROT_WRITE : 0),
				     MAP_SHARED, memory->file, 0);
		error = memory->start == MAP_FAILED ? -errno : 0;
	}
	for (size_t at = 0; !error && at < memory->bytes; at += BASE_BYTES)
		(void)*(volatile char *)(memory->start + at);
	if (error)
		memory_close(memory);
	return error;
}

void memory_close(struct memory *memory)
{
	if (memory->start && memory->start != MAP_FAILED)
		munmap(memory->start, memory->bytes);
	if (memory->pagemap >= 0)
		close(memory->pagemap);
	if (memory->file >= 0)
		close(memory->file);
	memory->start = NULL;
	memory->pagemap = -1;
	memory->file = -1;
}
