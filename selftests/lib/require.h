/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case needs of the machine. A case whose needs are not met is skipped, and the reason is
 * one of the constant strings in require.c: no other skip exists in the suite.
 */
#ifndef PINCHECK_SELFTESTS_REQUIRE_H
#define PINCHECK_SELFTESTS_REQUIRE_H

/** enum requirement - bits of the needs field of memory kinds, hold kinds and scenarios */
enum requirement {
	/** @NEEDS_PATH: fast and slow are told apart (PINCHECK_FEAT_PATH) */
	NEEDS_PATH		= 1U << 0,
	/** @NEEDS_SWAP: a swap device is on */
	NEEDS_SWAP		= 1U << 1,
	/** @NEEDS_THP: transparent huge pages are always or madvise */
	NEEDS_THP		= 1U << 2,
	/** @NEEDS_HUGETLB: a few 2 MiB hugetlb pages are free, or can be had */
	NEEDS_HUGETLB		= 1U << 3,
	/** @NEEDS_URING: io_uring with fixed buffers */
	NEEDS_URING		= 1U << 4,
	/** @NEEDS_SOFT_DIRTY: pagemap bit 55 works */
	NEEDS_SOFT_DIRTY	= 1U << 5,
	/** @NEEDS_ANON_EXCLUSIVE: the kernel marks exclusive anonymous pages */
	NEEDS_ANON_EXCLUSIVE	= 1U << 6,
	/** @NEEDS_CALL32: system calls of 32-bit programs */
	NEEDS_CALL32		= 1U << 7,
	/** @NEEDS_EXT4: a directory on ext4 */
	NEEDS_EXT4		= 1U << 8,
	/** @NEEDS_SECRETMEM: memfd_secret() */
	NEEDS_SECRETMEM		= 1U << 9,
	/** @NEEDS_UFFD_WP: userfaultfd that write-protects anonymous memory */
	NEEDS_UFFD_WP		= 1U << 10,
	/** @NEEDS_UFFD_WP_MARK: pagemap bit 57 shows what it has protected */
	NEEDS_UFFD_WP_MARK	= 1U << 11,
	/** @NEEDS_KSM: KSM can be started and stopped */
	NEEDS_KSM		= 1U << 12,
	/** @NEEDS_XFS: a directory on xfs */
	NEEDS_XFS		= 1U << 13,
	/** @NEEDS_BTRFS: a directory on btrfs */
	NEEDS_BTRFS		= 1U << 14,
	/** @NEEDS_OVERLAY: overlays can be mounted */
	NEEDS_OVERLAY		= 1U << 15,
	/** @NEEDS_MIRROR: holds of kind mirror (PINCHECK_FEAT_MIRROR) */
	NEEDS_MIRROR		= 1U << 16,
	/** @NEEDS_MEMFD: holds of kind memfd (PINCHECK_FEAT_MEMFD) */
	NEEDS_MEMFD		= 1U << 17,
	/** @NEEDS_PFNMAP: device memory is followed (PINCHECK_FEAT_PFNMAP) */
	NEEDS_PFNMAP		= 1U << 18,
	/** @NEEDS_PFNMAP_HUGE: device memory is mapped by PMDs (PINCHECK_FEAT_PFNMAP_HUGE) */
	NEEDS_PFNMAP_HUGE	= 1U << 19,
	/** @NEEDS_MODULE_FILE: nobody else needs the module, and its file is known */
	NEEDS_MODULE_FILE	= 1U << 20,
	/** @NEEDS_FAULTS: allocations can be made to fail */
	NEEDS_FAULTS		= 1U << 21,
	/** @NEEDS_MOVABLE: memory that is touched comes from ZONE_MOVABLE */
	NEEDS_MOVABLE		= 1U << 22,
	/** @NEEDS_MEMORY_BLOCK: a block of ZONE_MOVABLE may be taken offline */
	NEEDS_MEMORY_BLOCK	= 1U << 23,
	/** @NEEDS_HUGETLB_LEAVES: no WARN when hugetlb in ZONE_MOVABLE is pinned for long */
	NEEDS_HUGETLB_LEAVES	= 1U << 24,
	/** @NEEDS_PID_NS: PID namespaces, and the next process may be given a number */
	NEEDS_PID_NS		= 1U << 25,
	/** @NEEDS_FUSE: file systems in user space */
	NEEDS_FUSE		= 1U << 26,
};

/**
 * require_missing() - the first of @needs that this machine lacks
 *
 * Each probe runs once a process and is remembered, so ask in main() before anything forks.
 *
 * Return: the reason to skip, or NULL.
 */
const char *require_missing(unsigned int needs);

#endif
