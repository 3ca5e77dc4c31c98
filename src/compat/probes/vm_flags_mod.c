// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: vm_flags_mod()
 * since: 6.3 (bc292ab00f6c)
 * else: vm_flags_write
 * shim: compat/vm_flags.h; can go when the oldest supported kernel is 6.3
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(void, struct vm_area_struct *vma)
{
	vm_flags_mod(vma, VM_IO, VM_MAYWRITE);
}
