// SPDX-License-Identifier: GPL-2.0-only
/* Long-term pins that stay until they are stopped, or the file is closed: one set for each open file. */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/gup_test.h>
#include "compat/kmap.h"
#include "page/page_health.h"
#include "commands.h"

#define START_FLAGS	(PIN_LONGTERM_TEST_FLAG_USE_WRITE | PIN_LONGTERM_TEST_FLAG_USE_FAST)

/**
 * longterm_stop() - give the pins of an open file back
 * @longterm: under its lock, or nobody else can find it; may have none
 */
void longterm_stop(struct longterm *longterm)
{
	taking_give_back(&longterm->taking);
	taking_free(&longterm->taking);
}

static int check_start(const struct pin_longterm_test *test)
{
	if (test->flags & ~START_FLAGS)
		return -EINVAL;
	if (!test->size || test->size > LONG_MAX || test->addr > ULONG_MAX)
		return -EINVAL;
	return IS_ALIGNED(test->addr | test->size, PAGE_SIZE) ? 0 : -EINVAL;
}

static int take_longterm(struct taking *taking)
{
	int err = taking_begin(taking);

	if (err)
		return err;
	err = taking_take(taking);
	taking_end(taking);
	return err;
}

/* All pages, or none. */
static int longterm_start(struct longterm *longterm, const void __user *argument)
{
	struct taking *taking = &longterm->taking;
	struct pin_longterm_test test;
	int err;

	if (taking->pages)
		return -EINVAL;
	if (copy_from_user(&test, argument, sizeof(test)))
		return -EFAULT;
	err = check_start(&test);
	if (err)
		return err;
	*taking = (struct taking) {
		.pin = true,
		.fast = test.flags & PIN_LONGTERM_TEST_FLAG_USE_FAST,
		.flags = FOLL_LONGTERM,
		.addr = test.addr,
		.per_call = ULONG_MAX,
	};
	if (test.flags & PIN_LONGTERM_TEST_FLAG_USE_WRITE)
		taking->flags |= FOLL_WRITE;
	err = taking_alloc(taking, test.size >> PAGE_SHIFT);
	if (err)
		return err;
	err = take_longterm(taking);
	if (err)
		longterm_stop(longterm);
	return err;
}

/* A page of the caller may have to be faulted in, which must not happen while a page is mapped here. */
static int read_page(struct page *page, void *bounce, void __user *to)
{
	int err = page_health(page);
	void *from;

	if (err)
		return err;
	flush_dcache_page(page);
	from = compat_kmap_local_page(page);
	memcpy(bounce, from, PAGE_SIZE);
	compat_kunmap_local(from);
	return copy_to_user(to, bounce, PAGE_SIZE) ? -EFAULT : 0;
}

static int read_pages(const struct taking *taking, void *bounce, u64 to)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < taking->came && !err; i++) {
		err = read_page(taking->pages[i], bounce, u64_to_user_ptr(to));
		to += PAGE_SIZE;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

static int longterm_read(const struct longterm *longterm, const void __user *argument)
{
	void *bounce;
	u64 to;
	int err;

	if (!longterm->taking.pages)
		return -EINVAL;
	if (copy_from_user(&to, argument, sizeof(to)))
		return -EFAULT;
	bounce = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!bounce)
		return -ENOMEM;
	err = read_pages(&longterm->taking, bounce, to);
	free_page((unsigned long)bounce);
	return err;
}

static int run_longterm(struct longterm *longterm, unsigned int cmd, const void __user *argument)
{
	switch (cmd) {
	case PIN_LONGTERM_TEST_START:
		return longterm_start(longterm, argument);
	case PIN_LONGTERM_TEST_STOP:
		longterm_stop(longterm);
		return 0;
	case PIN_LONGTERM_TEST_READ:
		return longterm_read(longterm, argument);
	default:
		return -EINVAL;
	}
}

/**
 * longterm_command() - run a command of this file; -EINVAL for one that does not exist
 * @longterm: of the open file
 * @cmd: number of the ioctl
 * @argument: of the caller
 *
 * Context: process context, sleeps.
 *
 * Return: 0 or a negative errno: see gup_test(4).
 */
int longterm_command(struct longterm *longterm, unsigned int cmd, void __user *argument)
{
	int err;

	if (mutex_lock_killable(&longterm->lock))
		return -EINTR;
	err = run_longterm(longterm, cmd, argument);
	mutex_unlock(&longterm->lock);
	return err;
}
