// SPDX-License-Identifier: GPL-2.0-only
/* REPORT: page reports for a list of PFNs. */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "command.h"
#include "ledger.h"
#include "report.h"
#include "report_alike.h"
#include "reuse_rule.h"

/* As many as fit two pages: with their reports; or without, where these go to the caller at once. */
#define BATCH		56
#define BATCH_PFNS	1024

/* What fits a few cache lines of stack has no business in the heap; this does not fit. */
struct batch {
	union {
		struct {
			u64 pfns[BATCH];
			struct pincheck_report reports[BATCH];
		};
		u64 many[BATCH_PFNS];
	};
};

static_assert(sizeof(struct batch) <= 8192);

/* A caller's report may be shorter than ours, or longer: then its tail is cleared. */
static int copy_report(void __user *user, const struct pincheck_report *report, u32 size)
{
	u32 known = min_t(u32, size, sizeof(*report));

	if (copy_to_user(user, report, known) || clear_user(user + known, size - known))
		return -EFAULT;
	return 0;
}

static int copy_reports(void __user *user, const struct batch *batch, unsigned int count, u32 size)
{
	unsigned int i;
	int err = 0;

	if (size == sizeof(batch->reports[0]))
		return copy_to_user(user, batch->reports, count * size) ? -EFAULT : 0;
	for (i = 0; i < count && !err; i++)
		err = copy_report(user + (size_t)i * size, &batch->reports[i], size);
	return err;
}

static int report_batch(const struct pincheck_report_request *request, u64 done,
			unsigned int count, struct batch *batch)
{
	const u64 __user *pfns = u64_to_user_ptr(request->pfns);
	char __user *reports = u64_to_user_ptr(request->reports);
	unsigned int i;
	int err;

	if (copy_from_user(batch->pfns, pfns + done, count * sizeof(*pfns)))
		return -EFAULT;
	report_pages(batch->pfns, batch->reports, count);
	if (request->flags & PINCHECK_REQUEST_LEDGER) {
		err = ledger_fill(batch->reports, count);
		if (err)
			return err;
		for (i = 0; i < count; i++)
			reuse_judge(&batch->reports[i]);	/* who else has it is known now */
	}
	return copy_reports(reports + done * request->report_size, batch, count,
			    request->report_size);
}

/* Where no one else has a word in a report, and it is as long as ours. */
static int report_at_once(const struct pincheck_report_request *request, u64 first,
			  unsigned int count, u64 *pfns)
{
	struct pincheck_report __user *user = u64_to_user_ptr(request->reports);
	const u64 __user *wanted = u64_to_user_ptr(request->pfns);
	struct report_look look;
	unsigned int done, put;

	if (copy_from_user(pfns, wanted + first, count * sizeof(*pfns)))
		return -EFAULT;
	report_begin(&look);
	for (done = 0; done < count; done += put) {
		report_next(&look, pfns[done]);
		put = report_put(&look, pfns + done, count - done, user + first + done);
		if (put)
			continue;
		/* This sleeps, and nothing may be kept meanwhile but the report. */
		report_end(&look);
		if (copy_to_user(user + first + done, &look.report, sizeof(look.report)))
			return -EFAULT;
		report_begin(&look);
		put = 1;
	}
	report_end(&look);
	return 0;
}

static bool can_put_at_once(const struct pincheck_report_request *request)
{
	return !(request->flags & PINCHECK_REQUEST_LEDGER) &&
	       request->report_size == sizeof(struct pincheck_report) &&
	       IS_ALIGNED(request->reports, sizeof(u64));
}

static int report_check(const struct pincheck_report_request *request)
{
	u64 bytes;

	if (request->report_size < PINCHECK_REPORT_SIZE_ABI1 || request->report_size > PAGE_SIZE)
		return -EINVAL;
	if (check_mul_overflow(request->count, (u64)request->report_size, &bytes))
		return -EFAULT;	/* no buffer is that long */
	return 0;
}

/**
 * report_command() - page reports
 * @session: of the caller; not looked at
 * @argument: of REPORT
 *
 * Context: process context, sleeps.
 *
 * Return: 0, or what struct pincheck_report_request promises.
 */
int report_command(struct session *session, union argument *argument)
{
	const struct pincheck_report_request *request = &argument->report;
	bool at_once = can_put_at_once(request);
	unsigned int step = at_once ? BATCH_PFNS : BATCH, count;
	struct batch *batch;
	u64 done;
	int err = report_check(request);

	if (err)
		return err;
	batch = kmalloc(sizeof(*batch), GFP_KERNEL_ACCOUNT);
	if (!batch)
		return -ENOMEM;
	for (done = 0; done < request->count && !err; done += step) {
		err = -EINTR;
		if (fatal_signal_pending(current))
			break;
		count = min_t(u64, request->count - done, step);
		err = at_once ? report_at_once(request, done, count, batch->many) :
		      report_batch(request, done, count, batch);
		cond_resched();
	}
	kfree(batch);
	return err;
}
