/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case needs of the machine. The suite skips a case whose needs are not met, for a reason that
 * is a constant string in require.c: the suite has no other skips.
 */
#ifndef PINCHECK_SELFTESTS_REQUIRE_H
#define PINCHECK_SELFTESTS_REQUIRE_H

#include <stdbool.h>
#include <stddef.h>

/** typedef requirement_set - several requirements: the needs of a memory kind, hold kind or scenario */
typedef unsigned __int128 requirement_set;

/**
 * REQUIREMENT() - the set of one requirement
 *
 * A number that two requirements have does not compile, see require.c.
 */
#define REQUIREMENT(number)		((requirement_set)1 << (number))

/** NEEDS_PATH - the device tells fast from slow (PINCHECK_FEAT_PATH) */
#define NEEDS_PATH			REQUIREMENT(0)
/** NEEDS_SWAP - a swap device is on */
#define NEEDS_SWAP			REQUIREMENT(1)
/** NEEDS_SWAP_ASYNC - swap_async.h: a swap device that is not synchronous */
#define NEEDS_SWAP_ASYNC		REQUIREMENT(2)
/** NEEDS_VIRTIO_MEM - virtio_mem.h: memory that comes and goes */
#define NEEDS_VIRTIO_MEM		REQUIREMENT(3)
/** NEEDS_NUMA - a second NUMA node, which may have no memory yet */
#define NEEDS_NUMA			REQUIREMENT(4)
/** NEEDS_NODES - two NUMA nodes that have memory */
#define NEEDS_NODES			REQUIREMENT(5)
/** NEEDS_MOVE_PAGES - move_pages() says on which node a page is */
#define NEEDS_MOVE_PAGES		REQUIREMENT(6)
/** NEEDS_DAX - a directory on a file system with DAX */
#define NEEDS_DAX			REQUIREMENT(7)
/** NEEDS_CMA - cma_area.h: a CMA area */
#define NEEDS_CMA			REQUIREMENT(8)
/** NEEDS_EDU - QEMU's edu device, in an IOMMU group */
#define NEEDS_EDU			REQUIREMENT(9)
/** NEEDS_THP - transparent huge pages are always or madvise */
#define NEEDS_THP			REQUIREMENT(10)
/** NEEDS_MTHP - anonymous memory of folios of MTHP_BYTES */
#define NEEDS_MTHP			REQUIREMENT(11)
/** NEEDS_HUGETLB - a few hugetlb pages of PMD_BYTES are free, or can be had */
#define NEEDS_HUGETLB			REQUIREMENT(12)
/** NEEDS_HUGETLB_1G - two hugetlb pages of a GiB are free */
#define NEEDS_HUGETLB_1G		REQUIREMENT(13)
/** NEEDS_URING - io_uring with fixed buffers */
#define NEEDS_URING			REQUIREMENT(14)
/** NEEDS_SOFT_DIRTY - pagemap bit 55 works */
#define NEEDS_SOFT_DIRTY		REQUIREMENT(15)
/** NEEDS_ANON_EXCLUSIVE - the kernel marks exclusive anonymous pages */
#define NEEDS_ANON_EXCLUSIVE		REQUIREMENT(16)
/** NEEDS_CALL32 - system calls of 32-bit programs */
#define NEEDS_CALL32			REQUIREMENT(17)
/** NEEDS_EXT4 - a directory on ext4 */
#define NEEDS_EXT4			REQUIREMENT(18)
/** NEEDS_XFS - a directory on xfs */
#define NEEDS_XFS			REQUIREMENT(19)
/** NEEDS_BTRFS - a directory on btrfs */
#define NEEDS_BTRFS			REQUIREMENT(20)
/** NEEDS_OVERLAY - overlays can be mounted */
#define NEEDS_OVERLAY			REQUIREMENT(21)
/** NEEDS_SECRETMEM - memfd_secret() */
#define NEEDS_SECRETMEM			REQUIREMENT(22)
/** NEEDS_UFFD_WP - userfaultfd that write-protects anonymous memory */
#define NEEDS_UFFD_WP			REQUIREMENT(23)
/** NEEDS_UFFD_WP_MARK - pagemap bit 57 shows which pages userfaultfd has protected */
#define NEEDS_UFFD_WP_MARK		REQUIREMENT(24)
/** NEEDS_UFFD_MINOR - userfaultfd that maps pages of shmem that the file has */
#define NEEDS_UFFD_MINOR		REQUIREMENT(25)
/** NEEDS_UFFD_MOVE - userfaultfd that moves pages */
#define NEEDS_UFFD_MOVE			REQUIREMENT(26)
/** NEEDS_UFFD_RWP - userfaultfd that takes all access from pages */
#define NEEDS_UFFD_RWP			REQUIREMENT(27)
/** NEEDS_AEAD - AF_ALG sockets with authenticated encryption */
#define NEEDS_AEAD			REQUIREMENT(28)
/** NEEDS_UFFD_WP_FILES - userfaultfd that write-protects hugetlb and shmem, too */
#define NEEDS_UFFD_WP_FILES		REQUIREMENT(29)
/** NEEDS_SCAN - pagemap_scan.h: PAGEMAP_SCAN, and asynchronous write protection */
#define NEEDS_SCAN			REQUIREMENT(30)
/** NEEDS_FAULTS - allocations can be made to fail */
#define NEEDS_FAULTS			REQUIREMENT(31)
/** NEEDS_MODULE_FILE - nobody else needs the module, and its file is known */
#define NEEDS_MODULE_FILE		REQUIREMENT(32)
/** NEEDS_KSM - KSM can be started and stopped */
#define NEEDS_KSM			REQUIREMENT(33)
/** NEEDS_MIRROR - holds of kind mirror (PINCHECK_FEAT_MIRROR) */
#define NEEDS_MIRROR			REQUIREMENT(34)
/** NEEDS_MEMFD - holds of kind memfd (PINCHECK_FEAT_MEMFD) */
#define NEEDS_MEMFD			REQUIREMENT(35)
/** NEEDS_PFNMAP - device memory is followed (PINCHECK_FEAT_PFNMAP) */
#define NEEDS_PFNMAP			REQUIREMENT(36)
/** NEEDS_PFNMAP_HUGE - device memory is mapped by PMDs (PINCHECK_FEAT_PFNMAP_HUGE) */
#define NEEDS_PFNMAP_HUGE		REQUIREMENT(37)
/** NEEDS_MOVABLE - a page that a process touches comes from ZONE_MOVABLE */
#define NEEDS_MOVABLE			REQUIREMENT(38)
/** NEEDS_MEMORY_BLOCK - a block of ZONE_MOVABLE may be taken offline */
#define NEEDS_MEMORY_BLOCK		REQUIREMENT(39)
/** NEEDS_HUGETLB_LEAVES - no WARN where a long-term pin meets hugetlb in ZONE_MOVABLE */
#define NEEDS_HUGETLB_LEAVES		REQUIREMENT(40)
/** NEEDS_PAT_RECORDS - device memory may be zapped beside munmap() without a WARN (R73) */
#define NEEDS_PAT_RECORDS		REQUIREMENT(41)
/** NEEDS_FUSE - file systems in user space */
#define NEEDS_FUSE			REQUIREMENT(42)
/** NEEDS_KPROBES_SWITCH - all kprobes can be switched off */
#define NEEDS_KPROBES_SWITCH		REQUIREMENT(43)
/** NEEDS_FTRACE_SWITCH - ftrace can be switched off */
#define NEEDS_FTRACE_SWITCH		REQUIREMENT(44)
/** NEEDS_POISON - memory may be made to fail: it is lost until the machine boots again */
#define NEEDS_POISON			REQUIREMENT(45)
/** NEEDS_KPAGEFLAGS - /proc/kpageflags says what each page of the machine is */
#define NEEDS_KPAGEFLAGS		REQUIREMENT(46)
/** NEEDS_RECLAIM - reclaim.h: memory of a cgroup can be reclaimed */
#define NEEDS_RECLAIM			REQUIREMENT(47)
/** NEEDS_UPROBE - uprobe.h: breakpoints by perf_event_open() */
#define NEEDS_UPROBE			REQUIREMENT(48)
/** NEEDS_GUARD - guard.h: guard regions */
#define NEEDS_GUARD			REQUIREMENT(49)
/** NEEDS_COLLAPSE - collapse.h: MADV_COLLAPSE of anonymous memory */
#define NEEDS_COLLAPSE			REQUIREMENT(50)
/** NEEDS_NUMA_BALANCING - numa_balancing.h */
#define NEEDS_NUMA_BALANCING		REQUIREMENT(51)
/** NEEDS_UDMABUF - /dev/udmabuf makes DMA buffers of memfd files */
#define NEEDS_UDMABUF			REQUIREMENT(52)
/** NEEDS_DISPLAY - /dev/mem maps the memory of a PC's text display */
#define NEEDS_DISPLAY			REQUIREMENT(53)
/** NEEDS_PID_NS - PID namespaces, and the next process may be given a number */
#define NEEDS_PID_NS			REQUIREMENT(54)
/** NEEDS_VM_EVENTS - /proc/vmstat counts events, such as migrations that failed */
#define NEEDS_VM_EVENTS			REQUIREMENT(55)
/** NEEDS_UNIX - sockets between processes */
#define NEEDS_UNIX			REQUIREMENT(56)
/** NEEDS_THREADS - the C library can wait for a thread */
#define NEEDS_THREADS			REQUIREMENT(57)
/** NEEDS_TIMERS - a signal comes after a time */
#define NEEDS_TIMERS			REQUIREMENT(58)
/** NEEDS_CAPABILITIES - a process can drop a capability */
#define NEEDS_CAPABILITIES		REQUIREMENT(59)
/** NEEDS_SHMEM - memfd_create() gives memory of shmem, and tmpfs can be mounted */
#define NEEDS_SHMEM			REQUIREMENT(60)
/** NEEDS_SIGNALFD - the command `pincheck` waits by signalfd() */
#define NEEDS_SIGNALFD			REQUIREMENT(61)
/** NEEDS_GUP_TEST - gup_test_file.h: gup_test.ko, and no such file of the kernel's own */
#define NEEDS_GUP_TEST			REQUIREMENT(66)
/** NEEDS_CHARGE_MOVING - charge_move.h: memory that changes its cgroup with the process */
#define NEEDS_CHARGE_MOVING		REQUIREMENT(70)
/** NEEDS_VHOST - vhost_net.h: vhost-net, and tap devices */
#define NEEDS_VHOST			REQUIREMENT(71)
/** NEEDS_POPULATE - MADV_POPULATE_READ and MADV_POPULATE_WRITE */
#define NEEDS_POPULATE			REQUIREMENT(72)
/** NEEDS_DROPPABLE - memory of MAP_DROPPABLE */
#define NEEDS_DROPPABLE			REQUIREMENT(73)
/** NEEDS_PACKET_RING - packet_ring.h: packet sockets with a ring */
#define NEEDS_PACKET_RING		REQUIREMENT(74)
/** NEEDS_RDMA - rdma_link.h: an RDMA device of software */
#define NEEDS_RDMA			REQUIREMENT(75)
/** NEEDS_VFIO - vfio.h: devices that a process drives itself; see NEEDS_EDU for the device */
#define NEEDS_VFIO			REQUIREMENT(76)
/** NEEDS_MRELEASE - mrelease.h: the memory of a process that dies can be taken */
#define NEEDS_MRELEASE			REQUIREMENT(80)
/** NEEDS_HUGETLB_MREMAP - mremap() of hugetlb */
#define NEEDS_HUGETLB_MREMAP		REQUIREMENT(81)
/** NEEDS_XDP - xdp_socket.h: AF_XDP sockets */
#define NEEDS_XDP			REQUIREMENT(82)
/** NEEDS_ZEROCOPY - zerocopy.h: TCP data that wait in the process' own pages */
#define NEEDS_ZEROCOPY			REQUIREMENT(83)
/** NEEDS_V4L2 - vivid.h: video devices of software, whose frames go round */
#define NEEDS_V4L2			REQUIREMENT(88)
/** NEEDS_RDMA_ODP - and its memory regions can be paged on demand */
#define NEEDS_RDMA_ODP			REQUIREMENT(90)
/** NEEDS_AIO - asynchronous I/O by io_submit() */
#define NEEDS_AIO			REQUIREMENT(84)
/** NEEDS_STALLED_COPY - stalled_copy.h: copies between processes, and userfaultfd */
#define NEEDS_STALLED_COPY		REQUIREMENT(85)
/** NEEDS_LOOP - late_disk.h: loop devices */
#define NEEDS_LOOP			REQUIREMENT(86)
/** NEEDS_TRACE - the device traces who takes pins (PINCHECK_FEAT_TRACE) */
#define NEEDS_TRACE			REQUIREMENT(110)
/** NEEDS_MODULE - /dev/pincheck: not in a run without the module (PINCHECK_MODULE=no) */
#define NEEDS_MODULE			REQUIREMENT(94)
/** NEEDS_PFNS - page frame numbers, of pagemap or of the module */
#define NEEDS_PFNS			REQUIREMENT(95)
/** NEEDS_ROOT - what only root may do; see suite_lacks_root() */
#define NEEDS_ROOT			REQUIREMENT(96)
/** NEEDS_INTERLEAVE - interleave_file.h: pincheck_interleave.ko, and two CPUs */
#define NEEDS_INTERLEAVE		REQUIREMENT(97)

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE	8	/* Linux 6.11 */
#endif

/**
 * require_missing() - the first of @needs that this machine lacks
 *
 * A process runs each probe once and remembers the answer: call this in main(), before any fork.
 *
 * Return: the reason to skip, or NULL.
 */
const char *require_missing(requirement_set needs);

/**
 * require_row() - one requirement, for who asks about all of them
 * @index: 0 and up, until the result is false; numbers without a requirement have no name
 * @name: its name, or NULL
 * @reason: to skip, or NULL if this machine meets it
 *
 * Return: false behind the last requirement.
 */
bool require_row(size_t index, const char **name, const char **reason);

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
