// SPDX-License-Identifier: GPL-2.0-only
/*
 * protnone: entries that are present, and allow no access: those of PROT_NONE memory, and those by which
 * NUMA balancing asks for a fault, which look the same. Code of the kernel that only looks at pages
 * finds them. From 474098edac26 (6.1) to d74943a2f3cd (6.5) GUP's lookup hid them from it (R42).
 */
#include "suite.h"
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROTNONE_HOLDS(X, topic, memory)							\
	X(topic, memory, none)									\
	X(topic, memory, pin_rw_lt_fast)	X(topic, memory, get_rw_fast)

SUITE_EVENT("mprotect")
TOPIC(protnone)
PROTNONE_HOLDS(TOPIC_VARIANT, protnone, base)
PROTNONE_HOLDS(TOPIC_VARIANT, protnone, thp_pmd)
PROTNONE_HOLDS(TOPIC_VARIANT, protnone, thp_pte)
TOPIC_VARIANT(protnone, base, uring)

/* Return: bytes that smaps finds present in the mapping of @memory, or a negative errno. */
static long smaps_present(const struct memory *memory)
{
	uintptr_t start = (uintptr_t)memory->start;
	FILE *maps = fopen("/proc/self/smaps", "re");
	unsigned long from, to, kib;
	long present = -ENOENT;
	bool inside = false;
	char line[512];

	if (!maps)
		return -errno;
	while (present < 0 && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= start && start < to;
		else if (inside && sscanf(line, "Rss: %lu kB", &kib) == 1)
			present = kib * 1024;
	}
	fclose(maps);
	return present;
}

/** struct finds - what looks at the memory, and finds it: before and after, by enum moment */
struct finds {
	long smaps[2];
	int missing[2];
	int status[2];
};

enum moment { ACCESSIBLE, INACCESSIBLE };

/* move_pages() without nodes asks on which node each page is: a negative errno where it finds none. */
static int look(const struct memory *memory, struct finds *finds, enum moment moment)
{
	for (size_t i = 0; i < memory->samples; i++) {
		void *page = memory_address(memory, memory->sample[i]);
		int status = 0;

		if (syscall(SYS_move_pages, 0, 1, &page, NULL, &status, 0))
			return -errno;
		finds->missing[moment] += status < 0;
		finds->status[moment] = status;
	}
	finds->smaps[moment] = smaps_present(memory);
	return finds->smaps[moment] < 0 ? (int)finds->smaps[moment] : 0;
}

static void verdict_found(const struct finds *finds, struct verdict *verdict)
{
	verdict_start(verdict, "ACCURACY");
	if (finds->missing[ACCESSIBLE])
		verdict_failed(verdict, "move_pages() finds no page before the event", -ENOENT);
	if (finds->missing[INACCESSIBLE])
		verdict_broken(verdict, "move_pages() finds no page", 0);
	if (finds->smaps[INACCESSIBLE] != finds->smaps[ACCESSIBLE])
		verdict_broken(verdict, "smaps counts other pages than before", 0);
	verdict_note(verdict, "missing=%d status=%d rss_before=%ld rss=%ld",
		     finds->missing[INACCESSIBLE], finds->status[INACCESSIBLE],
		     finds->smaps[ACCESSIBLE], finds->smaps[INACCESSIBLE]);
}

/* ACCURACY, then SYNC. A hold is as good as before, once the process may write again. */
SCENARIO(protnone, found, .rows = "R42 B11", .needs = NEEDS_MOVE_PAGES)
{
	struct memory *memory = &subject->memory;
	struct finds finds = { 0 };

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(look(memory, &finds, ACCESSIBLE));
	ASSERT_DONE(mprotect(memory->start, memory->bytes, PROT_NONE) ? -errno : 0);
	ASSERT_DONE(look(memory, &finds, INACCESSIBLE));
	ASSERT_DONE(mprotect(memory->start, memory->bytes, PROT_READ | PROT_WRITE) ? -errno : 0);
	EXPECT_VERDICT(verdict_found, &finds);
	EXPECT_CPU_SEES(subject, BEFORE);
}

PINCHECK_TEST_MAIN
