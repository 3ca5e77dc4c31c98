// SPDX-License-Identifier: GPL-2.0-only
/* The stage of the tests of the device itself. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_size.h"
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/pincheck.h"
#include "counts.h"
#include "stage.h"

void stage_use_all_cpus(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
}

void stage_use_one_cpu(unsigned int nth)
{
	cpu_set_t all, one;
	unsigned int seen = 0;

	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && seen++ == nth)
			CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

int stage_no_huge_pages(void *start, size_t bytes)
{
	return !madvise(start, bytes, MADV_NOHUGEPAGE) || errno == EINVAL ? 0 : -errno;
}

/* Byte i of page n is 0x11 + n + i % 251. A division for each byte is slow under emulation. */
static void fill_memory(struct stage *stage)
{
	unsigned char *byte = stage->memory;
	unsigned int page, place, at = 0;

	for (page = 0; page < STAGE_PAGES; page++) {
		for (place = 0; place < stage->page; place++) {
			*byte++ = 0x11 + page + at;
			at = at == 250 ? 0 : at + 1;
		}
	}
}

static int map_memory(struct stage *stage)
{
	size_t page = stage->page;
	unsigned char *area;
	int error;

	area = mmap(NULL, stage->length + 2 * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return -errno;
	madvise(area, stage->length + 2 * page, MADV_NOHUGEPAGE);
	stage->memory = area + page;
	fill_memory(stage);
	error = usermem_drain_lru();
	munmap(area, page);
	munmap(stage->memory + stage->length, page);
	return error;
}

int stage_open(struct stage *stage, char *why, size_t size)
{
	int error;

	*stage = (struct stage) { .session = -1, .page = PAGE_BYTES };
	stage->length = STAGE_PAGES * stage->page;
	error = pin_accounting_read(&stage->before);
	if (!error) {
		stage->session = pincheck_open();
		error = stage->session < 0 ? stage->session : map_memory(stage);
	}
	if (error)
		snprintf(why, size, "cannot open %s: %s. %s", PINCHECK_DEVICE, strerror(-error),
			 pincheck_open_hint(error));
	return error;
}

int stage_hold(struct stage *stage, struct hold_row row, const void *address, size_t length)
{
	stage->hold = (struct pincheck_hold) {
		.flags = row.flags, .kind = row.kind, .path = row.path,
		.addr = (uintptr_t)address, .len = length,
	};
	return pincheck_hold(stage->session, &stage->hold);
}

int stage_hold_all(struct stage *stage, struct hold_row row)
{
	return stage_hold(stage, row, stage->memory, stage->length);
}

bool stage_close(struct stage *stage, bool machine, char *why, size_t size)
{
	if (stage->session >= 0)
		close(stage->session);
	stage->session = -1;
	munmap(stage->memory, stage->length);
	return pin_accounting_agrees(&stage->before, why, size) &&
	       (!machine || pins_agree(why, size));
}

uint64_t stage_pfn(const void *address)
{
	int pagemap = pagemap_open(0);
	uint64_t pfn;

	if (pagemap < 0)
		return 0;
	pfn = pagemap_pfn(pagemap_entry(pagemap, address));
	close(pagemap);
	return pfn;
}

int stage_report(const struct stage *stage, const void *address, struct pincheck_report *report)
{
	__u64 pfn = stage_pfn(address);
	/* The slow path of GUP marks pages accessed: newly active pages wait in a batch, too. */
	int error = usermem_drain_lru();

	if (error)
		return error;
	if (!pfn)
		return cause_say(-ENODATA, "no page is mapped at %p, or CAP_SYS_ADMIN is missing: "
				 "pagemap shows no number without it", address);
	return pincheck_report(stage->session, &pfn, 1, report);
}
