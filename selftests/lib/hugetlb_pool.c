// SPDX-License-Identifier: GPL-2.0-only
/* The pool of huge pages. */
#include <sys/mman.h>
#include "../../tools/lib/usermem.h"
#include "hugetlb_pool.h"
#include "../../tools/lib/knob.h"

#define POOL	"/sys/kernel/mm/hugepages/hugepages-2048kB/"

static void *map(size_t bytes, int flags)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB | flags, -1, 0);
}

void *hugetlb_pool_reserve(size_t *bytes)
{
	long pages = knob_number(POOL "free_hugepages") - knob_number(POOL "resv_hugepages");

	*bytes = pages > 0 ? pages * USERMEM_PMD_BYTES : 0;
	return *bytes ? map(*bytes, 0) : NULL;
}

void *hugetlb_map_unreserved(void)
{
	return map(USERMEM_PMD_BYTES, MAP_NORESERVE);
}
