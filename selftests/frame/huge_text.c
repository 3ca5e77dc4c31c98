// SPDX-License-Identifier: GPL-2.0-only
/* The instructions of the program in a huge page. */
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/page_size.h"
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/usermem.h"
#include "huge_text.h"

struct text {
	char *start;
	size_t bytes;
};

/* A static program of one segment to execute, and nothing else in the same huge page. */
static bool find_text(struct text *text)
{
	const Elf64_Phdr *segment = (const Elf64_Phdr *)getauxval(AT_PHDR);
	size_t count = getauxval(AT_PHNUM), i;
	uintptr_t others = UINTPTR_MAX;

	*text = (struct text) { 0 };
	for (i = 0; i < count; i++) {
		if (segment[i].p_type != PT_LOAD)
			continue;
		if (segment[i].p_flags & PF_X && !text->start)
			*text = (struct text) {
				.start = (char *)segment[i].p_vaddr, .bytes = segment[i].p_memsz,
			};
		else if (segment[i].p_vaddr < others)
			others = segment[i].p_vaddr;
	}
	return text->start && !((uintptr_t)text->start % PMD_BYTES) && text->bytes <= PMD_BYTES &&
	       others >= (uintptr_t)text->start + PMD_BYTES;
}

/* One write gives all of the huge page, or the kernel has none. */
static bool is_huge_page(char *page)
{
	int pagemap = pagemap_open(0);
	bool present = pagemap >= 0 && !madvise(page, PMD_BYTES, MADV_HUGEPAGE);

	if (present) {
		*(volatile char *)page = 0;
		present = pagemap_entry(pagemap, page + PMD_BYTES - PAGE_BYTES) & PAGEMAP_PRESENT;
	}
	if (pagemap >= 0)
		close(pagemap);
	return present;
}

void huge_text(void)
{
	struct text text;
	char *page;

	if (!find_text(&text))
		return;
	page = usermem_map(PMD_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (page == MAP_FAILED)
		return;
	if (is_huge_page(page)) {
		memcpy(page, text.start, text.bytes);
		if (!mprotect(page, PMD_BYTES, PROT_READ | PROT_EXEC) &&
		    mremap(page, PMD_BYTES, PMD_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED,
			   text.start) == text.start)
			return;
	}
	munmap(page, PMD_BYTES);
}
