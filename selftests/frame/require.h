/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case needs of the machine. The suite skips a case whose needs are not met, for a reason that
 * is a constant string in require.c: the suite has no other skips.
 */
#ifndef PINCHECK_SELFTESTS_REQUIRE_H
#define PINCHECK_SELFTESTS_REQUIRE_H

#include <stdint.h>

/** enum requirement - bits of the needs field of memory kinds, hold kinds and scenarios */
enum requirement {
	/** @NEEDS_PATH: the device tells fast from slow (PINCHECK_FEAT_PATH) */
	NEEDS_PATH		= 1ULL << 0,
	/** @NEEDS_SWAP: a swap device is on */
	NEEDS_SWAP		= 1ULL << 1,
	/** @NEEDS_THP: transparent huge pages are always or madvise */
	NEEDS_THP		= 1ULL << 2,
	/** @NEEDS_HUGETLB: a few hugetlb pages of PMD_BYTES are free, or can be had */
	NEEDS_HUGETLB		= 1ULL << 3,
	/** @NEEDS_URING: io_uring with fixed buffers */
	NEEDS_URING		= 1ULL << 4,
	/** @NEEDS_SOFT_DIRTY: pagemap bit 55 works */
	NEEDS_SOFT_DIRTY	= 1ULL << 5,
	/** @NEEDS_ANON_EXCLUSIVE: the kernel marks exclusive anonymous pages */
	NEEDS_ANON_EXCLUSIVE	= 1ULL << 6,
	/** @NEEDS_CALL32: system calls of 32-bit programs */
	NEEDS_CALL32		= 1ULL << 7,
	/** @NEEDS_EXT4: a directory on ext4 */
	NEEDS_EXT4		= 1ULL << 8,
	/** @NEEDS_SECRETMEM: memfd_secret() */
	NEEDS_SECRETMEM		= 1ULL << 9,
	/** @NEEDS_UFFD_WP: userfaultfd that write-protects anonymous memory */
	NEEDS_UFFD_WP		= 1ULL << 10,
	/** @NEEDS_UFFD_WP_MARK: pagemap bit 57 shows which pages userfaultfd has protected */
	NEEDS_UFFD_WP_MARK	= 1ULL << 11,
	/** @NEEDS_KSM: KSM can be started and stopped */
	NEEDS_KSM		= 1ULL << 12,
	/** @NEEDS_XFS: a directory on xfs */
	NEEDS_XFS		= 1ULL << 13,
	/** @NEEDS_BTRFS: a directory on btrfs */
	NEEDS_BTRFS		= 1ULL << 14,
	/** @NEEDS_OVERLAY: overlays can be mounted */
	NEEDS_OVERLAY		= 1ULL << 15,
	/** @NEEDS_MIRROR: holds of kind mirror (PINCHECK_FEAT_MIRROR) */
	NEEDS_MIRROR		= 1ULL << 16,
	/** @NEEDS_MEMFD: holds of kind memfd (PINCHECK_FEAT_MEMFD) */
	NEEDS_MEMFD		= 1ULL << 17,
	/** @NEEDS_PFNMAP: device memory is followed (PINCHECK_FEAT_PFNMAP) */
	NEEDS_PFNMAP		= 1ULL << 18,
	/** @NEEDS_PFNMAP_HUGE: device memory is mapped by PMDs (PINCHECK_FEAT_PFNMAP_HUGE) */
	NEEDS_PFNMAP_HUGE	= 1ULL << 19,
	/** @NEEDS_MODULE_FILE: nobody else needs the module, and its file is known */
	NEEDS_MODULE_FILE	= 1ULL << 20,
	/** @NEEDS_FAULTS: allocations can be made to fail */
	NEEDS_FAULTS		= 1ULL << 21,
	/** @NEEDS_MOVABLE: a page that a process touches comes from ZONE_MOVABLE */
	NEEDS_MOVABLE		= 1ULL << 22,
	/** @NEEDS_MEMORY_BLOCK: a block of ZONE_MOVABLE may be taken offline */
	NEEDS_MEMORY_BLOCK	= 1ULL << 23,
	/** @NEEDS_HUGETLB_LEAVES: no WARN where a long-term pin meets hugetlb in ZONE_MOVABLE */
	NEEDS_HUGETLB_LEAVES	= 1ULL << 24,
	/** @NEEDS_PID_NS: PID namespaces, and the next process may be given a number */
	NEEDS_PID_NS		= 1ULL << 25,
	/** @NEEDS_VM_EVENTS: /proc/vmstat counts events, such as migrations that failed */
	NEEDS_VM_EVENTS		= 1ULL << 40,
	/** @NEEDS_UNIX: sockets between processes */
	NEEDS_UNIX		= 1ULL << 41,
	/** @NEEDS_THREADS: the C library can wait for a thread */
	NEEDS_THREADS		= 1ULL << 42,
	/** @NEEDS_TIMERS: a signal comes after a time */
	NEEDS_TIMERS		= 1ULL << 43,
	/** @NEEDS_CAPABILITIES: a process can drop a capability */
	NEEDS_CAPABILITIES	= 1ULL << 44,
	/** @NEEDS_SHMEM: memfd_create() gives memory of shmem, and tmpfs can be mounted */
	NEEDS_SHMEM		= 1ULL << 45,
	/** @NEEDS_SIGNALFD: the command `pincheck` waits by signalfd() */
	NEEDS_SIGNALFD		= 1ULL << 46,
	/** @NEEDS_SWAP_ASYNC: swap_async.h: a swap device that is not synchronous */
	NEEDS_SWAP_ASYNC	= 1ULL << 26,
	/** @NEEDS_MTHP: anonymous memory of folios of MTHP_BYTES */
	NEEDS_MTHP		= 1ULL << 27,
	/** @NEEDS_POISON: memory may be made to fail: it is lost until the machine boots again */
	NEEDS_POISON		= 1ULL << 47,
	/** @NEEDS_KPAGEFLAGS: /proc/kpageflags says what each page of the machine is */
	NEEDS_KPAGEFLAGS	= 1ULL << 48,
	/** @NEEDS_FUSE: file systems in user space */
	NEEDS_FUSE		= 1ULL << 49,
	/** @NEEDS_VIRTIO_MEM: virtio_mem.h: memory that comes and goes */
	NEEDS_VIRTIO_MEM	= 1ULL << 50,
	/** @NEEDS_NUMA: a second NUMA node, which may have no memory yet */
	NEEDS_NUMA		= 1ULL << 28,
	/** @NEEDS_MOVE_PAGES: move_pages() says on which node a page is */
	NEEDS_MOVE_PAGES	= 1ULL << 36,
	/** @NEEDS_NODES: two NUMA nodes that have memory */
	NEEDS_NODES		= 1ULL << 53,
	/** @NEEDS_DAX: a directory on a file system with DAX */
	NEEDS_DAX		= 1ULL << 29,
	/** @NEEDS_EDU: QEMU's edu device, in an IOMMU group */
	NEEDS_EDU		= 1ULL << 30,
	/** @NEEDS_DISPLAY: /dev/mem maps the memory of a PC's text display */
	NEEDS_DISPLAY		= 1ULL << 33,
	/** @NEEDS_KPROBES_SWITCH: all kprobes can be switched off */
	NEEDS_KPROBES_SWITCH	= 1ULL << 52,
	/** @NEEDS_FTRACE_SWITCH: ftrace can be switched off */
	NEEDS_FTRACE_SWITCH	= 1ULL << 51,
	/** @NEEDS_PAT_RECORDS: device memory may be zapped beside munmap() without a WARN (R73) */
	NEEDS_PAT_RECORDS	= 1ULL << 31,
	/** @NEEDS_CMA: cma_area.h: a CMA area */
	NEEDS_CMA		= 1ULL << 57,
	/** @NEEDS_HUGETLB_1G: two hugetlb pages of a GiB are free */
	NEEDS_HUGETLB_1G	= 1ULL << 58,
	/** @NEEDS_UPROBE: uprobe.h: breakpoints by perf_event_open() */
	NEEDS_UPROBE		= 1ULL << 38,
	/** @NEEDS_GUARD: guard.h: guard regions */
	NEEDS_GUARD		= 1ULL << 39,
	/** @NEEDS_COLLAPSE: collapse.h: MADV_COLLAPSE of anonymous memory */
	NEEDS_COLLAPSE		= 1ULL << 54,
	/** @NEEDS_NUMA_BALANCING: numa_balancing.h */
	NEEDS_NUMA_BALANCING	= 1ULL << 32,
	/** @NEEDS_UDMABUF: /dev/udmabuf makes DMA buffers of memfd files */
	NEEDS_UDMABUF		= 1ULL << 55,
	/** @NEEDS_SCAN: pagemap_scan.h: PAGEMAP_SCAN, and asynchronous write protection */
	NEEDS_SCAN		= 1ULL << 34,
	/** @NEEDS_UFFD_WP_FILES: userfaultfd that write-protects hugetlb and shmem, too */
	NEEDS_UFFD_WP_FILES	= 1ULL << 35,
	/** @NEEDS_RECLAIM: reclaim.h: memory of a cgroup can be reclaimed */
	NEEDS_RECLAIM		= 1ULL << 60,
	/** @NEEDS_UFFD_MINOR: userfaultfd that maps pages of shmem that the file has */
	NEEDS_UFFD_MINOR	= 1ULL << 61,
	/** @NEEDS_AEAD: AF_ALG sockets with authenticated encryption */
	NEEDS_AEAD		= 1ULL << 62,
	/** @NEEDS_UFFD_MOVE: userfaultfd that moves pages */
	NEEDS_UFFD_MOVE		= 1ULL << 63,
	/** @NEEDS_UFFD_RWP: userfaultfd that takes all access from pages */
	NEEDS_UFFD_RWP		= 1ULL << 56,
};

/**
 * require_missing() - the first of @needs that this machine lacks
 *
 * A process runs each probe once and remembers the answer: call this in main(), before any fork.
 *
 * Return: the reason to skip, or NULL.
 */
const char *require_missing(uint64_t needs);

/**
 * require_base() - the first that this machine lacks of what every case needs
 *
 * Every case reads page frame numbers, drains the CPU's LRU batches, and counts the machine's pins at
 * its end. On a kernel without one of these no case can run.
 *
 * Return: the reason to skip everything, or NULL.
 */
const char *require_base(void);

#endif
