// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: memfd_pin_folios() and unpin_folio()
 * since: 6.11 (89c1905d9c14)
 * else: absent
 * shim: compat/memfd.h; can go when the oldest supported kernel is 6.11
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(long, struct file *file, struct folio **folios, pgoff_t *offset)
{
	unpin_folio(folios[0]);
	return memfd_pin_folios(file, 0, PAGE_SIZE - 1, folios, 1, offset);
}
