// SPDX-License-Identifier: GPL-2.0-only
/* Device I/O on one page: the copy that stands for the DMA engine. */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include "compat/kmap.h"
#include "device_io.h"
#include "page/page_health.h"

/**
 * device_access() - copy between a page and the bounce buffer
 * @page: that cannot be freed meanwhile
 * @part: which bytes, in which direction
 *
 * Context: does not sleep.
 *
 * Return: 0, or -EIO: see page_health().
 */
int device_access(struct page *page, const struct io_part *part)
{
	int err = page_health(page);
	void *held;

	if (err)
		return err;
	/*
	 * Where caches alias, the kernel's address must show what processes wrote at theirs, and
	 * the other way round (Documentation/core-api/cachetlb.rst, memcpy_to_page()).
	 */
	if (!part->write)
		flush_dcache_page(page);
	held = compat_kmap_local_page(page);
	if (part->write)
		memcpy(held + part->offset, part->bounce, part->len);
	else
		memcpy(part->bounce, held + part->offset, part->len);
	if (part->write)
		flush_dcache_page(page);
	compat_kunmap_local(held);
	return 0;
}
