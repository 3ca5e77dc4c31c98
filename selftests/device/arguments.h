/* SPDX-License-Identifier: GPL-2.0-only */
/* A good argument for each command, and the buffers and the hold that it refers to. */
#ifndef PINCHECK_SELFTESTS_ARGUMENTS_H
#define PINCHECK_SELFTESTS_ARGUMENTS_H

#include <linux/pincheck.h>
#include "stage.h"

#define ARGUMENT_BYTES	4096

/* The hold and the buffers that good arguments refer to. */
struct referents {
	struct stage stage;
	unsigned char bytes[64];
	struct pincheck_page pages[STAGE_PAGES];
	__u64 pfns[STAGE_PAGES];
	struct pincheck_report reports[STAGE_PAGES];
	struct pincheck_bench_sample sample;
	struct pincheck_event events[STAGE_PAGES];
	struct pincheck_traced traced[STAGE_PAGES];
	__u64 references;	/* that the hold has */
	unsigned char *device;	/* device memory; NULL where no argument refers to it */
};

union argument {
	struct {
		__u32 size;
		__u32 flags;
	};
	struct pincheck_info info;
	struct pincheck_hold hold;
	struct pincheck_release release;
	struct pincheck_io io;
	struct pincheck_pages pages;
	struct pincheck_report_request report;
	struct pincheck_scan scan;
	struct pincheck_events events;
	struct pincheck_bench bench;
	struct pincheck_follow follow;
	struct pincheck_revoke revoke;
	struct pincheck_trace trace;
	struct pincheck_trace_read trace_read;
	unsigned char bytes[ARGUMENT_BYTES];
};

static inline void good_info(union argument *a, const struct referents *to)
{
	(void)to;
	a->info = (struct pincheck_info) { .size = sizeof(a->info) };
}

static inline void good_hold(union argument *a, const struct referents *to)
{
	a->hold = (struct pincheck_hold) {
		.size = sizeof(a->hold), .flags = PINCHECK_HOLD_WRITE,
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST,
		.addr = (uintptr_t)to->stage.memory, .len = to->stage.length,
	};
}

static inline void good_release(union argument *a, const struct referents *to)
{
	a->release = (struct pincheck_release) {
		.size = sizeof(a->release), .hold = to->stage.hold.hold,
	};
}

static inline void good_io(union argument *a, const struct referents *to)
{
	a->io = (struct pincheck_io) {
		.size = sizeof(a->io), .hold = to->stage.hold.hold,
		.offset = 1, .len = sizeof(to->bytes), .buffer = (uintptr_t)to->bytes,
	};
}

static inline void good_pages(union argument *a, const struct referents *to)
{
	a->pages = (struct pincheck_pages) {
		.size = sizeof(a->pages), .hold = to->stage.hold.hold,
		.count = STAGE_PAGES, .pages = (uintptr_t)to->pages,
	};
}

static inline void good_report(union argument *a, const struct referents *to)
{
	a->report = (struct pincheck_report_request) {
		.size = sizeof(a->report), .report_size = sizeof(to->reports[0]),
		.count = STAGE_PAGES,
		.pfns = (uintptr_t)to->pfns, .reports = (uintptr_t)to->reports,
	};
}

static inline void good_scan(union argument *a, const struct referents *to)
{
	a->scan = (struct pincheck_scan) {
		.size = sizeof(a->scan), .flags = PINCHECK_SCAN_PINNED,
		.cursor = 1, .end = 2, .room = STAGE_PAGES, .pfns = (uintptr_t)to->pfns,
	};
}

static inline void good_events(union argument *a, const struct referents *to)
{
	a->events = (struct pincheck_events) {
		.size = sizeof(a->events), .hold = to->stage.hold.hold,
		.event_size = sizeof(to->events[0]), .room = STAGE_PAGES,
		.events = (uintptr_t)to->events,
	};
}

static inline void good_bench(union argument *a, const struct referents *to)
{
	a->bench = (struct pincheck_bench) {
		.size = sizeof(a->bench), .flags = PINCHECK_HOLD_WRITE,
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST, .rounds = 1,
		.addr = (uintptr_t)to->stage.memory, .len = to->stage.length,
		.samples = (uintptr_t)&to->sample,
	};
}

static inline void good_follow(union argument *a, const struct referents *to)
{
	a->follow = (struct pincheck_follow) {
		.size = sizeof(a->follow), .addr = (uintptr_t)to->device,
	};
}

static inline void good_trace(union argument *a, const struct referents *to)
{
	(void)to;
	a->trace = (struct pincheck_trace) {
		.size = sizeof(a->trace), .records = PINCHECK_TRACE_RECORDS_MIN,
	};
}

static inline void good_trace_read(union argument *a, const struct referents *to)
{
	a->trace_read = (struct pincheck_trace_read) {
		.size = sizeof(a->trace_read), .record_size = sizeof(to->traced[0]),
		.records = (uintptr_t)to->traced, .room = STAGE_PAGES,
	};
}

static inline void good_revoke(union argument *a, const struct referents *to)
{
	(void)to;
	a->revoke = (struct pincheck_revoke) { .size = sizeof(a->revoke) };
}

#endif
