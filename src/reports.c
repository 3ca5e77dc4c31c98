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
#include "reuse_rule.h"

/* As many as fit two pages. */
#define BATCH	56

/* What fits a few cache lines of stack has no business in the heap; this does not fit. */
struct batch {
	u64 pfns[BATCH];
	struct pincheck_report reports[BATCH];
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
	struct batch *batch;
	u64 done;
	int err = report_check(request);

	if (err)
		return err;
	batch = kmalloc(sizeof(*batch), GFP_KERNEL_ACCOUNT);
	if (!batch)
		return -ENOMEM;
	for (done = 0; done < request->count && !err; done += BATCH) {
		err = -EINTR;
		if (fatal_signal_pending(current))
			break;
		err = report_batch(request, done, min_t(u64, request->count - done, BATCH), batch);
		cond_resched();
	}
	kfree(batch);
	return err;
}
