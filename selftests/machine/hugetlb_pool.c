// SPDX-License-Identifier: GPL-2.0-only
/* The pool of huge pages. */
#include <linux/memfd.h>
#include <sys/mman.h>
#include "../../tools/lib/knob.h"
#include "../../tools/lib/page_size.h"
#include "hugetlb_pool.h"

static void *map_of_pool(size_t bytes, int flags)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | hugetlb_size_flag() | flags,
		    -1, 0);
}

void *hugetlb_pool_reserve(size_t *bytes)
{
	long pages = knob_number(HUGETLB_FREE);

	pages -= knob_number(hugetlb_setting("resv_hugepages"));
	*bytes = pages > 0 ? pages * PMD_BYTES : 0;
	return *bytes ? map_of_pool(*bytes, 0) : NULL;
}

void *hugetlb_map_unreserved(void)
{
	return map_of_pool(PMD_BYTES, MAP_NORESERVE);
}

int hugetlb_pool_memfd(const char *name, unsigned int flags)
{
	return memfd_create(name, flags & MFD_HUGETLB ? flags | hugetlb_size_flag() : flags);
}
