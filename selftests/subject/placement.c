// SPDX-License-Identifier: GPL-2.0-only
/* The zone of pages: whether it may hold them for long, and whether they can move. */
#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/pincheck.h"
#include "known_issues.h"
#include "memory_block.h"
#include "placement.h"

#define MOVABLE_ZONES	(PINCHECK_PAGE_MOVABLE_ZONE | PINCHECK_PAGE_CMA)
#define HUGE_PAGES_TRIED	8

/* Is the page at @address in ZONE_MOVABLE? Touches the page first. */
static bool is_in_movable(struct memory *memory, char *address)
{
	struct pincheck_report report;
	__u64 pfn;

	(void)*(volatile char *)address;
	pfn = pagemap_pfn(pagemap_entry(memory->pagemap, address));
	return !pincheck_report(memory->session, &pfn, 1, &report) &&
	       (report.flags & PINCHECK_PAGE_MOVABLE_ZONE);
}

/*
 * The hugetlb pool gives out first the page that came back last, which may be the destination of
 * the last migration. Take pages until one is in ZONE_MOVABLE, and give that one back last.
 */
static int take_huge_page_of_movable(struct memory *memory)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | memory->kind->shape->flags | hugetlb_size_flag();
	char *taken[HUGE_PAGES_TRIED];
	int count = 0, error = 0;
	bool found = false;

	while (count < HUGE_PAGES_TRIED && !found && !error) {
		taken[count] = mmap(NULL, memory->bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
		if (taken[count] == MAP_FAILED)
			error = -errno;
		else
			found = is_in_movable(memory, taken[count++]);
	}
	if (mmap(memory->start, memory->bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		error = -errno;
	for (int i = 0; i < count; i++)
		munmap(taken[i], memory->bytes);
	return error ? error : memory->kind->populate(memory);
}

/* All of the memory must be in ZONE_MOVABLE: else the case shows nothing. Return: 0 or -errno. */
int starts_in_movable(struct subject *subject, struct witness *before)
{
	struct memory *memory = &subject->memory;
	int error = 0;
	size_t i;

	if (subject_is(subject, MEMORY_HUGETLB) && !is_in_movable(memory, memory->start))
		error = take_huge_page_of_movable(memory);
	if (!error)
		error = witness_take(subject, before);
	for (i = 0; i < memory->samples && !error; i++) {
		if (!(before->report[i].flags & PINCHECK_PAGE_MOVABLE_ZONE))
			error = -EADDRNOTAVAIL;
	}
	return error;
}

static void note_move(struct verdict *verdict, const struct witness *before,
		      const struct witness *now, size_t i)
{
	const struct pincheck_report *report = &now->report[i];

	if (before)
		verdict_note(verdict, "before_pfn=%" PRIx64, before->mapped[i]);
	verdict_note(verdict, "pfn=%" PRIx64 " zone=%u in_the_way=%d order=%u pins=%d path=%s",
		     now->mapped[i], report->zone, !!(report->flags & MOVABLE_ZONES), report->order,
		     report->pins, pincheck_path_name(now->path[i]));
}

/* PLACEMENT: held or mapped pages are where they may be for long, elsewhere than @before. */
void verdict_zone_allowed(struct subject *subject, const struct witness *before,
			  struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct witness now;
	size_t i, telling = 0;
	int error = witness_take(subject, &now);

	verdict_start(verdict, "PLACEMENT");
	if (error)
		return verdict_failed(verdict, "cannot look at the pages", error);
	for (i = 0; i < memory->samples && verdict->kept; i++) {
		const struct pincheck_report *report = &now.report[i];

		telling = i;
		if (report->flags & MOVABLE_ZONES)
			verdict_broken(verdict, "the page is in ZONE_MOVABLE or CMA",
				       memory->sample[i]);
		else if (!(report->flags & PINCHECK_PAGE_LONGTERM_PINNABLE))
			verdict_broken(verdict, "the page may not be pinned for long",
				       memory->sample[i]);
		else if (before && now.mapped[i] == before->mapped[i])
			verdict_broken(verdict, "the page is in another zone, at the same PFN",
				       memory->sample[i]);
	}
	note_move(verdict, before, &now, telling);
}

/* From 5.13 on a long-term pin migrates the page out of ZONE_MOVABLE (d1e153fea2a8). */
static bool longterm_pin_migrates(void)
{
	char kernel[64];

	kernel_version(kernel, sizeof(kernel));
	return kernel_in_range(kernel, ">=5.13", NULL) > 0;
}

/* PLACEMENT: each page is where it was @before, in ZONE_MOVABLE, and the report says so. */
void verdict_page_unchanged(struct subject *subject, const struct witness *before,
			    struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct witness now;
	bool leaves = longterm_pin_migrates();
	size_t i, telling = 0;
	int error = witness_take(subject, &now);

	verdict_start(verdict, "PLACEMENT");
	if (error)
		return verdict_failed(verdict, "cannot look at the pages", error);
	for (i = 0; i < memory->samples && verdict->kept; i++) {
		telling = i;
		if (now.mapped[i] != before->mapped[i])
			verdict_broken(verdict, "a held page was moved", memory->sample[i]);
		else if (!(now.report[i].flags & PINCHECK_PAGE_MOVABLE_ZONE))
			verdict_broken(verdict, "the report does not say ZONE_MOVABLE",
				       memory->sample[i]);
		else if (leaves && (now.report[i].flags & PINCHECK_PAGE_LONGTERM_PINNABLE))
			verdict_broken(verdict, "the report says that it may be pinned for long",
				       memory->sample[i]);
	}
	note_move(verdict, before, &now, telling);
}

void verdict_only_held_left(struct subject *subject, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct witness now;
	size_t i, left = 0;
	int error = witness_take(subject, &now);

	verdict_start(verdict, "PLACEMENT");
	if (error)
		return verdict_failed(verdict, "cannot look at the pages", error);
	for (i = 0; i < memory->samples; i++) {
		bool movable = now.report[i].flags & PINCHECK_PAGE_MOVABLE_ZONE;

		if (movable == hold_covers(&subject->hold, memory->sample[i]))
			verdict_broken(verdict, movable ? "a held page is in ZONE_MOVABLE" :
				       "a page that is not held left it", memory->sample[i]);
		left += !movable;
	}
	verdict_note(verdict, "left=%zu samples=%zu held_pages=%zu", left, memory->samples,
		     subject->hold.pages);
}

/* Return: how many of the folios of @pages SCAN UNMOVABLE finds, or a negative errno. */
static int count_unmovable(struct subject *subject, const struct witness *pages)
{
	int found = 0;
	size_t i;

	for (i = 0; i < subject->memory.samples; i++) {
		__u64 head = pages->report[i].head, cursor = head, end = head + 1;
		__u64 pfn = 0, count = 1;
		int error = pincheck_scan(subject->memory.session, PINCHECK_SCAN_UNMOVABLE, &cursor,
					  &end, &pfn, &count);

		if (error)
			return error;
		if (count && pfn != head)
			return cause_say(-EBADMSG, "SCAN finds pfn %#llx in the range of pfn %#llx",
					 pfn, head);
		found += count;
	}
	return found;
}

/* ACCURACY: SCAN UNMOVABLE finds @all folios of @pages, or none. */
void verdict_scanned(struct subject *subject, const struct witness *pages, bool all,
		     struct verdict *verdict)
{
	int samples = subject->memory.samples;
	int found = count_unmovable(subject, pages);

	verdict_start(verdict, "ACCURACY");
	if (found < 0)
		return verdict_failed(verdict, "cannot scan", found);
	if (found != (all ? samples : 0))
		verdict_broken(verdict, all ? "a pinned page in ZONE_MOVABLE is not found" :
			       "SCAN finds a page not pinned there", subject->memory.sample[0]);
	verdict_note(verdict, "found=%d samples=%d pfn=%" PRIx64, found, samples,
		     (uint64_t)pages->report[0].head);
}

/* PLACEMENT: the memory block goes offline, or stays because its pages cannot be migrated. */
void verdict_block(bool goes, int (*while_away)(void *argument), void *argument,
		   struct verdict *verdict)
{
	uint64_t failures = 0;
	int error = memory_block_empty(while_away, argument, &failures);

	verdict_start(verdict, "PLACEMENT");
	if (error && error != -EBUSY)
		return verdict_failed(verdict, "the memory block", error);
	if (goes && error)
		verdict_broken(verdict, "the memory block does not go offline", 0);
	if (!goes && !error)
		verdict_broken(verdict, "the memory block went offline", 0);
	verdict_note(verdict, "block=%s failed_to_migrate=%" PRIu64, error ? "online" : "offline",
		     failures);
}
