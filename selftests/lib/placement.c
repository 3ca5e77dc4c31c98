// SPDX-License-Identifier: GPL-2.0-only
/* Where pages are, whether they moved, and whether they could. */
#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/pincheck.h"
#include "known_issues.h"
#include "memory_block.h"
#include "placement.h"

#define IN_THE_WAY	(PINCHECK_PAGE_MOVABLE_ZONE | PINCHECK_PAGE_CMA)
#define HUGE_PAGES_TRIED	8

/* Touches it. */
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
 * The pool of huge pages gives first what came back to it last, and that may be where the page
 * before went to. Take some until one is in ZONE_MOVABLE, and give that back last.
 */
static int huge_page_of_movable(struct memory *memory)
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

/* All of it is in ZONE_MOVABLE, or the case would show nothing. Return: 0 or a negative errno. */
int starts_in_movable(struct subject *subject, struct witness *before)
{
	struct memory *memory = &subject->memory;
	int error = 0;
	size_t i;

	if (subject_is(subject, MEMORY_HUGETLB) && !is_in_movable(memory, memory->start))
		error = huge_page_of_movable(memory);
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
		     now->mapped[i], report->zone, !!(report->flags & IN_THE_WAY), report->order,
		     report->pins, pincheck_path_name(now->path[i]));
}

/* PLACEMENT: what is held, or mapped, is where it may be for long: elsewhere than @before. */
void verdict_placed(struct subject *subject, const struct witness *before,
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
		if (report->flags & IN_THE_WAY)
			verdict_broken(verdict, "it is in ZONE_MOVABLE or CMA", memory->sample[i]);
		else if (!(report->flags & PINCHECK_PAGE_LONGTERM_PINNABLE))
			verdict_broken(verdict, "it may not be pinned for long", memory->sample[i]);
		else if (before && now.mapped[i] == before->mapped[i])
			verdict_broken(verdict, "the zone says it moved, the PFN does not",
				       memory->sample[i]);
	}
	note_move(verdict, before, &now, telling);
}

/* From 5.13 on the kernel does not leave a long-term pin there (d1e153fea2a8). */
static bool kernel_makes_it_leave(void)
{
	char kernel[64];

	kernel_version(kernel, sizeof(kernel));
	return kernel_in_range(kernel, ">=5.13", NULL) > 0;
}

/* PLACEMENT: it is where it was @before, in ZONE_MOVABLE, and says so. */
void verdict_stayed(struct subject *subject, const struct witness *before,
		    struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct witness now;
	bool leaves = kernel_makes_it_leave();
	size_t i, telling = 0;
	int error = witness_take(subject, &now);

	verdict_start(verdict, "PLACEMENT");
	if (error)
		return verdict_failed(verdict, "cannot look at the pages", error);
	for (i = 0; i < memory->samples && verdict->kept; i++) {
		telling = i;
		if (now.mapped[i] != before->mapped[i])
			verdict_broken(verdict, "what is held was moved", memory->sample[i]);
		else if (!(now.report[i].flags & PINCHECK_PAGE_MOVABLE_ZONE))
			verdict_broken(verdict, "not told to be in ZONE_MOVABLE",
				       memory->sample[i]);
		else if (leaves && (now.report[i].flags & PINCHECK_PAGE_LONGTERM_PINNABLE))
			verdict_broken(verdict, "told that it may be pinned for long there",
				       memory->sample[i]);
	}
	note_move(verdict, before, &now, telling);
}

void verdict_parted(struct subject *subject, struct verdict *verdict)
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
			verdict_broken(verdict, movable ? "it is in ZONE_MOVABLE" :
				       "it left, and nobody holds it", memory->sample[i]);
		left += !movable;
	}
	verdict_note(verdict, "left=%zu samples=%zu held_pages=%zu", left, memory->samples,
		     subject->hold.pages);
}

/* How many of the folios of @pages does SCAN UNMOVABLE find? Return: or a negative errno. */
static int found_unmovable(struct subject *subject, const struct witness *pages)
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
			return cause_say(-EBADMSG, "SCAN tells pfn %#llx where it was asked for %#llx",
					 pfn, head);
		found += count;
	}
	return found;
}

/* ACCURACY: the scan finds all, or none, of @pages: those that are pinned and in the way. */
void verdict_scanned(struct subject *subject, const struct witness *pages, bool all,
		     struct verdict *verdict)
{
	int samples = subject->memory.samples;
	int found = found_unmovable(subject, pages);

	verdict_start(verdict, "ACCURACY");
	if (found < 0)
		return verdict_failed(verdict, "cannot scan", found);
	if (found != (all ? samples : 0))
		verdict_broken(verdict, all ? "a pinned page in ZONE_MOVABLE is not found" :
			       "found, and should not be pinned there", subject->memory.sample[0]);
	verdict_note(verdict, "found=%d samples=%d pfn=%" PRIx64, found, samples,
		     (uint64_t)pages->report[0].head);
}

/* PLACEMENT: the block goes offline, or it does not, for its pages could not be migrated. */
void verdict_block(bool goes, int (*while_away)(void *argument), void *argument,
		   struct verdict *verdict)
{
	uint64_t failures = 0;
	int error = memory_block_empty(while_away, argument, &failures);

	verdict_start(verdict, "PLACEMENT");
	if (error && error != -EBUSY)
		return verdict_failed(verdict, "the memory block", error);
	if (goes && error)
		verdict_broken(verdict, "the memory block does not get empty", 0);
	if (!goes && !error)
		verdict_broken(verdict, "the memory block was emptied", 0);
	verdict_note(verdict, "block=%s failed_to_migrate=%" PRIu64, error ? "online" : "offline",
		     failures);
}
