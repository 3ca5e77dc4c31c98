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
#include "page/ledger.h"
#include "page/report.h"
#include "page/report_alike.h"
#include "page/reuse_rule.h"

/* Page frame numbers in one step: with their reports, and without them. Both fit into 8 KiB. */
#define BATCH		56
#define BATCH_PFNS	1024

/**
 * struct batch - the buffer of one step; too large for the stack
 * @pfns: copied from the caller
 * @reports: to be copied to the caller
 * @many: instead of both, if reports go to the caller's memory one by one
 */
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

static void fill_reports(struct batch *batch, unsigned int count)
{
	struct report_walk walk;
	unsigned int i;

	report_begin(&walk);
	for (i = 0; i < count; i++) {
		report_next(&walk, batch->pfns[i]);
		batch->reports[i] = walk.report;
	}
	report_end(&walk);
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
	fill_reports(batch, count);
	if (request->flags & PINCHECK_REQUEST_LEDGER) {
		err = ledger_fill(batch->reports, count);
		if (err)
			return err;
		for (i = 0; i < count; i++)
			reuse_judge(&batch->reports[i]);	/* the ledger explains references */
	}
	return command_copy_out(reports + done * request->report_size, batch->reports,
				sizeof(batch->reports[0]), request->report_size, count);
}

/* Copies each report to the caller as soon as it is made: no batch of reports in between. */
static int report_directly(const struct pincheck_report_request *request, u64 first,
			   unsigned int count, u64 *pfns)
{
	struct pincheck_report __user *user = u64_to_user_ptr(request->reports);
	const u64 __user *wanted = u64_to_user_ptr(request->pfns);
	struct report_walk walk;
	unsigned int done, copied;

	if (copy_from_user(pfns, wanted + first, count * sizeof(*pfns)))
		return -EFAULT;
	report_begin(&walk);
	for (done = 0; done < count; done += copied) {
		report_next(&walk, pfns[done]);
		copied = report_copy_alike(&walk, pfns + done, count - done, user + first + done);
		if (copied)
			continue;
		/* copy_to_user() may sleep: only the report may be kept meanwhile. */
		report_end(&walk);
		if (copy_to_user(user + first + done, &walk.report, sizeof(walk.report)))
			return -EFAULT;
		report_begin(&walk);
		copied = 1;
	}
	report_end(&walk);
	return 0;
}

/* If nothing changes the reports after they are made, and the caller's are as long as ours. */
static bool can_copy_directly(const struct pincheck_report_request *request)
{
	return !(request->flags & PINCHECK_REQUEST_LEDGER) &&
	       request->report_size == sizeof(struct pincheck_report) &&
	       IS_ALIGNED(request->reports, sizeof(u64));
}

static int report_check_request(const struct pincheck_report_request *request)
{
	u64 bytes;

	if (request->report_size < PINCHECK_REPORT_SIZE_ABI1 || request->report_size > PAGE_SIZE)
		return -EINVAL;
	if (check_mul_overflow(request->count, (u64)request->report_size, &bytes))
		return -EFAULT;	/* no buffer has this length */
	return 0;
}

/**
 * report_command() - page reports
 * @session: of the caller; not used
 * @argument: of REPORT
 *
 * Context: process context, sleeps.
 *
 * Return: 0, or what struct pincheck_report_request promises.
 */
int report_command(struct session *session, union argument *argument)
{
	const struct pincheck_report_request *request = &argument->report;
	bool directly = can_copy_directly(request);
	unsigned int step = directly ? BATCH_PFNS : BATCH, count;
	struct batch *batch;
	u64 done;
	int err = report_check_request(request);

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
		err = directly ? report_directly(request, done, count, batch->many) :
		      report_batch(request, done, count, batch);
		cond_resched();
	}
	kfree(batch);
	return err;
}
