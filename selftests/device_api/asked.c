// SPDX-License-Identifier: GPL-2.0-only
/*
 * asked: the module refuses to follow the page table entries of memory with pages, and to mirror what a
 * process may not write or what is secret; but it asks the kernel first, and reports what the kernel
 * gave. The kernel's own functions should have refused. Topic memfd asks of files, pfnmap_follow of
 * device memory.
 *
 * The kernel is not asked where its answer is a warning or a crash: for long-term plain references, for
 * holes of hugetlb files (memfd.md), for a PFN in a private writable mapping, and for the bytes of memory
 * that failed or is no RAM.
 */
#include "suite.h"
#include <sys/mman.h>

#define ASKED_MEMORY(X, topic)									\
	X(topic, base, none)		X(topic, thp_pmd, none)		X(topic, thp_pte, none)	\
	X(topic, mthp, none)		X(topic, hugetlb, none)		X(topic, zero, none)	\
	X(topic, shmem_shared, none)	X(topic, ext4_shared, none)	X(topic, secret, none)

SUITE_EVENT("ask")
TOPIC(asked)
ASKED_MEMORY(TOPIC_VARIANT, asked)

/**
 * struct answers - to one request for each sample
 * @refused: requests that the module refused, with the reason that is expected
 * @used: answers from which the module took more than the entry
 * @given: requests to which the kernel gave something
 * @strange: what the kernel gave is not what is mapped there
 */
struct answers {
	size_t asked, refused, used, given, strange;
};

static void follow_sample(const struct memory *memory, size_t page, __u32 flags,
			  struct answers *answers)
{
	struct pincheck_follow follow = {
		.flags = flags, .addr = (uintptr_t)memory_address(memory, page),
	};
	int error = pincheck_follow(memory->session, &follow);
	bool given = follow.told & PINCHECK_FOLLOWED_GIVEN;

	answers->asked++;
	answers->refused += error == -EINVAL && follow.reason == PINCHECK_REASON_PAGES;
	answers->used += follow.value || follow.hold || (follow.told & PINCHECK_FOLLOWED_VALUE);
	answers->given += given;
	answers->strange += given && follow.pfn != memory_pfn(memory, page);
	answers->strange += !given && (follow.pfn || follow.told || follow.leaf);
}

/* CLEAN: the module refused each time, used nothing, and tells what the kernel gave. */
static void verdict_refused(const struct answers *answers, struct verdict *verdict)
{
	verdict_start(verdict, "CLEAN");
	if (answers->refused != answers->asked)
		verdict_broken(verdict, "the module did not refuse, or for another reason", 0);
	if (answers->used)
		verdict_broken(verdict, "the module used what it refuses to use", 0);
	if (answers->strange)
		verdict_broken(verdict, "the module tells of another page than the mapped one", 0);
	verdict_note(verdict, "asked=%zu refused=%zu used=%zu strange=%zu", answers->asked,
		     answers->refused, answers->used, answers->strange);
}

/* ISOLATION: the kernel's function refused, too. */
static void verdict_kernel_refused(const struct answers *answers, struct verdict *verdict)
{
	verdict_start(verdict, "ISOLATION");
	if (answers->given)
		verdict_broken(verdict, "the kernel gives what is not to be given", 0);
	verdict_note(verdict, "asked=%zu given=%zu", answers->asked, answers->given);
}

/*
 * ISOLATION, CLEAN. Entries of memory with pages can change their page at any time, and nothing would
 * keep the page: follow_pte() and follow_pfnmap_start() are for device memory only (c5541ba378e3).
 */
SCENARIO(asked, followed, .rows = "B53 P40", .needs = NEEDS_PFNMAP)
{
	const struct memory *memory = &subject->memory;
	struct answers answers = { 0 };

	for (size_t i = 0; i < memory->samples; i++) {
		follow_sample(memory, memory->sample[i], 0, &answers);
		follow_sample(memory, memory->sample[i], PINCHECK_FOLLOW_WRITE, &answers);
	}
	EXPECT_VERDICT(verdict_refused, &answers);
	EXPECT_VERDICT(verdict_kernel_refused, &answers);
}

static void mirror_sample(const struct memory *memory, size_t page, __u32 flags, __u32 reason,
			  struct answers *answers)
{
	struct pincheck_hold hold = {
		.kind = PINCHECK_KIND_MIRROR, .flags = flags, .len = PAGE_BYTES,
		.addr = (uintptr_t)memory_address(memory, page),
	};
	int error = pincheck_hold(memory->session, &hold);

	answers->asked++;
	answers->refused += error == -EFAULT && hold.reason == reason;
	answers->used += !!hold.hold || hold.pages;
	answers->given += error && hold.slow_pages;
}

/* ISOLATION, CLEAN. HMM faults memory in and gives it, but not for writing where the process may not write. */
SCENARIO(asked, mirrored_read_only, .rows = "B37 P40", .needs = NEEDS_MIRROR,
	 .not_memory = MEMORY_SECRET)
{
	const struct memory *memory = &subject->memory;
	struct answers answers = { 0 };

	ASSERT_DONE(mprotect(memory->start, memory->bytes, PROT_READ) ? -errno : 0);
	for (size_t i = 0; i < memory->samples; i++)
		mirror_sample(memory, memory->sample[i], PINCHECK_HOLD_WRITE,
			      PINCHECK_REASON_ACCESS, &answers);
	ASSERT_DONE(mprotect(memory->start, memory->bytes, PROT_READ | PROT_WRITE) ? -errno : 0);
	EXPECT_VERDICT(verdict_refused, &answers);
	EXPECT_VERDICT(verdict_kernel_refused, &answers);
}

/* ISOLATION, CLEAN. Only the process itself may read secret memory. GUP refuses it, and so should HMM. */
SCENARIO(asked, mirrored_secret, .rows = "R56 R83 P40", .needs = NEEDS_MIRROR,
	 .memory = MEMORY_SECRET)
{
	const struct memory *memory = &subject->memory;
	struct answers answers = { 0 };

	for (size_t i = 0; i < memory->samples; i++) {
		mirror_sample(memory, memory->sample[i], 0, PINCHECK_REASON_FILE, &answers);
		mirror_sample(memory, memory->sample[i], PINCHECK_HOLD_WRITE, PINCHECK_REASON_FILE,
			      &answers);
	}
	EXPECT_VERDICT(verdict_refused, &answers);
	EXPECT_VERDICT(verdict_kernel_refused, &answers);
}

PINCHECK_TEST_MAIN
