// SPDX-License-Identifier: GPL-2.0-only
/*
 * others_force: a debugger writes where the process itself may not write, by /proc/PID/mem, by ptrace(),
 * and by a device that holds the page with FOLL_FORCE; in memory of every kind. In a private mapping
 * that is a write like any other: into the page, if the page is the process's own, and held or not; into
 * a copy, if others have the page, too. In a shared mapping the write is refused. Topic force has the
 * holds with FOLL_FORCE themselves.
 */
#include "other_suite.h"
#include <sys/mman.h>
#include <unistd.h>
#include "other_write.h"

/* No hold; and the long-term pin of a driver, for reading as the mapping, or older than the protection. */
#define OTHERS_FORCE_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_ro_lt_fast)

TOPIC(others_force)
OTHERS_FORCE_HOLDS(TOPIC_VARIANT, others_force, base)
TOPIC_VARIANT(others_force, base, pin_rw_lt_fast)
TOPIC_VARIANT(others_force, base, uring)
OTHERS_FORCE_HOLDS(TOPIC_VARIANT, others_force, swapped)
OTHERS_FORCE_HOLDS(TOPIC_VARIANT, others_force, thp_pmd)
TOPIC_VARIANT(others_force, thp_pmd, pin_rw_lt_fast)
OTHERS_FORCE_HOLDS(TOPIC_VARIANT, others_force, thp_pte)
OTHERS_FORCE_HOLDS(TOPIC_VARIANT, others_force, mthp)
OTHERS_FORCE_HOLDS(TOPIC_VARIANT, others_force, hugetlb)
OTHERS_FORCE_HOLDS(TOPIC_VARIANT, others_force, zero)
OTHERS_FORCE_HOLDS(TOPIC_VARIANT, others_force, shmem_private)
OTHERS_FORCE_HOLDS(TOPIC_VARIANT, others_force, ext4_private)
TOPIC_VARIANT(others_force, shmem_shared, none)
TOPIC_VARIANT(others_force, ext4_shared, none)

/* A device holds the memory by force, writes, and gives it back. */
static int write_by_forced_hold(struct subject *subject)
{
	static const struct hold_kind forced = {
		.name = "forced", .ops = &hold_ops_pincheck, .kind = PINCHECK_KIND_PIN,
		.path = PINCHECK_PATH_FAST, .flags = HOLD_RW | PINCHECK_HOLD_FORCE,
		.traits = HOLD_PIN | HOLD_WRITE | HOLD_FAST,
	};
	const struct memory *memory = &subject->memory;
	struct hold hold;
	int error = hold_take(&hold, &forced, memory, 0, memory_pages(memory));

	for (size_t i = 0; i < memory->samples && !error; i++) {
		uint64_t words[AREA_WORDS];

		pattern_make(memory, CPU_AREA, i, AFTER, words);
		error = forced.ops->device_write(&hold, area_offset(memory, CPU_AREA, i), words,
						 AREA_BYTES);
	}
	return error ? error : hold_release(&hold);
}

static int by_proc_mem(struct subject *subject)
{
	return other_event_by_process(subject, write_proc_mem_as_tracer);
}

static int by_tracer(struct subject *subject)
{
	return other_event_by_process(subject, poke_as_tracer);
}

static int protect_memory(struct subject *subject, int protection)
{
	return mprotect(subject->memory.start, subject->memory.bytes, protection) ? -errno : 0;
}

/* FILE: a private mapping's file is as it was. */
static void verdict_file_untouched(struct subject *subject, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;

	verdict_start(verdict, "FILE");
	for (size_t i = 0; i < memory->samples; i++) {
		uint64_t words[AREA_WORDS] = { 0 };
		ssize_t got = pread(memory->file, words, AREA_BYTES,
				    area_offset(memory, CPU_AREA, i));
		enum generation seen = pattern_generation(memory, CPU_AREA, i, words);

		if (got != AREA_BYTES || seen != BEFORE)
			verdict_broken(verdict, "the write went to the file", memory->sample[i]);
		if (!i)
			verdict_note(verdict, "file_has=%s", generation_name(seen));
	}
}

/* Private memory takes the write. Shared memory does not, nor does hugetlb since 6.2 (f347454d0341). */
static void verdict_force(struct subject *subject, int answer, struct verdict *verdict)
{
	bool shared = subject->product->memory->flags & MAP_SHARED;

	verdict_start(verdict, "ISOLATION");
	if (shared && !answer)
		verdict_broken(verdict, "others' memory was written by force", 0);
	if (!shared && answer && !subject_is(subject, MEMORY_HUGETLB))
		verdict_broken(verdict, "the write was refused", 0);
	verdict_note(verdict, "outcome=\"%s\"", answer ? strerror(-answer) : "written");
}

static void force_meets(struct __test_metadata *_metadata, struct subject *subject,
			int (*write_by)(struct subject *subject))
{
	bool original = subject_is(subject, MEMORY_ORIGINAL);
	struct other_event event = { .unheld = UNHELD_ANY, .unmarked = original };
	struct before_event before;
	int answer;

	ASSERT_DONE(other_event_prepare(subject, &event, &before));
	ASSERT_DONE(protect_memory(subject, PROT_READ));
	answer = write_by(subject);
	EXPECT_VERDICT(verdict_write_protected, subject);
	ASSERT_DONE(protect_memory(subject, PROT_READ | PROT_WRITE));
	EXPECT_VERDICT(verdict_force, subject, answer);
	event.then = answer ? BEFORE : AFTER;
	if (original && !answer)
		event.unheld = UNHELD_LEAVES;
	other_event_judge(_metadata, subject, &event, &before);
	if (original && !subject_is(subject, MEMORY_ZERO))
		EXPECT_VERDICT(verdict_file_untouched, subject);
}

SCENARIO(others_force, proc_mem_writes, .rows = "B4 B10 B11 B17 R23 R82", .event = "write_by_force")
{
	force_meets(_metadata, subject, by_proc_mem);
}

SCENARIO(others_force, tracer_pokes, .rows = "B4 B10 B11 B17 R23 R82", .event = "write_by_force")
{
	force_meets(_metadata, subject, by_tracer);
}

SCENARIO(others_force, device_writes, .rows = "B4 B10 B11 B17 R23 R82", .event = "write_by_force")
{
	force_meets(_metadata, subject, write_by_forced_hold);
}

/* The entries of the pages get what the PMD had: it is dirty, and not writable. */
static int write_and_split(struct subject *subject)
{
	int error = by_proc_mem(subject);

	return error ? error : usermem_split(subject->memory.start);
}

/* ISOLATION. PTEs map the huge page from now on, and the process may still not write. */
SCENARIO(others_force, mapping_split, .rows = "B10 B17 B22 R82", .event = "split",
	 .memory = MEMORY_PMD, .not_memory = MEMORY_HUGETLB)
{
	force_meets(_metadata, subject, write_and_split);
}

PINCHECK_TEST_MAIN
