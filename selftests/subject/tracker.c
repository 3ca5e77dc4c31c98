// SPDX-License-Identifier: GPL-2.0-only
/* Trackers of writes: a row a way. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pagemap.h"
#include "pagemap_scan.h"
#include "require.h"
#include "tracker.h"
#include "trap.h"

static int forget_soft_dirty(const struct tracking *tracking)
{
	(void)tracking;
	return memory_clear_refs();
}

static int forget_sync(const struct tracking *tracking)
{
	return trap_protect(tracking->uffd, tracking->memory->start, tracking->memory->bytes, true);
}

static int forget_async(const struct tracking *tracking)
{
	return pagemap_scan_protect(tracking->memory->pagemap, tracking->memory->start,
				    tracking->memory->bytes);
}

bool tracker_marks(const struct tracker *tracker, uint64_t entry)
{
	return !(entry & tracker->mark) == !tracker->set_is_written;
}

static int read_bits(const struct tracking *tracking, const void *start, size_t pages, bool *written)
{
	uint64_t *entries = malloc(pages * sizeof(*entries));
	int error = entries ? pagemap_read(tracking->memory->pagemap, start, entries, pages) : -ENOMEM;

	for (size_t i = 0; i < pages && !error; i++)
		written[i] = tracker_marks(tracking->tracker, entries[i]);
	free(entries);
	return error;
}

static int read_async(const struct tracking *tracking, const void *start, size_t pages, bool *written)
{
	int pagemap = tracking->memory->pagemap;
	uint64_t *found = calloc(pages, sizeof(*found)), *tracked = calloc(pages, sizeof(*tracked));
	int error = found && tracked ? 0 : -ENOMEM;

	if (!error)
		error = pagemap_scan(pagemap, start, pages, SCAN_WRITTEN, SCAN_WRITTEN, found);
	if (!error)
		error = pagemap_scan(pagemap, start, pages, SCAN_WPALLOWED, SCAN_WPALLOWED, tracked);
	for (size_t i = 0; i < pages && !error; i++)
		written[i] = found[i] || !tracked[i];
	free(found);
	free(tracked);
	return error;
}

const struct tracker tracker_soft_dirty = {
	.name = "soft_dirty", .needs = NEEDS_SOFT_DIRTY,
	.mark = PAGEMAP_SOFT_DIRTY, .set_is_written = true,
	.forget = forget_soft_dirty, .read = read_bits,
};

const struct tracker tracker_uffd_sync = {
	.name = "uffd_sync", .needs = NEEDS_UFFD_WP | NEEDS_UFFD_WP_MARK | NEEDS_THREADS,
	.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP, .mark = PAGEMAP_UFFD_WP,
	.forget = forget_sync, .read = read_bits,
};

const struct tracker tracker_uffd_async = {
	.name = "uffd_async", .needs = NEEDS_SCAN,
	.features = UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED, .mark = PAGEMAP_UFFD_WP,
	.forget = forget_async, .read = read_async,
};

requirement_set tracker_needs(const struct tracker *tracker, const struct memory_kind *kind)
{
	bool file = kind->file || kind->traits & MEMORY_HUGETLB;

	return tracker->needs | (tracker->features && file ? NEEDS_UFFD_WP_FILES : 0);
}

/* All that one PMD maps is let go at once, so that the PMD stays. */
static void answer_fault(const struct tracking *tracking, uintptr_t address)
{
	const struct memory *memory = tracking->memory;
	size_t bytes = memory->kind->traits & MEMORY_PMD ? memory->bytes : PAGE_BYTES;

	trap_protect(tracking->uffd, (void *)(address & ~(bytes - 1)), bytes, false);
}

static void *answer_events(void *argument)
{
	struct tracking *tracking = argument;
	struct pollfd ready[] = {
		{ .fd = tracking->uffd, .events = POLLIN },
		{ .fd = tracking->stop[0], .events = POLLIN },
	};
	struct uffd_msg message;

	while (poll(ready, 2, -1) > 0 && !ready[1].revents) {
		if (read(tracking->uffd, &message, sizeof(message)) != sizeof(message))
			continue;
		if (message.event == UFFD_EVENT_PAGEFAULT)
			answer_fault(tracking, message.arg.pagefault.address);
		else if (message.event == UFFD_EVENT_FORK)
			tracking->child_uffd = message.arg.fork.ufd;
	}
	return NULL;
}

static int start_thread(struct tracking *tracking)
{
	int error;

	if (pipe2(tracking->stop, O_CLOEXEC))
		return -errno;
	error = -pthread_create(&tracking->thread, NULL, answer_events, tracking);
	tracking->threaded = !error;
	return error;
}

int tracking_begin(struct tracking *tracking, const struct tracker *tracker,
		   const struct memory *memory, uint64_t events)
{
	*tracking = (struct tracking) {
		.tracker = tracker, .memory = memory, .uffd = -1, .child_uffd = -1, .stop = { -1, -1 },
	};
	if (!tracker->features)
		return 0;
	tracking->uffd = trap_set_with(memory->start, memory->bytes, UFFDIO_REGISTER_MODE_WP,
				       tracker->features | events);
	if (tracking->uffd < 0)
		return cause_say(tracking->uffd, "userfaultfd does not track %s memory",
				 memory->kind->name);
	if (tracker->features & UFFD_FEATURE_WP_ASYNC && !events)
		return 0;
	return start_thread(tracking);
}

int tracking_forget(const struct tracking *tracking)
{
	return tracking->tracker->forget(tracking);
}

int tracking_read(const struct tracking *tracking, const void *start, size_t pages, bool *written)
{
	return tracking->tracker->read(tracking, start, pages, written);
}

void tracking_end(struct tracking *tracking)
{
	if (!tracking->tracker)
		return;
	if (tracking->threaded) {
		/* A child has both ends, too: it is no end of file when this process closes one. */
		if (write(tracking->stop[1], "", 1) == 1)
			pthread_join(tracking->thread, NULL);
		close(tracking->stop[1]);
		close(tracking->stop[0]);
	}
	if (tracking->child_uffd >= 0)
		close(tracking->child_uffd);
	if (tracking->uffd >= 0)
		close(tracking->uffd);
	tracking->tracker = NULL;
}
