// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: vma->vm_flags that may be written
 * since: ever, until 6.3 (1c71222e5f23)
 * else: stop
 * shim: compat/vm_flags.h; can go when the oldest supported kernel is 6.3
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(void, struct vm_area_struct *vma)
{
	vma->vm_flags |= VM_IO;
}
