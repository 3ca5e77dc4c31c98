// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking pages for gup_test, and giving them back: as its commands ask for, but a chunk at a time,
 * killable, and of no page more references than the kernel can count.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "compat/gup.h"
#include "page/reference_limit.h"
#include "taking.h"

/*
 * Most pages in one call of GUP, whatever the caller wants. Long-term pins of 5.10 allocate an array
 * of VMAs for the call, and the page allocator warns if that is too large.
 */
#define CALL_PAGES_MAX	4096UL

/* Most pages between two chances to run other tasks. */
#define PUT_PAGES_MAX	16384UL

/**
 * taking_alloc() - make room for pages
 * @taking: of which @pages, @wanted and @came are set
 * @nr: number of pages
 *
 * Return: 0, or -ENOMEM: there is no memory, or @nr is more than TAKING_PAGES_MAX.
 */
int taking_alloc(struct taking *taking, u64 nr)
{
	taking->came = 0;
	taking->wanted = nr;
	taking->pages = NULL;
	if (nr <= TAKING_PAGES_MAX)
		taking->pages = kvcalloc(nr, sizeof(*taking->pages),
					 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return taking->pages ? 0 : -ENOMEM;
}

/**
 * taking_free() - free the room for pages, all of which were given back
 * @taking: from taking_alloc()
 */
void taking_free(struct taking *taking)
{
	kvfree(taking->pages);
	taking->pages = NULL;
}

static int lock_for_taking(struct taking *taking)
{
	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	taking->locked = true;
	return 0;
}

/**
 * taking_begin() - lock what taking_take() needs locked
 * @taking: the caller calls taking_end() after success
 *
 * Return: 0, or -EINTR when a fatal signal is pending.
 */
int taking_begin(struct taking *taking)
{
	taking->locked = false;
	return taking->fast ? 0 : lock_for_taking(taking);
}

/**
 * taking_end() - unlock
 * @taking: after a successful taking_begin()
 */
void taking_end(struct taking *taking)
{
	if (taking->locked)
		mmap_read_unlock(current->mm);
	taking->locked = false;
}

static long take_fast(const struct taking *taking, unsigned long addr, unsigned long nr,
		      struct page **pages)
{
	if (taking->pin)
		return compat_pin_fast(addr, nr, taking->flags, pages);
	return get_user_pages_fast(addr, nr, taking->flags, pages);
}

/* Under mmap_lock, which stays locked. Return: also 0, if GUP would have to wait for a page. */
static long take_without_waiting(const struct taking *taking, unsigned long addr, unsigned long nr,
				 struct page **pages)
{
	unsigned int flags = taking->flags | FOLL_NOWAIT;

	if (taking->pin)
		return compat_pin_user_pages(addr, nr, flags, pages);
	return compat_get_user_pages(addr, nr, flags, pages);
}

/* Without mmap_lock. A fatal signal ends the wait. */
static long take_waiting(const struct taking *taking, unsigned long addr, unsigned long nr,
			 struct page **pages)
{
	if (taking->pin)
		return compat_pin_slow(current->mm, addr, nr, taking->flags, pages);
	return compat_get_slow(current->mm, addr, nr, taking->flags, pages);
}

/*
 * GUP that keeps mmap_lock waits unkillably for a page that never comes: so this asks for pages that
 * need no wait first. It keeps mmap_lock from call to call, so that the time of a call is GUP's own.
 */
static long take_slow(struct taking *taking, unsigned long addr, unsigned long nr,
		      struct page **pages)
{
	int err = taking->locked ? 0 : lock_for_taking(taking);
	long got;

	if (err)
		return err;
	got = take_without_waiting(taking, addr, nr, pages);
	if (got)
		return got;
	taking_end(taking);
	return take_waiting(taking, addr, nr, pages);
}

static long take_once(struct taking *taking, unsigned long most)
{
	unsigned long nr = min(taking->wanted - taking->came, most);
	unsigned long addr = taking->addr + (taking->came << PAGE_SHIFT);
	struct page **pages = taking->pages + taking->came;

	return taking->fast ? take_fast(taking, addr, nr, pages) :
			      take_slow(taking, addr, nr, pages);
}

/*
 * Up to CALL_PAGES_MAX pages, by as many calls as the caller asks for. What does not have to be done for each call
 * is done between rounds: it would cost more than GUP-fast of one page may.
 */
static int take_round(struct taking *taking)
{
	unsigned long most = min(taking->per_call, CALL_PAGES_MAX);
	unsigned long end = min(taking->wanted, taking->came + CALL_PAGES_MAX + 1 - most);

	while (taking->came < end) {
		long got = take_once(taking, most);

		if (got <= 0)
			return got ?: -EFAULT;
		taking->came += got;
	}
	return 0;
}

/**
 * taking_take() - take the pages
 * @taking: after a successful taking_begin(); @came counts what came, also on failure
 *
 * Return: 0; -EOVERFLOW: a page has too many references; -EINTR: a fatal signal is pending; or the
 * errno of GUP, -EFAULT where GUP gives no page and no reason.
 */
int taking_take(struct taking *taking)
{
	while (taking->came < taking->wanted) {
		unsigned long before = taking->came;
		int err = take_round(taking);

		if (taking->came > before &&
		    references_near_end(taking->pages + before, taking->came - before))
			return -EOVERFLOW;
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static void put_taken(const struct taking *taking, struct page **pages, unsigned long nr)
{
	unsigned long i;

	if (taking->pin) {
		unpin_user_pages(pages, nr);
		return;
	}
	for (i = 0; i < nr; i++)
		put_page(pages[i]);
}

/**
 * taking_give_back() - give back all pages that came
 * @taking: after taking_end()
 */
void taking_give_back(struct taking *taking)
{
	unsigned long done, nr;

	for (done = 0; done < taking->came; done += nr) {
		nr = min(taking->came - done, PUT_PAGES_MAX);
		put_taken(taking, taking->pages + done, nr);
		cond_resched();
	}
	taking->came = 0;
}
