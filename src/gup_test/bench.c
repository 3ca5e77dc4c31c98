// SPDX-License-Identifier: GPL-2.0-only
/* The commands that take pages, look at them, and give them back at once. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mmdebug.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/uaccess.h>
#include <linux/gup_test.h>
#include "compat/page_counts.h"
#include "compat/placement.h"
#include "commands.h"

/* GUP warns of others. */
#define GET_FLAGS	(FOLL_WRITE | FOLL_FORCE)
#define PIN_FLAGS	(GET_FLAGS | FOLL_LONGTERM)

/**
 * struct bench - how a command takes pages
 * @cmd: number of the ioctl
 * @pin: see struct taking
 * @fast: see struct taking
 * @longterm: adds FOLL_LONGTERM
 */
struct bench {
	unsigned int cmd;
	bool pin;
	bool fast;
	bool longterm;
};

static const struct bench benches[] = {
	{ GUP_FAST_BENCHMARK, .fast = true },
	{ PIN_FAST_BENCHMARK, .pin = true, .fast = true },
	{ PIN_LONGTERM_BENCHMARK, .pin = true, .longterm = true },
	{ GUP_BASIC_TEST },
	{ PIN_BASIC_TEST, .pin = true },
	{ DUMP_USER_PAGES_TEST },	/* pins, with GUP_TEST_FLAG_DUMP_PAGES_USE_PIN */
};

static const struct bench *find_bench(unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(benches); i++) {
		if (benches[i].cmd == cmd)
			return &benches[i];
	}
	return NULL;
}

/**
 * bench_has() - is this a command of this file?
 * @cmd: number of an ioctl
 */
bool bench_has(unsigned int cmd)
{
	return find_bench(cmd);
}

static int check_bench(const struct gup_test *test, bool pin)
{
	unsigned long end;

	if (test->addr > ULONG_MAX || test->size > ULONG_MAX ||
	    check_add_overflow((unsigned long)test->addr, (unsigned long)test->size, &end))
		return -EINVAL;
	return test->gup_flags & ~(pin ? PIN_FLAGS : GET_FLAGS) ? -EINVAL : 0;
}

/* The kernel takes no pin on its zero page (c8070b787519, 6.5). */
static const char *wrong_with_pin(struct page *page, bool longterm)
{
	struct page *head = compound_head(page);

	if (is_zero_pfn(page_to_pfn(page)))
		return NULL;
	if (!compat_maybe_dma_pinned(head))
		return "pinned, and the kernel does not see that";
	if (longterm && !compat_longterm_pinnable(head))
		return "pinned long-term where it must not stay";
	return NULL;
}

/* Return: 0, or -EIO: a pin is not what the kernel promises. */
static int verify_pins(const struct taking *taking)
{
	bool longterm = taking->flags & FOLL_LONGTERM;
	unsigned long i;

	for (i = 0; i < taking->came; i++) {
		const char *wrong = wrong_with_pin(taking->pages[i], longterm);

		if (wrong) {
			pr_err("gup_test: page %lu of %lu is %s\n", i, taking->came, wrong);
			dump_page(taking->pages[i], wrong);
			return -EIO;
		}
		if (i % 4096 == 0)
			cond_resched();
	}
	return 0;
}

static void dump_taken(struct gup_test *test, const struct taking *taking)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(test->which_pages); i++) {
		u32 number = test->which_pages[i];

		if (number > taking->came) {
			pr_warn_ratelimited("gup_test: there is no page %u: %lu came\n", number,
					    taking->came);
			test->which_pages[i] = 0;
			continue;
		}
		if (!number)
			continue;
		number = array_index_nospec(number - 1, taking->came);
		pr_info("gup_test: page %u from address 0x%llx on:\n", number, test->addr);
		dump_page(taking->pages[number], "gup_test: DUMP_USER_PAGES_TEST");
	}
}

/* Pages that did not come are no error: @size says how many came. */
static int run_bench(struct gup_test *test, unsigned int cmd, struct taking *taking)
{
	ktime_t start;
	int err = taking_begin(taking);

	if (err)
		return err;
	start = ktime_get();
	taking_take(taking);
	test->get_delta_usec = ktime_us_delta(ktime_get(), start);
	taking_end(taking);
	test->size = (u64)taking->came << PAGE_SHIFT;
	if (cmd == DUMP_USER_PAGES_TEST)
		dump_taken(test, taking);
	else if (taking->pin)
		err = verify_pins(taking);
	start = ktime_get();
	taking_give_back(taking);
	test->put_delta_usec = ktime_us_delta(ktime_get(), start);
	return err;
}

/**
 * bench_command() - run a command of this file
 * @cmd: number of the ioctl, for which bench_has() is true
 * @argument: a struct gup_test of the caller
 *
 * Context: process context, sleeps.
 *
 * Return: 0 or a negative errno: see gup_test(4).
 */
int bench_command(unsigned int cmd, void __user *argument)
{
	const struct bench *bench = find_bench(cmd);
	struct taking taking = { .pin = bench->pin, .fast = bench->fast };
	struct gup_test test;
	int err;

	if (copy_from_user(&test, argument, sizeof(test)))
		return -EFAULT;
	if (cmd == DUMP_USER_PAGES_TEST)
		taking.pin = test.test_flags & GUP_TEST_FLAG_DUMP_PAGES_USE_PIN;
	err = check_bench(&test, taking.pin);
	if (err)
		return err;
	taking.flags = test.gup_flags | (bench->longterm ? FOLL_LONGTERM : 0);
	taking.addr = test.addr;
	taking.per_call = test.nr_pages_per_call;
	err = taking_alloc(&taking, taking.per_call ? test.size >> PAGE_SHIFT : 0);
	if (err)
		return err;
	err = run_bench(&test, cmd, &taking);
	taking_free(&taking);
	if (!err && copy_to_user(argument, &test, sizeof(test)))
		err = -EFAULT;
	return err;
}
