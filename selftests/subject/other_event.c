// SPDX-License-Identifier: GPL-2.0-only
/* Events that somebody else makes: the preparation and the verdicts. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pagemap.h"
#include "other_event.h"
#include "require.h"

/* Marks of an entry: a process sets them, or the kernel for it. */
#define MARKS	(PAGEMAP_SOFT_DIRTY | PAGEMAP_EXCLUSIVE | PAGEMAP_UFFD_WP | PAGEMAP_FILE)

static uint64_t entry_of_sample(const struct memory *memory, size_t sample)
{
	return pagemap_entry(memory->pagemap, memory_address(memory, memory->sample[sample]));
}

/*
 * A fresh mapping reads soft-dirty as a whole, whatever its entries say. So clear_refs takes that
 * away, and a write of the same bytes marks the entries of the samples. Before the hold: it is the
 * event that is tested here, not clear_refs. Tracking of hugetlb and of shmem is not complete (R67,
 * R68).
 */
static int mark_soft_dirty(struct subject *subject, bool *marked)
{
	int error;

	if (subject->product->memory->traits & (MEMORY_HUGETLB | MEMORY_SHMEM) ||
	    require_missing(NEEDS_SOFT_DIRTY))
		return 0;
	error = memory_clear_refs();
	if (error)
		return error;
	memory_fill(&subject->memory, BEFORE);
	*marked = true;
	return usermem_drain_lru();
}

int other_event_prepare(struct subject *subject, const struct other_event *event,
			struct before_event *before)
{
	const struct memory *memory = &subject->memory;
	int error = 0;

	before->marked = false;
	if (!event->unmarked)
		error = mark_soft_dirty(subject, &before->marked);
	if (!error && event->begin)
		error = event->begin(subject);
	if (!error)
		error = event->part ? subject_hold_part(subject, 0, 1) : subject_hold(subject);
	for (size_t i = 0; i < memory->samples && !error; i++)
		before->entry[i] = entry_of_sample(memory, i);
	return error ? error : witness_take(subject, &before->pages);
}

int other_event_by_process(struct subject *subject,
			   int (*act)(const struct memory *memory, pid_t owner))
{
	const struct memory *memory = &subject->memory;
	int status;
	pid_t child;

	/* For ever: a page of hugetlb does not take MADV_DOFORK any more (Linux 7). */
	if (madvise(memory->start, memory->bytes, MADV_DONTFORK))
		return -errno;
	child = fork();
	if (!child)
		_exit(-act(memory, getppid()));
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -errno;
	if (!WIFEXITED(status))
		return cause_say(-ECHILD, "the other process ended by signal %d", WTERMSIG(status));
	return -WEXITSTATUS(status);
}

int other_event_advise(const struct memory *memory, pid_t owner, int advice)
{
	struct iovec theirs = { memory->start, memory->bytes };
	int process = syscall(SYS_pidfd_open, owner, 0), error = 0;

	if (process < 0)
		return -errno;
	if (syscall(SYS_process_madvise, process, &theirs, 1, advice, 0) < 0)
		error = -errno;
	close(process);
	return error;
}

/* A mirror has no reference: the kernel does with its pages what it does with unheld ones. */
static bool has_reference(const struct subject *subject, size_t sample)
{
	return hold_covers(&subject->hold, subject->memory.sample[sample]) &&
	       !subject_holds(subject, HOLD_MIRROR);
}

void verdict_event_answer(struct subject *subject, const struct other_event *event, int answer,
			  struct verdict *verdict)
{
	int expected = event->refused && has_reference(subject, 0) ? -event->refused : 0;

	verdict_start(verdict, "PLACEMENT");
	if (answer != expected)
		verdict_broken(verdict, "the event ends otherwise", 0);
	verdict_note(verdict, "event=\"%s\" event_expected=\"%s\"",
		     answer ? cause_of(answer) : "done", expected ? strerror(-expected) : "done");
}

void verdict_unheld_pages(struct subject *subject, const struct other_event *event,
			  const struct before_event *before, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	size_t unheld = 0, left = 0;

	verdict_start(verdict, "PLACEMENT");
	if (verdict_lacks_pages(verdict))
		return;
	for (size_t i = 0; i < memory->samples; i++) {
		uint64_t pfn = memory_pfn(memory, memory->sample[i]);
		bool leaves = pfn != before->pages.mapped[i];

		/* Where a part is held, the event is not for the held page. */
		if (has_reference(subject, i) || (event->part && !i))
			continue;
		unheld++;
		left += leaves;
		if (event->unheld != UNHELD_ANY && leaves != (event->unheld == UNHELD_LEAVES))
			verdict_broken(verdict, leaves ? "the page was replaced needlessly" :
				       "nothing happened to a page that nobody holds",
				       memory->sample[i]);
	}
	verdict_note(verdict, "unheld=%zu left=%zu", unheld, left);
}

void verdict_held_pages(struct subject *subject, const struct before_event *before,
			struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	size_t held = 0, telling = 0;

	verdict_start(verdict, "PLACEMENT");
	if (verdict_lacks_pages(verdict))
		return;
	for (size_t i = 0; i < memory->samples && verdict->kept; i++) {
		if (!has_reference(subject, i))
			continue;
		held++;
		if (memory_pfn(memory, memory->sample[i]) == before->pages.mapped[i])
			continue;
		verdict_broken(verdict, "the held page was replaced", memory->sample[i]);
		telling = i;
	}
	verdict_note(verdict, "held_pages=%zu before_pfn=%" PRIx64 " pfn=%" PRIx64, held,
		     before->pages.mapped[telling], memory_pfn(memory, memory->sample[telling]));
}

void verdict_marks_stay(struct subject *subject, const struct other_event *event,
			const struct before_event *before, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	size_t looked = 0;

	verdict_start(verdict, "TRACKING");
	for (size_t i = 0; i < memory->samples; i++) {
		uint64_t entry = entry_of_sample(memory, i);

		if ((event->part || event->loses) && !has_reference(subject, i))
			continue;
		if (!looked++)
			verdict_note(verdict, "marks=%#llx marks_before=%#llx", entry & MARKS,
				     before->entry[i] & MARKS);
		if ((entry ^ before->entry[i]) & MARKS)
			verdict_broken(verdict, "a mark is another than before", memory->sample[i]);
	}
	verdict_note(verdict, "pages=%zu", looked);
}

/* The kernel itself fails to write to the samples for the process, for a read(). */
void verdict_write_protected(struct subject *subject, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	size_t refused = 0;

	verdict_start(verdict, "ISOLATION");
	for (size_t i = 0; i < memory->samples; i++) {
		char *page = memory_address(memory, memory->sample[i]);

		refused += read(zero, page, 1) < 0 && errno == EFAULT;
	}
	close(zero);
	if (refused != memory->samples)
		verdict_broken(verdict, "the process writes to memory that it has read-only", 0);
	verdict_note(verdict, "refused=%zu samples=%zu", refused, memory->samples);
}
