// SPDX-License-Identifier: GPL-2.0-only
/* Guard regions. */
#include <sys/mman.h>
#include "../../tools/lib/page_size.h"
#include "guard.h"

bool guard_offered(void)
{
	void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	bool offered = page != MAP_FAILED && !madvise(page, PAGE_BYTES, MADV_GUARD_INSTALL);

	if (page != MAP_FAILED)
		munmap(page, PAGE_BYTES);
	return offered;
}
