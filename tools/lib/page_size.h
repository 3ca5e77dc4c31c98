/* SPDX-License-Identifier: GPL-2.0-only */
/* The sizes of pages, which differ from kernel to kernel: the running one is asked. */
#ifndef PINCHECK_LIB_PAGE_SIZE_H
#define PINCHECK_LIB_PAGE_SIZE_H

#include <stddef.h>

/** PAGE_BYTES - size of a base page */
#define PAGE_BYTES	page_bytes()

/** PAGE_BYTES_MAX - no 64-bit kernel has larger base pages: for arrays and alignments */
#define PAGE_BYTES_MAX	(64UL << 10)

/** PMD_PAGES_MAX - nor more base pages in a huge page: a page table is a page of 8-byte entries */
#define PMD_PAGES_MAX	(PAGE_BYTES_MAX / 8)

/** PMD_BYTES - size of a huge page: of what one PMD maps */
#define PMD_BYTES	pmd_bytes()

/** MTHP_BYTES - size of the folios of kind mthp: 64 KiB, or what the kernel has instead */
#define MTHP_BYTES	mthp_bytes()

/** enum folio_size - the sizes of folios that memory of a process is made of */
enum folio_size {
	FOLIO_BASE,
	FOLIO_MTHP,
	/** @FOLIO_MTHP_LEAST: four base pages */
	FOLIO_MTHP_LEAST,
	/** @FOLIO_MTHP_MOST: half of a huge page */
	FOLIO_MTHP_MOST,
	FOLIO_PMD
};

size_t folio_bytes(enum folio_size size) __attribute_const__;
size_t page_bytes(void) __attribute_const__;
size_t pmd_bytes(void) __attribute_const__;
size_t mthp_bytes(void) __attribute_const__;

/** thp_setting() - path of the file that allows huge pages */
const char *thp_setting(void);

/** mthp_setting() - path of the file that allows folios of MTHP_BYTES (Linux 6.8) */
const char *mthp_setting(void);
const char *mthp_least_setting(void);
const char *mthp_most_setting(void);

/** hugetlb_size_flag() - asks mmap() or memfd_create() for hugetlb pages of PMD_BYTES */
int hugetlb_size_flag(void);

/** hugetlb_setting() - path of the file @name of the hugetlb pool of such pages, until the next call */
const char *hugetlb_setting(const char *name);

/** HUGETLB_POOL - how many pages the pool has; a write changes it */
#define HUGETLB_POOL	hugetlb_setting("nr_hugepages")

/** HUGETLB_FREE - how many of them nobody uses */
#define HUGETLB_FREE	hugetlb_setting("free_hugepages")

#endif
