/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trackers: how a process learns which of its pages were written since it last asked. Each is a row:
 * the soft-dirty bits of clear_refs, and userfaultfd's write protection, where a thread lets each
 * first write go on (synchronous, as QEMU's snapshots do) or the kernel does (asynchronous, read by
 * PAGEMAP_SCAN).
 *
 *	ASSERT_DONE(tracking_begin(&tracking, tracker, &subject->memory, 0));
 *	ASSERT_DONE(tracking_forget(&tracking));
 *	... writes ...
 *	ASSERT_DONE(tracking_read(&tracking, start, pages, written));
 *	tracking_end(&tracking);
 */
#ifndef PINCHECK_SELFTESTS_TRACKER_H
#define PINCHECK_SELFTESTS_TRACKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/userfaultfd.h>
#include "memory.h"

#ifndef UFFD_FEATURE_WP_HUGETLBFS_SHMEM
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM	(1 << 12)	/* Linux 5.19 */
#endif
#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED	(1 << 13)	/* Linux 6.4 */
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC		(1 << 15)	/* Linux 6.7 */
#endif

struct tracking;

/**
 * struct tracker - a row: a way to track writes
 * @name: last part of a variant's name
 * @needs: NEEDS_... of require.h
 * @features: of userfaultfd; 0: it takes no part
 * @mark: bit of pagemap that the tracker works by
 * @set_is_written: the page was written if @mark is set; otherwise if it is clear
 * @forget: from now on only new writes count
 * @read: see tracking_read()
 */
struct tracker {
	const char *name;
	requirement_set needs;
	uint64_t features;
	uint64_t mark;
	bool set_is_written;
	int (*forget)(const struct tracking *tracking);
	int (*read)(const struct tracking *tracking, const void *start, size_t pages, bool *written);
};

extern const struct tracker tracker_soft_dirty, tracker_uffd_sync, tracker_uffd_async;

/**
 * struct tracking - memory whose writes are tracked
 * @tracker: the way
 * @memory: at its first place
 * @uffd: of a tracker by userfaultfd, or -1
 * @child_uffd: of a child, where UFFD_FEATURE_EVENT_FORK was asked for, or -1
 * @stop: pipe: a byte ends @thread
 * @thread: lets writes and events go on
 * @threaded: @thread runs
 */
struct tracking {
	const struct tracker *tracker;
	const struct memory *memory;
	int uffd;
	int child_uffd;
	int stop[2];
	pthread_t thread;
	bool threaded;
};

/** tracker_needs() - what @tracker needs of the machine to track memory of @kind */
requirement_set tracker_needs(const struct tracker *tracker, const struct memory_kind *kind);

/** tracker_marks() - does @entry of pagemap say that the page was written? */
bool tracker_marks(const struct tracker *tracker, uint64_t entry);

/**
 * tracking_begin() - begin to track @memory
 * @events: UFFD_FEATURE_EVENT_* that the process wants to hear of
 *
 * Return: 0 or a negative errno
 */
int tracking_begin(struct tracking *tracking, const struct tracker *tracker,
		   const struct memory *memory, uint64_t events);

/** tracking_forget() - from now on only new writes count. Return: 0 or a negative errno */
int tracking_forget(const struct tracking *tracking);

/**
 * tracking_read() - which of @pages pages from @start on were written
 *
 * A page that is not tracked any more, because another mapping is in its place, counts as written: the
 * process can see that.
 *
 * Return: 0 or a negative errno
 */
int tracking_read(const struct tracking *tracking, const void *start, size_t pages, bool *written);

/** tracking_end() - end the tracking; safe after a tracking_begin() that failed */
void tracking_end(struct tracking *tracking);

#endif
