/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the caller in the shapes that the kernel treats differently: a row a kind, for the
 * command, the benchmarks and the suite. Memory checks by page reports that it is what was asked for.
 */
#ifndef PINCHECK_LIB_USERMEM_H
#define PINCHECK_LIB_USERMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include "page_size.h"

struct usermem;

/** enum usermem_trait - by which experiments choose kinds */
enum usermem_trait {
	/** @USERMEM_LARGE: the memory is of large folios */
	USERMEM_LARGE	= 1U << 0,
	/** @USERMEM_PARTIAL: a part of such a folio can be unmapped */
	USERMEM_PARTIAL	= 1U << 1,
};

/**
 * struct usermem_kind - a row: what memory of this kind is, and how to get it
 * @name: for the command's --memory
 * @folio: size of the folios
 * @least: folios where nobody asks for more
 * @traits: enum usermem_trait
 * @flags: more flags for mmap()
 * @entire: one PMD maps a folio
 * @prepare: what madvise() is for before the memory is written; 0 or a negative errno. NULL: nothing
 * @finish: what is to be done once it is written; 0 or a negative errno. NULL: nothing
 * @setting: file that allows such memory; a kernel without the file has no such memory. Or NULL
 * @mend: what to type where such memory cannot be had; NULL: write "madvise" to @setting
 */
struct usermem_kind {
	const char *name;
	enum folio_size folio;
	size_t least;
	unsigned int traits;
	int flags;
	bool entire;
	int (*prepare)(const struct usermem *memory);
	int (*finish)(const struct usermem *memory);
	const char *(*setting)(void);
	const char *mend;
};

/** enum usermem_row - where each kind is in usermem_kinds[] */
enum usermem_row {
	USERMEM_BASE, USERMEM_SWAPPED, USERMEM_THP, USERMEM_THP_PTE, USERMEM_MTHP,
	USERMEM_MTHP_LEAST, USERMEM_MTHP_MOST, USERMEM_HUGETLB,
	USERMEM_KINDS
};

extern const struct usermem_kind usermem_kinds[USERMEM_KINDS];

/**
 * struct usermem - mapped at @start
 * @kind: its row; NULL for a file
 * @start: first byte
 * @bytes: size
 * @stride: pages from one write to the next, while all pages are written once; 0: 1
 * @file: that is mapped, or -1
 * @pagemap: of this process
 * @session: of the device, or PAGES_BY_PROC of page_reports.h
 * @wrong: why there is no such memory, to follow the words "the memory"
 */
struct usermem {
	const struct usermem_kind *kind;
	char *start;
	size_t bytes;
	size_t stride;
	int file;
	int pagemap;
	int session;
	const char *wrong;
};

/** usermem_kind() - the row of @name; NULL if there is none */
const struct usermem_kind *usermem_kind(const char *name);

/** usermem_mend() - what a person types to have memory of @kind, until the next call */
const char *usermem_mend(const struct usermem_kind *kind);

/**
 * usermem_open() - map @bytes, or @kind's least, write to each page, and check the memory
 *
 * @memory's session is open, its stride is set. Return: 0 or a negative errno; memory->wrong says why
 */
int usermem_open(struct usermem *memory, const struct usermem_kind *kind, size_t bytes);

/** usermem_open_file() - map @bytes of file @path, or all of it, shared, and read each page */
int usermem_open_file(struct usermem *memory, const char *path, size_t bytes, bool write);

/** usermem_close() - unmap the memory and close its files; not the session */
void usermem_close(struct usermem *memory);

/** usermem_prepare() - see @prepare of struct usermem_kind */
int usermem_prepare(const struct usermem *memory);

/** usermem_finish() - see @finish of struct usermem_kind */
int usermem_finish(const struct usermem *memory);

/**
 * usermem_check() - each large folio, or the first, the middle and the last base page, is of the kind
 *
 * Return: 0; -EAGAIN, and memory->wrong says what is wrong; or another negative errno
 */
int usermem_check(struct usermem *memory);

/** usermem_pfn() - page frame number that is mapped at byte @offset; 0 for none */
uint64_t usermem_pfn(const struct usermem *memory, size_t offset);

/**
 * usermem_map() - map @bytes readable and writable
 * @flags: of mmap(); MAP_HUGETLB is for pages of PMD_BYTES
 * @file: to map from its start, or -1
 *
 * What is large enough for a huge page, or for a smaller large folio, is aligned to that, and no
 * mapping of ours is beside it.
 *
 * Return: the address, or MAP_FAILED with errno
 */
void *usermem_map(size_t bytes, int flags, int file);

/** usermem_read_all() - read a byte of each page */
void usermem_read_all(const void *start, size_t bytes);

/** usermem_split() - let PTEs map the huge page at @start. Return: 0 or a negative errno */
int usermem_split(void *start);

/**
 * usermem_try_page_out() - ask reclaim for the pages from @start on, whether they go or not
 *
 * Reclaim passes over a page that waits in an LRU batch, so it is asked several times.
 *
 * Return: 0 or a negative errno
 */
int usermem_try_page_out(void *start, size_t bytes);

/**
 * usermem_page_out() - swap out the pages from @start on
 * @pagemap: of the caller
 *
 * Return: 0, -EBUSY if some would not go, or another negative errno; see cause_of()
 */
int usermem_page_out(void *start, size_t bytes, int pagemap);

/**
 * usermem_reprotect() - take write permission away and give it back: the next write faults
 *
 * Return: 0 or a negative errno
 */
int usermem_reprotect(void *start, size_t bytes);

/**
 * usermem_drain_lru() - drain the LRU batches of this CPU
 *
 * A batch has a reference to each small folio in it; without it refcounts are exact. The caller stays
 * on one CPU.
 *
 * Return: 0 or a negative errno
 */
int usermem_drain_lru(void);

#endif
