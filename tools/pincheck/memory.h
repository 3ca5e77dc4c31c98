/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that a subcommand makes for itself, by kind; each checks that it got what was asked for. */
#ifndef PINCHECK_MEMORY_H
#define PINCHECK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/pincheck.h>

struct memory;

/** enum memory_trait - what is chosen by */
enum memory_trait {
	/** @MEMORY_LARGE: it is of large folios */
	MEMORY_LARGE	= 1U << 0,
	/** @MEMORY_PARTIAL: a part of such a folio can be unmapped */
	MEMORY_PARTIAL	= 1U << 1,
};

/**
 * struct memory_kind - a row
 * @name: for --memory
 * @what: for --help
 * @bytes: the least of it: one folio, or a few pages
 * @traits: enum memory_trait
 * @flags: more flags for mmap()
 * @shape: makes what was mapped into what it should be. Return: 0 or a negative errno
 * @huge: bytes of a folio that it must be part of; 0 for base pages
 * @entire: a PMD maps it
 * @setting: a file that kernels have which offer it, or NULL
 * @mend: what to type where it cannot be had
 */
struct memory_kind {
	const char *name;
	const char *what;
	size_t bytes;
	unsigned int traits;
	int flags;
	int (*shape)(struct memory *memory);
	size_t huge;
	bool entire;
	const char *setting;
	const char *mend;
};

/**
 * struct memory - mapped at @start
 * @kind: its row
 * @file: that is mapped, or -1
 * @pagemap: of this process
 * @session: of the device
 * @wrong: why there is none
 */
struct memory {
	const struct memory_kind *kind;
	char *start;
	size_t bytes;
	int file;
	int pagemap;
	int session;
	const char *wrong;
};

/** memory_kinds() - all rows but that of files, @count of them */
const struct memory_kind *memory_kinds(size_t *count);

/** memory_kind() - by @name; NULL if there is none */
const struct memory_kind *memory_kind(const char *name);

/**
 * memory_open() - map @bytes (at least those of the kind) of @kind and write to each page
 *
 * session must be open already. Return: 0 or a negative errno, and memory->wrong says why
 */
int memory_open(struct memory *memory, const struct memory_kind *kind, size_t bytes);

/** memory_open_file() - map @bytes of file @path, shared, and read each page */
int memory_open_file(struct memory *memory, const char *path, size_t bytes, bool write);

void memory_close(struct memory *memory);

/** memory_pfn() - what is mapped at byte @offset; 0 for nothing */
__u64 memory_pfn(const struct memory *memory, size_t offset);

#endif
