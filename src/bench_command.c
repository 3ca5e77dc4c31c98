// SPDX-License-Identifier: GPL-2.0-only
/* BENCH: the time of the kernel's GUP calls alone, for comparison with HOLD and RELEASE. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "command.h"
#include "hold/gup.h"
#include "hold/hold.h"
#include "hold/references.h"
#include "hold/session.h"

/**
 * struct bench - one request
 * @calls: GUP calls of the kind
 * @slow: use the slow path only
 * @start: first address
 * @nr: number of base pages
 * @foll: FOLL_*
 * @pages: array of @nr pages
 */
struct bench {
	const struct gup_calls *calls;
	bool slow;
	unsigned long start;
	unsigned long nr;
	unsigned int foll;
	struct page **pages;
};

static long take_chunk(const struct bench *bench, unsigned long done)
{
	unsigned long start = bench->start + (done << PAGE_SHIFT);
	unsigned long nr = min(bench->nr - done, HOLD_CHUNK_PAGES);
	struct page **pages = bench->pages + done;

	if (bench->slow)
		return bench->calls->slow(current->mm, start, nr, bench->foll, pages);
	return bench->calls->fast(start, nr, bench->foll, pages);
}

/* *taken: number of pages that the caller must give back, also on failure. */
static int take_pages(const struct bench *bench, unsigned long *taken)
{
	*taken = 0;
	while (*taken < bench->nr) {
		long got = take_chunk(bench, *taken);
		bool near_end = got > 0 && references_near_end(bench->pages + *taken, got);

		if (got > 0)
			*taken += got;
		if (fatal_signal_pending(current))
			return -EINTR;
		if (got <= 0)
			return got ?: -EFAULT;
		if (near_end)
			return -EOVERFLOW;
		cond_resched();
	}
	return 0;
}

static void give_pages_back(const struct bench *bench, unsigned long taken)
{
	unsigned long done, nr;

	for (done = 0; done < taken; done += nr) {
		nr = min(taken - done, PUT_CHUNK_PAGES);
		bench->calls->put(bench->pages + done, nr, false);
		cond_resched();
	}
}

static int bench_round(struct session *session, const struct bench *bench,
		       struct pincheck_bench_sample *sample)
{
	u64 start = ktime_get_ns(), middle;
	unsigned long taken;
	int err = take_pages(bench, &taken);

	middle = ktime_get_ns();
	give_pages_back(bench, taken);
	sample->give_ns = ktime_get_ns() - middle;
	sample->take_ns = middle - start;
	account_references(&session->account, taken, taken);
	return err;
}

static int bench_rounds(struct session *session, const struct bench *bench,
			const struct pincheck_bench *request)
{
	struct pincheck_bench_sample __user *samples = u64_to_user_ptr(request->samples);
	struct pincheck_bench_sample sample;
	u32 round;
	int err = 0;

	for (round = 0; round < request->rounds && !err; round++) {
		err = bench_round(session, bench, &sample);
		if (!err && copy_to_user(samples + round, &sample, sizeof(sample)))
			err = -EFAULT;
	}
	return err;
}

/* Applies the rules of HOLD that BENCH has, too. */
static int bench_check_request(const struct pincheck_bench *request)
{
	const struct hold_ops *ops = hold_kind(request->kind);
	const struct pincheck_hold hold = {
		.path = request->path, .addr = request->addr, .len = request->len,
	};

	if (!request->rounds || request->rounds > PINCHECK_BENCH_ROUNDS_MAX)
		return -EINVAL;
	if (IS_ERR(ops) || !ops->gup || (request->flags & ~ops->flags))
		return -EINVAL;
	if (gup_check(&hold))
		return -EINVAL;
	return request->len >> PAGE_SHIFT > HOLD_PAGES_MAX ? -E2BIG : 0;
}

/**
 * bench_command() - measure the kernel's own calls
 * @session: of the caller; counts the references
 * @argument: of BENCH
 *
 * Context: process context, sleeps, takes mmap_lock.
 *
 * Return: 0, or what struct pincheck_bench promises.
 */
int bench_command(struct session *session, union argument *argument)
{
	struct pincheck_bench *request = &argument->bench;
	struct bench bench;
	int err = bench_check_request(request);

	if (err)
		return err;
	bench = (struct bench) {
		.calls = hold_kind(request->kind)->gup,
		.slow = request->path == PINCHECK_PATH_SLOW,
		.start = request->addr,
		.nr = request->len >> PAGE_SHIFT,
		.foll = gup_foll_flags(request->flags),
	};
	bench.pages = kvmalloc_array(bench.nr, sizeof(*bench.pages), GFP_KERNEL_ACCOUNT);
	if (!bench.pages)
		return -ENOMEM;
	err = bench_rounds(session, &bench, request);
	kvfree(bench.pages);
	request->pages = bench.nr;
	return err;
}
