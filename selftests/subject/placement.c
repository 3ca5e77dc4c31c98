// SPDX-License-Identifier: GPL-2.0-only
/* The zone of pages: whether it may hold them for long, and whether they can move. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pincheck.h"
#include "known_issues.h"
#include "memory_block.h"
#include "placement.h"

#define MOVABLE_ZONES	(PINCHECK_PAGE_MOVABLE_ZONE | PINCHECK_PAGE_CMA)
#define PLACES_TRIED	100

static bool all_are_in(const struct memory *memory, const struct witness *now, uint64_t place)
{
	for (size_t i = 0; i < memory->samples; i++)
		if (!(now->report[i].flags & place))
			return false;
	return true;
}

/*
 * The kernel gives out first what came back last: a page of another zone, if the last case made its
 * pages leave. Such memory is kept until other memory is where it should be.
 */
int starts_in(struct subject *subject, uint64_t place, struct witness *before)
{
	const struct memory_kind *kind = subject->product->memory;
	static struct memory others[PLACES_TRIED];
	int count = 0, error = witness_by_module(subject, before);

	while (!error && !all_are_in(&subject->memory, before, place)) {
		if (count == PLACES_TRIED) {
			error = cause_say(-EADDRNOTAVAIL, "no memory of %d came from %s", count,
					  place == PINCHECK_PAGE_CMA ? "CMA" : "ZONE_MOVABLE");
			break;
		}
		others[count++] = subject->memory;
		error = memory_map(&subject->memory, kind);
		if (!error)
			error = witness_take(subject, before);
	}
	while (count)
		memory_unmap(&others[--count]);
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

/* PLACEMENT: each page is where it was @before, and the report names the same place. */
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
		else if ((now.report[i].flags ^ before->report[i].flags) & MOVABLE_ZONES)
			verdict_broken(verdict, "the report names another place", memory->sample[i]);
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
		bool movable = now.report[i].flags & MOVABLE_ZONES;

		if (movable == hold_covers(&subject->hold, memory->sample[i]))
			verdict_broken(verdict, movable ? "a held page is in ZONE_MOVABLE or CMA" :
				       "a page that is not held left it", memory->sample[i]);
		left += !movable;
	}
	verdict_note(verdict, "left=%zu samples=%zu held_pages=%zu", left, memory->samples,
		     subject->hold.pages);
}

/* PATH: GUP-fast leaves pages that may not be pinned for long to the slow path. */
void verdict_all_slow(struct subject *subject, struct verdict *verdict)
{
	const struct hold *hold = &subject->hold;

	verdict_start(verdict, "PATH");
	verdict_note(verdict, "pages=%zu fast=%" PRIu64 " slow=%" PRIu64, hold->pages,
		     hold->fast_pages, hold->slow_pages);
	if (hold->slow_pages != hold->pages)
		verdict_broken(verdict, "expected all of them slow", hold->first);
}

/* PLACEMENT: a long-term pin is refused where the page cannot leave. Releases it if given. */
void verdict_longterm_refused(struct subject *subject, struct verdict *verdict)
{
	const struct hold_kind *other = subject_holds(subject, HOLD_WRITE) ?
					&hold_pin_rw_lt_slow : &hold_pin_ro_lt_slow;
	struct hold hold;
	int error = hold_take(&hold, other, &subject->memory, 0, memory_pages(&subject->memory));

	verdict_start(verdict, "PLACEMENT");
	if (!error)
		verdict_broken(verdict, "pinned where it blocks migration", subject->memory.sample[0]);
	else if (error != -ENOMEM)
		verdict_broken(verdict, "refused by another errno than ENOMEM",
			       subject->memory.sample[0]);
	verdict_note(verdict, "hold=%s beside=%s outcome=\"%s\"", other->name,
		     subject->product->hold->name, error ? strerror(-error) : "given");
	hold_release(&hold);
}

int pipe_takes_pages(const struct memory *memory)
{
	struct iovec pages = { memory->start, memory->bytes };
	int splice_pipe[2], error = 0;

	if (pipe2(splice_pipe, O_CLOEXEC))
		return -errno;
	if (vmsplice(splice_pipe[1], &pages, 1, 0) != (ssize_t)memory->bytes)
		error = cause_say(-EIO, "vmsplice() did not take the pages");
	close(splice_pipe[1]);
	if (error)
		close(splice_pipe[0]);
	return error ? error : splice_pipe[0];
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
		verdict_broken(verdict, all ? "a pinned page in the way is not found" :
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
