/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * pincheck: the contract between /dev/pincheck and user space.
 *
 * Every argument starts with its own size. A caller built against an older header passes a
 * shorter structure, whose missing tail the module reads as zero. A caller built against a newer
 * header passes a longer structure; the module accepts it if the tail that it does not know is zero
 * (E2BIG otherwise). A size smaller than in ABI 1 gives EINVAL. The module compares the magic and
 * the number of a command, but not the size that _IOWR() encodes: a structure that grows would
 * change it. Unknown flags and reserved fields that are not zero give EINVAL, because a later
 * version may give them a meaning. An unknown command gives ENOTTY.
 *
 * Where an error is returned, the outputs are not written, unless the command says so.
 */
#ifndef _UAPI_LINUX_PINCHECK_H
#define _UAPI_LINUX_PINCHECK_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PINCHECK_DEVICE		"/dev/pincheck"

/* Raised when a meaning changes; new fields, flags and commands do not raise it. */
#define PINCHECK_ABI		1

/**
 * enum pincheck_feature - what this module can report or do on the running kernel
 *
 * A bit that is not set means that the kernel (or its configuration) lacks what the feature needs;
 * fields that depend on the feature are marked absent, never zero.
 */
enum pincheck_feature {
	/** @PINCHECK_FEAT_PATH: fast and slow path are told apart, page by page */
	PINCHECK_FEAT_PATH		= 1ULL << 0,
	/** @PINCHECK_FEAT_ANON_EXCLUSIVE: the kernel marks exclusive anonymous pages (5.19) */
	PINCHECK_FEAT_ANON_EXCLUSIVE	= 1ULL << 1,
	/** @PINCHECK_FEAT_PIN_COUNT: large folios count their pins apart from their references */
	PINCHECK_FEAT_PIN_COUNT		= 1ULL << 2,
	/** @PINCHECK_FEAT_FOLIO_MAPCOUNT: the folio's mapcount is the sum over its pages */
	PINCHECK_FEAT_FOLIO_MAPCOUNT	= 1ULL << 3,
	/** @PINCHECK_FEAT_ENTIRE_MAPCOUNT: mappings of the folio as a whole are counted apart */
	PINCHECK_FEAT_ENTIRE_MAPCOUNT	= 1ULL << 4,
	/** @PINCHECK_FEAT_NOFAULT: PAGES answers also where GUP-fast does not look */
	PINCHECK_FEAT_NOFAULT		= 1ULL << 5,
	/** @PINCHECK_FEAT_MEMFD: holds of kind memfd (6.11) */
	PINCHECK_FEAT_MEMFD		= 1ULL << 6,
	/**
	 * @PINCHECK_FEAT_FILE_WHITELIST: the kernel itself refuses long-term pins for writing of
	 * files that track dirtying (6.5); found by the name of the function that decides, so never
	 * set without CONFIG_KPROBES
	 */
	PINCHECK_FEAT_FILE_WHITELIST	= 1ULL << 7,
	/** @PINCHECK_FEAT_MIRROR: holds of kind mirror (CONFIG_HMM_MIRROR) */
	PINCHECK_FEAT_MIRROR		= 1ULL << 8,
	/** @PINCHECK_FEAT_PFNMAP: FOLLOW, and holds of kind pfnmap */
	PINCHECK_FEAT_PFNMAP		= 1ULL << 9,
	/**
	 * @PINCHECK_FEAT_PFNMAP_HUGE: device memory mapped by PMDs, on kernels whose GUP-fast
	 * recognizes such a PMD (6.12)
	 */
	PINCHECK_FEAT_PFNMAP_HUGE	= 1ULL << 10,
	/**
	 * @PINCHECK_FEAT_TRACE: TRACE (CONFIG_KRETPROBES and CONFIG_STACKTRACE, on architectures
	 * where a probe can read the arguments of a function)
	 */
	PINCHECK_FEAT_TRACE		= 1ULL << 11,
};

/**
 * struct pincheck_info - argument of PINCHECK_IOC_INFO
 *
 * Needs no capability. The counters count references to pages, one for each base page held, that
 * this module took and gave back for all callers.
 */
struct pincheck_info {
	/** @size: (in) sizeof(struct pincheck_info); (out) what the module filled of it */
	__u32 size;
	/** @flags: (in) none defined, 0 */
	__u32 flags;
	/** @abi: (out) PINCHECK_ABI of the module */
	__u32 abi;
	/** @page_size: (out) bytes of a base page */
	__u32 page_size;
	/** @pmd_size: (out) bytes that one PMD maps */
	__u32 pmd_size;
	/** @pin_bias: (out) what one pin adds to the refcount of a small folio */
	__u32 pin_bias;
	/** @features: (out) OR of enum pincheck_feature */
	__u64 features;
	/** @max_hold_pages: (out) most base pages in one hold */
	__u64 max_hold_pages;
	/** @max_session_holds: (out) most holds in one session */
	__u64 max_session_holds;
	/** @session_holds: (out) holds this session has now */
	__u64 session_holds;
	/** @session_pages: (out) references this session has now */
	__u64 session_pages;
	/** @sessions: (out) sessions open now */
	__u64 sessions;
	/** @acquired: (out) references taken by all sessions since the module was loaded */
	__u64 acquired;
	/** @released: (out) references given back by all sessions since then */
	__u64 released;
};

/** enum pincheck_kind - how a hold refers to its pages */
enum pincheck_kind {
	/** @PINCHECK_KIND_PIN: FOLL_PIN, as for DMA */
	PINCHECK_KIND_PIN	= 1,
	/** @PINCHECK_KIND_GET: FOLL_GET, the plain ("speculative") reference; never long-term */
	PINCHECK_KIND_GET	= 2,
	/** @PINCHECK_KIND_MEMFD: memfd_pin_folios(), by file and offset; always long-term */
	PINCHECK_KIND_MEMFD	= 3,
	/** @PINCHECK_KIND_MIRROR: an mmu_interval_notifier, and no reference */
	PINCHECK_KIND_MIRROR	= 4,
	/** @PINCHECK_KIND_PFNMAP: page numbers of device memory, an mmu_interval_notifier */
	PINCHECK_KIND_PFNMAP	= 5,
};

/** enum pincheck_path - the path on which GUP found a page */
enum pincheck_path {
	/** @PINCHECK_PATH_UNKNOWN: could not be observed; an output only */
	PINCHECK_PATH_UNKNOWN	= 0,
	/** @PINCHECK_PATH_FAST: the page tables, without mmap_lock */
	PINCHECK_PATH_FAST	= 1,
	/** @PINCHECK_PATH_SLOW: under mmap_lock, with faults where pages are missing */
	PINCHECK_PATH_SLOW	= 2,
};

/* Flags of struct pincheck_hold. */
#define PINCHECK_HOLD_WRITE	(1U << 0)	/* FOLL_WRITE: the device will write */
#define PINCHECK_HOLD_LONGTERM	(1U << 1)	/* FOLL_LONGTERM: kind pin only */
#define PINCHECK_HOLD_FORCE	(1U << 2)	/* FOLL_FORCE: needs CAP_SYS_ADMIN */
#define PINCHECK_HOLD_WHITELIST	(1U << 3)	/* enforce enum pincheck_whitelist: kind pin only */
#define PINCHECK_HOLD_DIRTY_LATE (1U << 4)	/* the wrong way: kind mirror only, CAP_SYS_ADMIN */
#define PINCHECK_HOLD_FLAGS	(PINCHECK_HOLD_WRITE | PINCHECK_HOLD_LONGTERM | \
				 PINCHECK_HOLD_FORCE | PINCHECK_HOLD_WHITELIST | \
				 PINCHECK_HOLD_DIRTY_LATE)

/** enum pincheck_reason - why a hold was refused, if the module can find out */
enum pincheck_reason {
	/** @PINCHECK_REASON_NONE: the hold was not refused */
	PINCHECK_REASON_NONE		= 0,
	/** @PINCHECK_REASON_ARGUMENT: the request itself is malformed */
	PINCHECK_REASON_ARGUMENT	= 1,
	/** @PINCHECK_REASON_CAPABILITY: the caller lacks a capability */
	PINCHECK_REASON_CAPABILITY	= 2,
	/** @PINCHECK_REASON_LIMIT: max_hold_pages, max_session_holds or a page's refcount */
	PINCHECK_REASON_LIMIT		= 3,
	/**
	 * @PINCHECK_REASON_MEMLOCK: RLIMIT_MEMLOCK is reached: by the pages of holds, or by the
	 * memory that the module allocates for the hold
	 */
	PINCHECK_REASON_MEMLOCK		= 4,
	/** @PINCHECK_REASON_UNMAPPED: nothing is mapped at fail_addr, or the file ends before it */
	PINCHECK_REASON_UNMAPPED	= 5,
	/** @PINCHECK_REASON_ACCESS: the mapping at fail_addr, or the file, forbids this access */
	PINCHECK_REASON_ACCESS		= 6,
	/** @PINCHECK_REASON_PFNMAP: device memory without pages is mapped at fail_addr */
	PINCHECK_REASON_PFNMAP		= 7,
	/**
	 * @PINCHECK_REASON_FILE: a file that tracks dirtying, or secret memory; for kind memfd, a
	 * file that is neither shmem nor hugetlb
	 */
	PINCHECK_REASON_FILE		= 8,
	/**
	 * @PINCHECK_REASON_MEMORY: there is no memory; or, for a long-term pin, a page cannot leave
	 * ZONE_MOVABLE or CMA
	 */
	PINCHECK_REASON_MEMORY		= 9,
	/** @PINCHECK_REASON_SIGNAL: a fatal signal is pending */
	PINCHECK_REASON_SIGNAL		= 10,
	/** @PINCHECK_REASON_KERNEL: the kernel refused and the module cannot find out why */
	PINCHECK_REASON_KERNEL		= 11,
	/** @PINCHECK_REASON_ABSENT: this kernel lacks this kind, see the features */
	PINCHECK_REASON_ABSENT		= 12,
	/** @PINCHECK_REASON_PAGES: kind pfnmap, and memory with pages is mapped at fail_addr */
	PINCHECK_REASON_PAGES		= 13,
	/** @PINCHECK_REASON_POOL: no page is free in the hugetlb pool of the mapping, or file */
	PINCHECK_REASON_POOL		= 14,
};

/**
 * struct pincheck_hold - argument of PINCHECK_IOC_HOLD
 *
 * Takes one reference on each page of a range of a process's memory. A range is held whole or not
 * at all: if one page fails, the others are given back before the call returns.
 *
 * The outputs are written on failure, too, once the structure itself could be read.
 *
 * Kind memfd takes pages of a file of shmem (memfd, tmpfs) or hugetlb instead, mapped or not. Pages
 * that the file lacks are allocated; in hugetlb as fallocate() does, so the file must be open for
 * writing (EACCES). The kernel takes one pin for each folio; the counters of this module count base
 * pages all the same. For kind memfd @addr and @path are 0; for the other kinds @fd and @offset are
 * 0.
 *
 * EINVAL: unknown flag, kind or path; @addr or @len not a multiple of the page size, @len 0,
 * the range wraps or leaves user space (an address with tag bits does); long-term with kind get.
 * EPERM: FORCE without CAP_SYS_ADMIN; or, without it, WRITE by kind pin or get on a page of a file
 * that tracks dirtying, or on a page for which the module cannot find that out: such pages must not
 * be marked dirty later, when the hold ends. ENOSPC: the session has max_session_holds holds
 * (@reason is PINCHECK_REASON_LIMIT). E2BIG: more than max_hold_pages pages. EOVERFLOW: the
 * reference count of a page might wrap. ENOMEM: RLIMIT_MEMLOCK, see below, or there is no memory;
 * or, for a long-term pin, a page is in ZONE_MOVABLE or CMA and cannot be moved out, because
 * somebody else holds it; or, kind memfd, the hugetlb pool has no page for a hole. EFAULT: GUP
 * refuses a page of the range, see @reason; GUP does so where the hugetlb pool has no page for a
 * fault, too. EINTR: a fatal signal is pending. Other errors of GUP are passed on.
 *
 * Two things are charged against RLIMIT_MEMLOCK, independently, unless the caller has CAP_IPC_LOCK.
 * The pages that a hold refers to are charged to the process whose memory they are (VmPin), as
 * other drivers do. The memory that the module allocates for a hold of any kind, at least 8 bytes a
 * page, is charged to the user who opened the device, together with what io_uring and others have
 * charged to that user; the limit is that of the caller. This memory is summed up for each session,
 * less than one page of which is not charged, and stays charged until the hold is released whole.
 * The device memory of a session is charged the same way, until the session ends. (On a kernel that
 * does not count this for each user, all sessions together may have 8 MiB.)
 *
 * The memory of another process (@pid) needs CAP_SYS_PTRACE (EPERM) and PINCHECK_PATH_SLOW:
 * GUP-fast reads the page tables of the caller only. PINCHECK_HOLD_WHITELIST cannot be used with
 * it. The pages are charged to that process, against its own RLIMIT_MEMLOCK. ESRCH: there is no
 * such process in the caller's PID namespace, or it has no memory. (@pid is a number and not a
 * pidfd, because the kernel exports no function that finds the process of a pidfd.)
 *
 * Kind mirror takes no references: no page is charged, counted as acquired, or kept from being
 * moved or freed. The kernel notifies the module before it changes what is mapped in the range;
 * then the module forgets the pages, and finds them again when IO needs them, as a device that can
 * fault does. @path is 0; @pid as above. A page is written only while its process may write it, and
 * marked dirty before it is forgotten: until then this is safe without the page lock. With
 * PINCHECK_HOLD_DIRTY_LATE, which shows what comes of the mistake, the module takes a plain
 * reference instead, and marks the page dirty at RELEASE. EINVAL: DIRTY_LATE without WRITE. EPERM:
 * DIRTY_LATE without CAP_SYS_ADMIN. EAGAIN: the mapping changed at each of many attempts.
 * EOPNOTSUPP: this kernel lacks the kind.
 *
 * Kind pfnmap is for device memory, which has no pages that could be held: see struct
 * pincheck_follow, whose KEEP takes such a hold and which has the errors. @path is 0; @pid as
 * above.
 *
 * Kind memfd: EBADF: @fd is not an open file. EACCES: the file was not opened for reading, or
 * writing, as the hold needs. EPERM: WRITE, and the file is sealed against writing. EINVAL: the
 * file is neither shmem nor hugetlb, or ends before the range does. EAGAIN: a signal came while
 * pages of hugetlb were allocated, or pages were removed from the file meanwhile: repeat the call.
 * ENOSPC: the file system of shmem is full (@reason is PINCHECK_REASON_MEMORY); a full pool of
 * hugetlb is ENOMEM. EOPNOTSUPP: this kernel lacks the kind.
 *
 * With PINCHECK_HOLD_WHITELIST the module itself refuses (EFAULT, PINCHECK_REASON_FILE) what
 * enum pincheck_whitelist denies, also on kernels that would allow it.
 */
struct pincheck_hold {
	/** @size: (in) sizeof(struct pincheck_hold) */
	__u32 size;
	/** @flags: (in) PINCHECK_HOLD_* */
	__u32 flags;
	/** @kind: (in) enum pincheck_kind */
	__u32 kind;
	/**
	 * @path: (in) PINCHECK_PATH_FAST: the call that tries GUP-fast and falls back;
	 * PINCHECK_PATH_SLOW: the call that takes mmap_lock at once; kinds memfd, mirror, pfnmap: 0
	 */
	__u32 path;
	/** @addr: (in) user address, page aligned */
	__u64 addr;
	/** @len: (in) bytes, a multiple of the page size, not 0 */
	__u64 len;
	/** @hold: (out) id of the hold in this session, never 0 */
	__u32 hold;
	/** @reason: (out) enum pincheck_reason */
	__u32 reason;
	/** @pages: (out) base pages held; on failure, pages before the one that failed */
	__u64 pages;
	/** @fast_pages: (out) the number of these that came by GUP-fast */
	__u64 fast_pages;
	/**
	 * @slow_pages: (out) the number that came under mmap_lock; for the rest it is unknown. On
	 * failure, kinds mirror and memfd: 1 if the kernel gave a page and the module alone refuses,
	 * else 0
	 */
	__u64 slow_pages;
	/** @fail_addr: (out) on failure, the first address (file offset) that could not be held */
	__u64 fail_addr;
	/** @fd: (in) kind memfd: the file; else 0 */
	__s32 fd;
	/** @pid: (in) the process whose memory it is; 0: the caller. Not kind memfd */
	__s32 pid;
	/** @offset: (in) kind memfd: offset in the file, a multiple of the page size; else 0 */
	__u64 offset;
};

/* Flags of struct pincheck_release. */
#define PINCHECK_RELEASE_DIRTY		(1U << 0)	/* mark the pages dirty, as drivers do */
#define PINCHECK_RELEASE_DIRTY_UNLOCKED	(1U << 1)	/* the wrong way, to show the harm */
#define PINCHECK_RELEASE_STEAL		(1U << 2)	/* the pins only, unknown to the ledger */
#define PINCHECK_RELEASE_FLAGS	(PINCHECK_RELEASE_DIRTY | PINCHECK_RELEASE_DIRTY_UNLOCKED | \
				 PINCHECK_RELEASE_STEAL)

/**
 * struct pincheck_release - argument of PINCHECK_IOC_RELEASE
 *
 * Gives a hold back, or @count pages of it. If the device has written through the hold, all pages
 * that are given back are marked dirty first, under the page lock, as drivers do
 * (unpin_user_pages_dirty_lock()): the module does not record which of them were written.
 * PINCHECK_RELEASE_DIRTY says that the device wrote them all. PINCHECK_RELEASE_DIRTY_UNLOCKED marks
 * them without the page lock, which leads to warnings, lost data or worse if the pages are a
 * file's.
 *
 * A part that is given back leaves a hole in the hold: the hold has no reference there, and the
 * pages are not charged any more; IO gives ENODATA, and PAGES reports PINCHECK_MAPPED_RELEASED. All
 * other pages keep their index. The hold ends with its last page.
 *
 * PINCHECK_RELEASE_STEAL plays the driver that gives back a pin that is not its own, to show where
 * this is noticed first. The kernel gets the pins of a part, but the module does not record it: the
 * hold keeps the pages, its ledger still counts pins, its counters do not change. The hold has a
 * plain reference on each page instead, so that no page is used after it was freed, and drops that
 * reference when the page is given back. Pins of the zero page, which the kernel does not count
 * from 6.5 on, do not count.
 *
 * EINVAL: unknown flag, more than one flag, reserved field not 0; a part outside of the hold,
 * @first without @count; kind memfd, which has one pin for each folio, and a part that ends within
 * a folio; kind mirror, and a part, or DIRTY_UNLOCKED, since a mirror marks its pages under its own
 * lock; STEAL without @count, or of a hold that is not of kind pin. EPERM: a dirty flag with a hold
 * that may not write; DIRTY_UNLOCKED or STEAL without CAP_SYS_ADMIN. ENOENT: no such hold in this
 * session, or a page of the part was given back before (or, for STEAL, stolen). ENOMEM: STEAL.
 * EINTR: a fatal signal came while another thread was using the hold. After each of these errors
 * the hold is unchanged.
 */
struct pincheck_release {
	/** @size: (in) sizeof(struct pincheck_release) */
	__u32 size;
	/** @flags: (in) PINCHECK_RELEASE_* */
	__u32 flags;
	/** @hold: (in) id from PINCHECK_IOC_HOLD */
	__u32 hold;
	/** @reserved: (in) 0 */
	__u32 reserved;
	/**
	 * @pages: (out) references given back, or stolen, in base pages; kind mirror: pages that
	 *	are
	 * no longer watched
	 */
	__u64 pages;
	/** @first: (in) index of the first page of the part, counted as PAGES counts */
	__u64 first;
	/** @count: (in) pages of the part; 0: all that is left of the hold */
	__u64 count;
};

/* Flags of struct pincheck_io. */
#define PINCHECK_IO_WRITE	(1U << 0)	/* device to memory; without it memory to device */
#define PINCHECK_IO_FLAGS	PINCHECK_IO_WRITE

/**
 * struct pincheck_io - argument of PINCHECK_IOC_IO
 *
 * Reads or writes held memory as a DMA engine would: page by page, whatever the page tables say by
 * now. The caller's buffer is ordinary memory.
 *
 * EINVAL: unknown flag, @offset and @len leave the hold. EPERM: writing through a hold taken
 * without PINCHECK_HOLD_WRITE, always, before anything is touched. ENOENT: no such hold.
 * ENODATA: a page was given back before (see struct pincheck_release). EFAULT: @buffer cannot be
 * read or written. EIO: the memory failed (hwpoison; all of a hugetlb page of which a part failed),
 * or no process may use it (logically offline, a page table). EINTR: fatal signal. Once the
 * structure could be read, @done is the number of bytes copied, on failure, too.
 *
 * Kind mirror: EFAULT: no readable page is mapped there any more. EPERM: the page may not be
 * written any more. EAGAIN: the mapping changed at each of many attempts. ENOMEM: no memory to
 * fault a page in. Kind pfnmap: ESTALE: the mapping has changed since the hold was taken; no byte
 * was read or written. EIO: not RAM, according to the machine's map of resources ("System RAM" in
 * /proc/iomem).
 */
struct pincheck_io {
	/** @size: (in) sizeof(struct pincheck_io) */
	__u32 size;
	/** @flags: (in) PINCHECK_IO_* */
	__u32 flags;
	/** @hold: (in) id from PINCHECK_IOC_HOLD */
	__u32 hold;
	/** @reserved: (in) 0 */
	__u32 reserved;
	/** @offset: (in) bytes from the start of the hold */
	__u64 offset;
	/** @len: (in) bytes; 0 does nothing */
	__u64 len;
	/** @buffer: (in) user address */
	__u64 buffer;
	/** @done: (out) bytes copied */
	__u64 done;
};

/** enum pincheck_mapped - what is mapped now where a held page was found */
enum pincheck_mapped {
	/** @PINCHECK_MAPPED_UNKNOWN: another process asks, or this kernel cannot answer */
	PINCHECK_MAPPED_UNKNOWN	= 0,
	/** @PINCHECK_MAPPED_SAME: the held page: the promise SYNC is kept */
	PINCHECK_MAPPED_SAME	= 1,
	/** @PINCHECK_MAPPED_OTHER: another page */
	PINCHECK_MAPPED_OTHER	= 2,
	/** @PINCHECK_MAPPED_NONE: no page */
	PINCHECK_MAPPED_NONE	= 3,
	/** @PINCHECK_MAPPED_RELEASED: the page is not held any more */
	PINCHECK_MAPPED_RELEASED = 4,
};

/** struct pincheck_page - one page of a hold, as PINCHECK_IOC_PAGES reports it */
struct pincheck_page {
	/** @pfn: page frame number of the held page; 0: no page is held there now */
	__u64 pfn;
	/** @path: enum pincheck_path: how this page was found */
	__u32 path;
	/** @mapped: enum pincheck_mapped */
	__u32 mapped;
};

/**
 * struct pincheck_pages - argument of PINCHECK_IOC_PAGES
 *
 * Needs CAP_SYS_ADMIN (EPERM), since it reports page frame numbers. Never faults a page in.
 *
 * EINVAL: unknown flag, reserved field not 0, @first and @count leave the hold. ENOENT: no such
 * hold. EFAULT: @pages cannot be written. EINTR: fatal signal.
 */
struct pincheck_pages {
	/** @size: (in) sizeof(struct pincheck_pages) */
	__u32 size;
	/** @flags: (in) none defined, 0 */
	__u32 flags;
	/** @hold: (in) id from PINCHECK_IOC_HOLD */
	__u32 hold;
	/** @reserved: (in) 0 */
	__u32 reserved;
	/** @first: (in) index of the first page asked for */
	__u64 first;
	/** @count: (in) pages asked for */
	__u64 count;
	/** @pages: (in) user address of @count struct pincheck_page */
	__u64 pages;
};

/**
 * enum pincheck_whitelist - may a page be pinned long-term for writing, by the page alone?
 *
 * The rules of the kernel from 6.5 on, in their order; the first rule that fits is the reason.
 * Reported for every page on every kernel, whatever the kernel itself does: see
 * PINCHECK_FEAT_FILE_WHITELIST.
 */
enum pincheck_whitelist {
	/** @PINCHECK_WHITELIST_ALLOW: yes; GUP-fast may take it */
	PINCHECK_WHITELIST_ALLOW	= 1,
	/** @PINCHECK_WHITELIST_SLOW: the mapping in the process decides, not the page alone */
	PINCHECK_WHITELIST_SLOW		= 2,
	/** @PINCHECK_WHITELIST_DENY: no */
	PINCHECK_WHITELIST_DENY		= 3,
};

/** enum pincheck_whitelist_reason - the rule that decided, in the order of the rules */
enum pincheck_whitelist_reason {
	/** @PINCHECK_WHITELIST_KERNEL: slab, or another page of the kernel's own: slow */
	PINCHECK_WHITELIST_KERNEL	= 1,
	/** @PINCHECK_WHITELIST_HUGETLB: allow */
	PINCHECK_WHITELIST_HUGETLB	= 2,
	/** @PINCHECK_WHITELIST_NO_MAPPING: truncated, or a driver's: slow, and never anonymous */
	PINCHECK_WHITELIST_NO_MAPPING	= 3,
	/** @PINCHECK_WHITELIST_ANON: allow, in the swap cache, too */
	PINCHECK_WHITELIST_ANON		= 4,
	/** @PINCHECK_WHITELIST_SHMEM: allow */
	PINCHECK_WHITELIST_SHMEM	= 5,
	/** @PINCHECK_WHITELIST_SECRETMEM: deny, whatever the access */
	PINCHECK_WHITELIST_SECRETMEM	= 6,
	/** @PINCHECK_WHITELIST_FILE: any other file: taken to track dirtying: deny */
	PINCHECK_WHITELIST_FILE		= 7,
};

/* Bits of pincheck_report.flags and .flags_known. */
#define PINCHECK_PAGE_ANON		(1ULL << 0)
#define PINCHECK_PAGE_ANON_EXCLUSIVE	(1ULL << 1)	/* of this page, or of its PMD mapping */
#define PINCHECK_PAGE_KSM		(1ULL << 2)
#define PINCHECK_PAGE_SHMEM		(1ULL << 3)
#define PINCHECK_PAGE_HUGETLB		(1ULL << 4)
#define PINCHECK_PAGE_FILE		(1ULL << 5)	/* has a mapping that is not anonymous */
#define PINCHECK_PAGE_SWAPCACHE		(1ULL << 6)
#define PINCHECK_PAGE_ZERO		(1ULL << 7)	/* the shared zero page */
#define PINCHECK_PAGE_DIRTY		(1ULL << 8)
#define PINCHECK_PAGE_WRITEBACK		(1ULL << 9)
#define PINCHECK_PAGE_PRIVATE		(1ULL << 10)	/* buffers, or other private data */
#define PINCHECK_PAGE_LRU		(1ULL << 11)
#define PINCHECK_PAGE_LOCKED		(1ULL << 12)
#define PINCHECK_PAGE_LARGE		(1ULL << 13)	/* part of a folio of more than one page */
#define PINCHECK_PAGE_MAYBE_DMA_PINNED	(1ULL << 14)
#define PINCHECK_PAGE_SLAB		(1ULL << 15)
#define PINCHECK_PAGE_RESERVED		(1ULL << 16)
#define PINCHECK_PAGE_MOVABLE_ZONE	(1ULL << 17)	/* in ZONE_MOVABLE */
#define PINCHECK_PAGE_CMA		(1ULL << 18)
#define PINCHECK_PAGE_LONGTERM_PINNABLE	(1ULL << 19)
#define PINCHECK_PAGE_DEVICE		(1ULL << 20)	/* ZONE_DEVICE: DAX and the like */
#define PINCHECK_PAGE_UNEVICTABLE	(1ULL << 21)
#define PINCHECK_PAGE_MAPPED_SHARED	(1ULL << 22)	/* perhaps by several processes (6.15) */
#define PINCHECK_PAGE_HWPOISON		(1ULL << 23)	/* failed; hugetlb: a page of the folio */
#define PINCHECK_PAGE_TYPED		(1ULL << 24)	/* a page table, slab, offline, free, ... */
#define PINCHECK_PAGE_OFFLINE		(1ULL << 25)	/* logically offline: balloon, unplugged */

/* Bits of pincheck_report.present: which fields are valid. */
#define PINCHECK_REPORT_PAGE		(1U << 0)	/* there is a page: all other fields */
#define PINCHECK_REPORT_MAPCOUNT	(1U << 1)	/* page_mapcount */
#define PINCHECK_REPORT_FOLIO_MAPCOUNT	(1U << 2)
#define PINCHECK_REPORT_ENTIRE_MAPCOUNT	(1U << 3)
#define PINCHECK_REPORT_PIN_COUNT	(1U << 4)	/* raw, where counted apart */
#define PINCHECK_REPORT_FS_MAGIC	(1U << 5)
#define PINCHECK_REPORT_WHITELIST	(1U << 6)	/* whitelist and whitelist_reason */
#define PINCHECK_REPORT_LEDGER		(1U << 7)	/* gets to folio_pins: where asked for */
#define PINCHECK_REPORT_EXPLAINED	(1U << 8)	/* explained, unexplained */
#define PINCHECK_REPORT_MIRRORS		(1U << 9)	/* mirrors: where the ledger is */
#define PINCHECK_REPORT_UNEXPLAINED_PINS (1U << 10)	/* unexplained_pins */

/*
 * Reuse models, for pincheck_report.reuse and .reuse_known: rules that say whether a write fault
 * on an anonymous page reuses it or copies.
 */
#define PINCHECK_MODEL_MAPCOUNT		(1U << 0)	/* to 5.7: one mapping */
#define PINCHECK_MODEL_REFCOUNT		(1U << 1)	/* 5.8 to 5.18: one reference */
#define PINCHECK_MODEL_EXCLUSIVE	(1U << 2)	/* from 5.19: the mark, or one reference */
#define PINCHECK_MODEL_LARGE		(1U << 3)	/* from 6.15: or mappings of one process */
#define PINCHECK_MODEL_LABELS		(1U << 4)	/* wanted: one PTE, and no bypass of it */

/**
 * struct pincheck_report - all that is known of one page
 *
 * A snapshot without locks: if others use the page meanwhile, the fields may be of slightly
 * different moments. Consecutive PFNs of one folio share one reading of the folio. Meanwhile the
 * module may have a reference of its own on the folio; it is not counted here, but others may see
 * it. The module takes no reference on pages whose owner may set the count: pages of a type
 * (PINCHECK_PAGE_TYPED), reserved pages (the zero page, too), pages of ZONE_DEVICE, and small pages
 * that belong to no process or file. For these, and for a folio without users (refcount 0), the
 * report has what struct page itself says: @head is @pfn, @order is 0, and flags and counts that do
 * not follow from struct page are unknown. Pages of a type have no mapcounts. What the kernel does
 * not offer is marked absent in @present and @flags_known; the field is 0 then and means nothing.
 */
struct pincheck_report {
	/** @pfn: (out) the page asked for */
	__u64 pfn;
	/** @head: page frame number of the folio's first page */
	__u64 head;
	/** @flags: PINCHECK_PAGE_* that are true */
	__u64 flags;
	/** @flags_known: PINCHECK_PAGE_* whose truth is known */
	__u64 flags_known;
	/** @present: PINCHECK_REPORT_* */
	__u32 present;
	/** @order: of the folio; 0 is one base page */
	__u32 order;
	/** @refcount: of the folio */
	__s32 refcount;
	/** @page_mapcount: mappings of this page, those of the whole folio included */
	__s32 page_mapcount;
	/** @folio_mapcount: mappings of all pages of the folio */
	__s32 folio_mapcount;
	/** @entire_mapcount: mappings of the folio as a whole */
	__s32 entire_mapcount;
	/** @pin_count: raw count of pins; only large folios have one */
	__s32 pin_count;
	/** @pins: estimated pins: pin_count, or else refcount / pin_bias */
	__s32 pins;
	/** @zone: index of the zone */
	__u32 zone;
	/** @node: NUMA node */
	__s32 node;
	/** @fs_magic: s_magic of the filesystem that owns the page */
	__u64 fs_magic;
	/** @whitelist: enum pincheck_whitelist */
	__u32 whitelist;
	/** @whitelist_reason: enum pincheck_whitelist_reason */
	__u32 whitelist_reason;
	/** @reuse: PINCHECK_MODEL_* that say: the next write fault reuses the page */
	__u32 reuse;
	/** @reuse_known: PINCHECK_MODEL_* that could decide; those not in @reuse say: it copies */
	__u32 reuse_known;
	/** @gets: plain references on this page, by all sessions of this module */
	__u32 gets;
	/** @read_pins: pins of this page for reading */
	__u32 read_pins;
	/** @write_pins: pins of this page for writing */
	__u32 write_pins;
	/** @longterm_pins: long-term ones among either */
	__u32 longterm_pins;
	/** @folio_gets: plain references on all pages of the folio */
	__u32 folio_gets;
	/** @folio_pins: pins of all pages of the folio */
	__u32 folio_pins;
	/** @explained: references that mappings, caches and this module have on the folio */
	__s32 explained;
	/**
	 * @unexplained: refcount minus @explained: references of others, for example of the batches
	 * in which every CPU collects pages for the LRU; negative: somebody has given back a
	 * reference that was not his own
	 */
	__s32 unexplained;
	/**
	 * @unexplained_pins: pin_count minus folio_pins, where there is a raw count: pins of
	 *	others;
	 * negative: somebody has given back a pin of this module
	 */
	__s32 unexplained_pins;
	/** @mirrors: mirrors that have this page at the moment, without a reference */
	__u32 mirrors;
};

/* Flags of struct pincheck_report_request. */
#define PINCHECK_REQUEST_LEDGER	(1U << 0)	/* add the ledger, which visits all holds */
#define PINCHECK_REQUEST_FLAGS	PINCHECK_REQUEST_LEDGER

/**
 * struct pincheck_report_request - argument of PINCHECK_IOC_REPORT
 *
 * Needs CAP_SYS_ADMIN (EPERM). A PFN without a page that is online or of ZONE_DEVICE is no error:
 * its report lacks PINCHECK_REPORT_PAGE.
 *
 * EINVAL: unknown flag, reserved field not 0, @report_size smaller than in ABI 1 or larger than a
 * page. EFAULT: @pfns cannot be read or @reports not written. EINTR: fatal signal.
 */
struct pincheck_report_request {
	/** @size: (in) sizeof(struct pincheck_report_request) */
	__u32 size;
	/** @flags: (in) PINCHECK_REQUEST_* */
	__u32 flags;
	/**
	 * @report_size: (in) sizeof(struct pincheck_report): the stride; a tail the module does
	 * not know is cleared
	 */
	__u32 report_size;
	/** @reserved: (in) 0 */
	__u32 reserved;
	/** @count: (in) number of PFNs */
	__u64 count;
	/** @pfns: (in) user address of @count __u64 */
	__u64 pfns;
	/** @reports: (in) user address of @count reports of @report_size bytes */
	__u64 reports;
};

/* Flags of struct pincheck_scan: which folios are wanted: those that at least one flag selects. */
#define PINCHECK_SCAN_PINNED	(1U << 0)	/* PINCHECK_PAGE_MAYBE_DMA_PINNED */
#define PINCHECK_SCAN_UNMOVABLE	(1U << 1)	/* pinned, and in ZONE_MOVABLE or CMA */
#define PINCHECK_SCAN_EXCESS	(1U << 2)	/* more references than what is known explains */
#define PINCHECK_SCAN_FLAGS	(PINCHECK_SCAN_PINNED | PINCHECK_SCAN_UNMOVABLE | \
				 PINCHECK_SCAN_EXCESS)

/**
 * struct pincheck_scan - argument of PINCHECK_IOC_SCAN
 *
 * Needs CAP_SYS_ADMIN (EPERM). Walks online memory (ZONE_DEVICE is not online) by page frame number
 * and writes the first PFN of each wanted folio; PINCHECK_IOC_REPORT then reports on these. One
 * call walks a bounded number of pages and may return before @room is used up: repeat the call
 * until @cursor is @end. Memory changes meanwhile, and a folio that is pinned or freed during the
 * walk may be missed.
 *
 * EXCESS checks anonymous and file folios (not hugetlb) whose mappings the kernel lets a module
 * count: explained are the references of mappings, of the page cache, of private data and of
 * estimated pins, and one reference of an LRU batch if the folio is not on a list. What is left
 * over are plain references of others, short-lived or not.
 *
 * EINVAL: unknown flag, no flag, @room 0. EFAULT: @pfns cannot be written. EINTR: fatal signal.
 */
struct pincheck_scan {
	/** @size: (in) sizeof(struct pincheck_scan) */
	__u32 size;
	/** @flags: (in) PINCHECK_SCAN_* */
	__u32 flags;
	/** @cursor: (in) first page frame number to look at; (out) the next one */
	__u64 cursor;
	/** @end: (in) end of the walk, 0: all memory; (out) at most the end of memory */
	__u64 end;
	/** @pfns: (in) user address of @room __u64 */
	__u64 pfns;
	/** @room: (in) capacity of @pfns */
	__u64 room;
	/** @count: (out) page frame numbers written */
	__u64 count;
};

/**
 * enum pincheck_event_reason - what the kernel was about to do to the page tables
 *
 * Names for what the kernel's notifiers say (enum mmu_notifier_event). The kernel chooses the
 * reason: another kernel can announce the same change with another reason.
 */
enum pincheck_event_reason {
	/** @PINCHECK_EVENT_UNMAP: the mapping goes, or moves: munmap(), mremap() */
	PINCHECK_EVENT_UNMAP		= 1,
	/**
	 * @PINCHECK_EVENT_CLEAR: entries go: MADV_DONTNEED, truncation, reclaim, migration, KSM; or
	 * one entry is exchanged for a copy
	 */
	PINCHECK_EVENT_CLEAR		= 2,
	/** @PINCHECK_EVENT_PROTECTION_VMA: protection of the mapping changes: mprotect() */
	PINCHECK_EVENT_PROTECTION_VMA	= 3,
	/** @PINCHECK_EVENT_PROTECTION_PAGE: entries are write-protected: fork, writeback */
	PINCHECK_EVENT_PROTECTION_PAGE	= 4,
	/** @PINCHECK_EVENT_SOFT_DIRTY: soft-dirty bits are cleared: clear_refs */
	PINCHECK_EVENT_SOFT_DIRTY	= 5,
	/** @PINCHECK_EVENT_EXIT: the process exits, or executes another program */
	PINCHECK_EVENT_EXIT		= 6,
	/** @PINCHECK_EVENT_DEVICE: pages migrate to the memory of a device */
	PINCHECK_EVENT_DEVICE		= 7,
	/** @PINCHECK_EVENT_OTHER: what this module has no name for */
	PINCHECK_EVENT_OTHER		= 8,
};

/** struct pincheck_event - one invalidation of a range, or of a part of it */
struct pincheck_event {
	/** @start: first address, no lower than the hold's */
	__u64 start;
	/** @end: first address after the range, no higher than the hold's end */
	__u64 end;
	/**
	 * @sequence: of the process's notifiers: never decreases; invalidations that overlap in
	 *	time
	 * have the same
	 */
	__u64 sequence;
	/** @reason: enum pincheck_event_reason */
	__u32 reason;
	/** @pages: number of pages that the hold has lost in the range */
	__u32 pages;
	/** @dirtied: number of these that were marked dirty before their entries were removed */
	__u32 dirtied;
	/** @late: number of these that are kept by a reference, to be marked dirty too late */
	__u32 late;
};

/**
 * struct pincheck_events - argument of PINCHECK_IOC_EVENTS
 *
 * Writes the invalidations that the notifier of a hold without references has recorded, oldest
 * first, and forgets them. Does not wait. A hold records the last 256; older ones are overwritten.
 *
 * EINVAL: unknown flag, @room 0, @event_size smaller than in ABI 1 or larger than a page, a hold of
 * a kind that has no events. ENOENT: no such hold. ENOMEM: no memory. EFAULT: @events cannot be
 * written, and these events are lost. EINTR: fatal signal.
 */
struct pincheck_events {
	/** @size: (in) sizeof(struct pincheck_events) */
	__u32 size;
	/** @flags: (in) none defined, 0 */
	__u32 flags;
	/** @hold: (in) id of the hold */
	__u32 hold;
	/**
	 * @event_size: (in) sizeof(struct pincheck_event): the stride; a tail the module does not
	 * know is cleared
	 */
	__u32 event_size;
	/** @events: (in) user address of @room events of @event_size bytes */
	__u64 events;
	/** @room: (in) capacity of @events */
	__u64 room;
	/** @count: (out) events written; if this is @room there may be more */
	__u64 count;
	/** @lost: (out) events that were overwritten since the last call */
	__u64 lost;
};

/*
 * Device memory. A session has device memory, as a device has a BAR. mmap() of the descriptor maps
 * it; the offset chooses how, and the memory is always the same. The first mmap() allocates and
 * zeroes the memory. It is freed when the session ends, and each mapping keeps the session from
 * ending. It is mapped by page frame number (VM_PFNMAP): the kernel counts no references on it, and
 * GUP refuses it.
 *
 * mmap() gives EINVAL: no such offset, more than PINCHECK_DEVICE_BYTES; MAP_PRIVATE with PROT_WRITE
 * where faults map the pages, which is a BUG in mm (such a mapping without PROT_WRITE never becomes
 * writable: mprotect() gives EACCES). EOPNOTSUPP: see PINCHECK_FEAT_PFNMAP_HUGE. ENOMEM: no memory,
 * or no block of that size, or RLIMIT_MEMLOCK is reached, see struct pincheck_hold. ENXIO and
 * EBUSY: see PINCHECK_MMAP_REMAP.
 */
#define PINCHECK_DEVICE_BYTES	(2UL << 20)
/* Each fault maps one page. */
#define PINCHECK_MMAP_FAULT	0UL
/* Each fault maps a PMD, where address and length allow that, and one page otherwise. */
#define PINCHECK_MMAP_HUGE	(1UL << 30)
/*
 * mmap() maps all of the range at once; may be MAP_PRIVATE: then a write gives the process a copy.
 * After REVOKE only another mmap() maps the memory again; until RESTORE it gives ENXIO. EBUSY:
 * another process that has not ended has mapped the memory of the same session by this offset.
 */
#define PINCHECK_MMAP_REMAP	(2UL << 30)

/* Flags of struct pincheck_follow. */
#define PINCHECK_FOLLOW_WRITE	(1U << 0)	/* only an entry that allows writing */
#define PINCHECK_FOLLOW_KEEP	(1U << 1)	/* keep the numbers by a hold of kind pfnmap */
#define PINCHECK_FOLLOW_FLAGS	(PINCHECK_FOLLOW_WRITE | PINCHECK_FOLLOW_KEEP)

/* Bits of pincheck_follow.told. */
#define PINCHECK_FOLLOWED_WRITABLE	(1U << 0)	/* the entry allows writing */
#define PINCHECK_FOLLOWED_SPECIAL	(1U << 1)	/* marked: no references are counted */
#define PINCHECK_FOLLOWED_VALUE		(1U << 2)	/* value is valid: RAM, see EIO of IO */
#define PINCHECK_FOLLOWED_OURS		(1U << 3)	/* device memory of a session */
#define PINCHECK_FOLLOWED_KEPT		(1U << 4)	/* an event reports when this ends */
#define PINCHECK_FOLLOWED_GIVEN		(1U << 5)	/* the kernel gave what the module refuses */

/**
 * struct pincheck_follow - argument of PINCHECK_IOC_FOLLOW
 *
 * Needs CAP_SYS_ADMIN (EPERM). Finds out what is mapped at an address that GUP refuses: in a
 * mapping of device memory (VM_PFNMAP or VM_IO) of the caller, of this device or another. Faults
 * the page in if nothing is mapped.
 *
 * The outputs were true while the page table was locked, when @value was read. When the call
 * returns, the kernel may have given the memory to somebody else: the caller must not use @pfn.
 *
 * With PINCHECK_FOLLOW_KEEP the module keeps the numbers of @len bytes by a hold of kind pfnmap,
 * whose id is @hold. It has no reference, but an mmu_interval_notifier. If the memory is RAM, IO
 * reads and writes it until the mapping changes in any way: is unmapped, revoked, moved or
 * protected. After that IO gives ESTALE, and EVENTS reports the change. HOLD can take such a hold,
 * too.
 *
 * The kernel is asked about memory of every kind, also where the module then refuses to use the answer.
 * A call without KEEP that fails reports the last answer: with PINCHECK_FOLLOWED_GIVEN in @told, the
 * kernel gave an entry, and @pfn, @leaf and the other bits of @told are those of the entry; @value is
 * never read then. Without the bit, the kernel refused, too, or nothing was mapped.
 *
 * @reason is set on failure, too. EINVAL: unknown flag, reserved field not 0; @addr is not a
 * multiple of 8, or outside of user space; @len not 0 without KEEP, else not as for HOLD; memory
 * with pages is mapped there (@reason is PINCHECK_REASON_PAGES): use HOLD. EFAULT: nothing is
 * mapped, or the memory is revoked. EACCES: the mapping does not allow the access; or WRITE with
 * KEEP on memory that is not of this device, which the module never writes. (The module does write
 * a copy that the process has made in a private mapping of this device, and marks the copy dirty
 * before IO returns.) EAGAIN: the mapping changed at each of many attempts. EOPNOTSUPP: see
 * PINCHECK_FEAT_PFNMAP. ENOMEM, EINTR. With KEEP also the errors of HOLD.
 */
struct pincheck_follow {
	/** @size: (in) sizeof(struct pincheck_follow) */
	__u32 size;
	/** @flags: (in) PINCHECK_FOLLOW_* */
	__u32 flags;
	/** @addr: (in) address; with KEEP a multiple of the page size */
	__u64 addr;
	/** @len: (in) with KEEP bytes, a multiple of the page size; else 0 */
	__u64 len;
	/** @reserved: (in) 0 */
	__u32 reserved;
	/** @hold: (out) with KEEP id of the hold, never 0 */
	__u32 hold;
	/** @reason: (out) enum pincheck_reason */
	__u32 reason;
	/** @told: (out) PINCHECK_FOLLOWED_* */
	__u32 told;
	/** @pfn: (out) page frame number of the page at @addr */
	__u64 pfn;
	/** @leaf: (out) bytes that the entry of the page table maps; 0: unknown (before 6.15) */
	__u64 leaf;
	/** @value: (out) the eight bytes at @addr */
	__u64 value;
};

/* Flags of struct pincheck_revoke. */
#define PINCHECK_REVOKE_RESTORE	(1U << 0)	/* allow mappings again */
#define PINCHECK_REVOKE_FLAGS	PINCHECK_REVOKE_RESTORE

/**
 * struct pincheck_revoke - argument of PINCHECK_IOC_REVOKE
 *
 * Takes the device memory of this session away from everybody who maps it, as the owner of a BAR
 * does before the device loses power. When the call returns, no page of the memory is mapped,
 * private copies are gone, too, and an access gives SIGBUS until RESTORE. The memory keeps its
 * contents. Neither the memory of other sessions nor its mappings change. REVOKE and RESTORE may be
 * repeated.
 *
 * EINVAL: unknown flag, reserved field not 0. EINTR: a fatal signal came while the call waited:
 * nothing was unmapped or restored; only faults in between may have ended in SIGBUS.
 */
struct pincheck_revoke {
	/** @size: (in) sizeof(struct pincheck_revoke) */
	__u32 size;
	/** @flags: (in) PINCHECK_REVOKE_* */
	__u32 flags;
	/** @reserved: (in) 0 */
	__u32 reserved;
	/** @mapped: (out) 1 if the memory has mappings now, with or without pages, else 0 */
	__u32 mapped;
	/** @small_faults: (out) faults so far that mapped a page of it */
	__u64 small_faults;
	/** @huge_faults: (out) faults so far that mapped PMD-sized blocks of it */
	__u64 huge_faults;
	/** @refused_faults: (out) faults so far that ended in SIGBUS after REVOKE */
	__u64 refused_faults;
};

/* Flags of struct pincheck_bench are of these. */
#define PINCHECK_BENCH_FLAGS	(PINCHECK_HOLD_WRITE | PINCHECK_HOLD_LONGTERM)

/* Most rounds of one PINCHECK_IOC_BENCH. */
#define PINCHECK_BENCH_ROUNDS_MAX	1024

/** struct pincheck_bench_sample - one round of PINCHECK_IOC_BENCH */
struct pincheck_bench_sample {
	/** @take_ns: nanoseconds that taking the references took */
	__u64 take_ns;
	/** @give_ns: nanoseconds that giving them back took */
	__u64 give_ns;
};

/**
 * struct pincheck_bench - argument of PINCHECK_IOC_BENCH
 *
 * Needs CAP_SYS_ADMIN (EPERM). Measures what the kernel's own calls cost that HOLD and RELEASE
 * make: takes references on the range and gives them back, @rounds times, by the same calls (with
 * as many pages in each), into an array that was allocated before. Nothing else is measured. No
 * page stays held, and none is charged against RLIMIT_MEMLOCK. The counters of struct pincheck_info
 * count these references.
 *
 * EINVAL: unknown flag, kind, path, reserved field not 0, @addr and @len as for HOLD, long-term
 * with kind get, @rounds 0 or more than PINCHECK_BENCH_ROUNDS_MAX. E2BIG: more pages than a hold
 * may have. EFAULT: GUP refuses a page of the range, or @samples cannot be written. ENOMEM: no
 * memory for the array, or as for HOLD. EOVERFLOW, EINTR: as for HOLD. Samples of rounds that were
 * done before an error may have been written.
 */
struct pincheck_bench {
	/** @size: (in) sizeof(struct pincheck_bench) */
	__u32 size;
	/** @flags: (in) PINCHECK_HOLD_WRITE, PINCHECK_HOLD_LONGTERM */
	__u32 flags;
	/** @kind: (in) PINCHECK_KIND_PIN or PINCHECK_KIND_GET */
	__u32 kind;
	/** @path: (in) PINCHECK_PATH_FAST or PINCHECK_PATH_SLOW, as for HOLD */
	__u32 path;
	/** @addr: (in) user address, page aligned */
	__u64 addr;
	/** @len: (in) bytes, a multiple of the page size, not 0 */
	__u64 len;
	/** @rounds: (in) number of rounds */
	__u32 rounds;
	/** @reserved: (in) 0 */
	__u32 reserved;
	/** @samples: (in) user address of @rounds struct pincheck_bench_sample */
	__u64 samples;
	/** @pages: (out) base pages taken and given back in each round */
	__u64 pages;
};

/**
 * enum pincheck_function - a function of the kernel that takes or gives back pins
 *
 * Each kernel has some of these. Bit N of a mask of functions is function N.
 */
enum pincheck_function {
	/** @PINCHECK_FUNCTION_PIN_USER_PAGES: takes pins, under mmap_lock */
	PINCHECK_FUNCTION_PIN_USER_PAGES		= 1,
	/** @PINCHECK_FUNCTION_PIN_USER_PAGES_FAST: takes pins, by GUP-fast where that works */
	PINCHECK_FUNCTION_PIN_USER_PAGES_FAST		= 2,
	/** @PINCHECK_FUNCTION_PIN_USER_PAGES_FAST_ONLY: takes pins, by GUP-fast only (to 6.4) */
	PINCHECK_FUNCTION_PIN_USER_PAGES_FAST_ONLY	= 3,
	/** @PINCHECK_FUNCTION_PIN_USER_PAGES_LOCKED: takes pins, under mmap_lock (to 5.16) */
	PINCHECK_FUNCTION_PIN_USER_PAGES_LOCKED		= 4,
	/** @PINCHECK_FUNCTION_PIN_USER_PAGES_UNLOCKED: takes pins, and mmap_lock itself */
	PINCHECK_FUNCTION_PIN_USER_PAGES_UNLOCKED	= 5,
	/** @PINCHECK_FUNCTION_PIN_USER_PAGES_REMOTE: takes pins in the memory of any process */
	PINCHECK_FUNCTION_PIN_USER_PAGES_REMOTE		= 6,
	/** @PINCHECK_FUNCTION_MEMFD_PIN_FOLIOS: takes a pin on each folio of a range of a file */
	PINCHECK_FUNCTION_MEMFD_PIN_FOLIOS		= 7,
	/** @PINCHECK_FUNCTION_FOLIO_ADD_PIN: takes one more pin on a folio */
	PINCHECK_FUNCTION_FOLIO_ADD_PIN			= 8,
	/** @PINCHECK_FUNCTION_FOLIO_ADD_PINS: takes more pins on a folio */
	PINCHECK_FUNCTION_FOLIO_ADD_PINS		= 9,
	/** @PINCHECK_FUNCTION_UNPIN_USER_PAGE: gives one pin back */
	PINCHECK_FUNCTION_UNPIN_USER_PAGE		= 10,
	/** @PINCHECK_FUNCTION_UNPIN_USER_PAGES: gives the pins of an array of pages back */
	PINCHECK_FUNCTION_UNPIN_USER_PAGES		= 11,
	/** @PINCHECK_FUNCTION_UNPIN_USER_PAGES_DIRTY_LOCK: the same, and may mark them dirty */
	PINCHECK_FUNCTION_UNPIN_USER_PAGES_DIRTY_LOCK	= 12,
	/** @PINCHECK_FUNCTION_UNPIN_USER_PAGE_RANGE_DIRTY_LOCK: the same for adjacent pages */
	PINCHECK_FUNCTION_UNPIN_USER_PAGE_RANGE_DIRTY_LOCK = 13,
	/** @PINCHECK_FUNCTION_UNPIN_USER_FOLIO: gives several pins of a folio back */
	PINCHECK_FUNCTION_UNPIN_USER_FOLIO		= 14,
	/** @PINCHECK_FUNCTION_UNPIN_FOLIO: gives one pin of a folio back */
	PINCHECK_FUNCTION_UNPIN_FOLIO			= 15,
	/** @PINCHECK_FUNCTION_UNPIN_FOLIOS: gives one pin of each folio of an array back */
	PINCHECK_FUNCTION_UNPIN_FOLIOS			= 16,
};

/* Flags of struct pincheck_trace. */
#define PINCHECK_TRACE_TREE	(1U << 0)	/* of the descendants of @pid, too */
#define PINCHECK_TRACE_OTHERS	(1U << 1)	/* of all others, too, but not marked INSIDE */
#define PINCHECK_TRACE_STACKS	(1U << 2)	/* with the kernel's call stacks */
#define PINCHECK_TRACE_STOP	(1U << 3)	/* end the trace of this session */
#define PINCHECK_TRACE_FLAGS	(PINCHECK_TRACE_TREE | PINCHECK_TRACE_OTHERS | \
				 PINCHECK_TRACE_STACKS | PINCHECK_TRACE_STOP)

/* Fewest and most records that a trace has room for. */
#define PINCHECK_TRACE_RECORDS_MIN	64
#define PINCHECK_TRACE_RECORDS_MAX	(1U << 18)

/**
 * struct pincheck_trace - argument of PINCHECK_IOC_TRACE
 *
 * Needs CAP_SYS_ADMIN (EPERM). Begins to record each call of a function of enum pincheck_function,
 * by whomever it is made: probes are planted on these functions, and TRACE_READ reads what they
 * record. No probe exists unless a session traces. The trace ends, and the probes go, with STOP or
 * with the session. All records, stacks and probe instances are allocated here, and none later:
 * what does not fit is counted as lost.
 *
 * A call that another one of these functions makes on its way is part of that one, and not recorded.
 * What the kernel's memory management does by itself below these functions has no record either.
 *
 * With @pid, records only calls that are made by that process, and with TREE by its descendants
 * (while each ancestor lives; an orphan is a descendant of the process that adopted it). With
 * OTHERS, records all calls, and marks those with PINCHECK_TRACED_INSIDE. A call in an interrupt,
 * or by a kernel thread, is made by no process.
 *
 * With STOP, ends the trace of this session; the other inputs are 0. ENOENT: it has none.
 *
 * EBUSY: this or another session traces already: one at a time. EOPNOTSUPP: see PINCHECK_FEAT_TRACE
 * (ENOTTY, if the configuration lacks it); or the kernel lets nobody probe what takes pins. EIO: the probes are planted, but the
 * kernel does not call them, because kprobes or ftrace are switched off (debugfs kprobes/enabled,
 * sysctl kernel.ftrace_enabled). ESRCH: there is no process @pid in the caller's PID namespace.
 * EINVAL: unknown flag, reserved field not 0, @records out of range, TREE or OTHERS without @pid.
 * ENOMEM, EINTR.
 */
struct pincheck_trace {
	/** @size: (in) sizeof(struct pincheck_trace) */
	__u32 size;
	/** @flags: (in) PINCHECK_TRACE_* */
	__u32 flags;
	/** @pid: (in) the process whose calls are wanted; 0: those of everybody */
	__s32 pid;
	/** @reserved: (in) 0 */
	__u32 reserved;
	/** @records: (in) records to make room for; the module rounds up to a power of two */
	__u64 records;
	/** @functions: (out) mask of the functions that are probed */
	__u64 functions;
};

/** enum pincheck_traced_type - what a record has */
enum pincheck_traced_type {
	/** @PINCHECK_TRACED_CALL: a call that has returned */
	PINCHECK_TRACED_CALL	= 1,
	/** @PINCHECK_TRACED_PAGES: more of the pages of a call that has a record before this one */
	PINCHECK_TRACED_PAGES	= 2,
};

/* Flags of struct pincheck_traced. */
#define PINCHECK_TRACED_RELEASE		(1U << 0)	/* the call gives pins back */
#define PINCHECK_TRACED_INSIDE		(1U << 1)	/* by @pid, or one of its tree */
#define PINCHECK_TRACED_INTERRUPT	(1U << 2)	/* made in an interrupt: by no process */
#define PINCHECK_TRACED_KTHREAD		(1U << 3)	/* made by a kernel thread */
#define PINCHECK_TRACED_DIRTY		(1U << 4)	/* the pages were to be marked dirty */
#define PINCHECK_TRACED_FOLIO		(1U << 5)	/* the run is a folio, @result its pins */
#define PINCHECK_TRACED_PATH		(1U << 6)	/* fast_pages is known */
#define PINCHECK_TRACED_CUT		(1U << 7)	/* more pages than a record may name */

/* Runs of pages in a record: a call has room for few beside the rest. */
#define PINCHECK_TRACED_RUNS		14
#define PINCHECK_TRACED_CALL_RUNS	2

/* A run of adjacent pages: the first page frame number, and how many; a run of 0 pages is unused. */
#define PINCHECK_RUN_PFN(run)		((run) >> 16)
#define PINCHECK_RUN_PAGES(run)		((run) & 0xffff)

/* A call names this many pages, at most: a GiB of base pages of 4 KiB, the most that io_uring pins at once. */
#define PINCHECK_TRACED_PAGES_MAX	(1U << 18)

/**
 * struct pincheck_traced - what a probe has recorded
 *
 * For a call that takes pins and got none, @result is what the function returned (a negative errno,
 * or 0) and there are no runs. A call with PINCHECK_TRACED_CUT took or gave back more pages than its
 * runs name.
 */
struct pincheck_traced {
	/** @type: enum pincheck_traced_type */
	__u32 type;
	/** @flags: PINCHECK_TRACED_*; 0 for PINCHECK_TRACED_PAGES */
	__u32 flags;
	/** @call: number of the call: records of one call have the same */
	__u64 call;
	union {
		/** @runs: PINCHECK_TRACED_PAGES: runs of pages */
		__u64 runs[PINCHECK_TRACED_RUNS];
		struct {
			/**
			 * @time: nanoseconds of CLOCK_MONOTONIC when the call returned; for a
			 * call that gives pins back, when it began
			 */
			__u64 time;
			/** @latency: nanoseconds that the call took */
			__u64 latency;
			/** @address: user address, offset in the file, or 0 */
			__u64 address;
			/** @asked: pages (folios) that the caller asked for */
			__u64 asked;
			/** @result: pins taken or given back; a negative errno */
			__s64 result;
			/** @fast_pages: how many of these, from the first one, came by GUP-fast */
			__u64 fast_pages;
			/** @function: enum pincheck_function */
			__u32 function;
			/** @gup_flags: FOLL_* of the caller, whose values differ by kernel */
			__u32 gup_flags;
			/** @stack: for TRACE_STACK; 0: none, see @lost_stacks of TRACE_READ */
			__u32 stack;
			/** @cpu: number of the processor on which the call returned */
			__u32 cpu;
			/** @tid: of the thread, in the PID namespace of the trace; 0: no process */
			__s32 tid;
			/** @pid: of the process */
			__s32 pid;
			/** @comm: name of the thread, ends with a 0 */
			char comm[16];
			/** @call_runs: the first runs of pages */
			__u64 call_runs[PINCHECK_TRACED_CALL_RUNS];
		};
	};
};

/* Bits of pincheck_trace_read.told. */
#define PINCHECK_TRACE_TOLD_BLIND	(1U << 0)	/* the kernel does not call the probes now */

/**
 * struct pincheck_trace_read - argument of PINCHECK_IOC_TRACE_READ
 *
 * Needs CAP_SYS_ADMIN (EPERM). Writes the records of the trace of this session, oldest first, and
 * forgets them. Does not wait. Records that come during the call may be left for the next one.
 *
 * EINVAL: unknown flag, reserved field not 0, @room 0, @record_size smaller than in ABI 1 or larger
 * than a page. ENOENT: this session does not trace. EFAULT: @records cannot be written, and these
 * records are lost. ENOMEM, EINTR.
 */
struct pincheck_trace_read {
	/** @size: (in) sizeof(struct pincheck_trace_read) */
	__u32 size;
	/** @flags: (in) none defined, 0 */
	__u32 flags;
	/**
	 * @record_size: (in) sizeof(struct pincheck_traced): the stride; a tail the module does
	 * not know is cleared
	 */
	__u32 record_size;
	/** @reserved: (in) 0 */
	__u32 reserved;
	/** @records: (in) user address of @room records of @record_size bytes */
	__u64 records;
	/** @room: (in) capacity of @records */
	__u64 room;
	/** @count: (out) records written; if this is @room there may be more */
	__u64 count;
	/** @lost: (out) records so far for which there was no room */
	__u64 lost;
	/** @missed: (out) calls so far that have no record: too many at once, or in an NMI */
	__u64 missed;
	/** @lost_stacks: (out) stacks so far for which there was no room */
	__u64 lost_stacks;
	/** @told: (out) PINCHECK_TRACE_TOLD_* */
	__u32 told;
	/** @reserved_out: (out) 0 */
	__u32 reserved_out;
};

/**
 * struct pincheck_trace_stack - argument of PINCHECK_IOC_TRACE_STACK
 *
 * Needs CAP_SYS_ADMIN (EPERM). Writes the call stack that records of this session's trace name, as
 * text: a function on each line, the caller of the recorded function first, as NAME or
 * NAME [MODULE]. A function without a name (its module is gone) is "?". No address is written.
 *
 * EINVAL: unknown flag, reserved field not 0, @room 0. ENOENT: this session does not trace, or there
 * is no such stack. EFAULT: @text cannot be written. ENOMEM, EINTR.
 */
struct pincheck_trace_stack {
	/** @size: (in) sizeof(struct pincheck_trace_stack) */
	__u32 size;
	/** @flags: (in) none defined, 0 */
	__u32 flags;
	/** @stack: (in) number of the stack */
	__u32 stack;
	/** @reserved: (in) 0 */
	__u32 reserved;
	/** @text: (in) user address of @room bytes */
	__u64 text;
	/** @room: (in) capacity of @text; the end of a longer text is cut off */
	__u64 room;
	/** @length: (out) bytes of the whole text, with the 0 at its end */
	__u64 length;
};

/* Sizes of the structures in ABI 1: no argument may be shorter. They never change. */
#define PINCHECK_INFO_SIZE_ABI1		88
#define PINCHECK_HOLD_SIZE_ABI1		72
#define PINCHECK_RELEASE_SIZE_ABI1	24
#define PINCHECK_IO_SIZE_ABI1		48
#define PINCHECK_PAGES_SIZE_ABI1	40
#define PINCHECK_REQUEST_SIZE_ABI1	40	/* struct pincheck_report_request */
#define PINCHECK_REPORT_SIZE_ABI1	80
#define PINCHECK_SCAN_SIZE_ABI1		48
#define PINCHECK_EVENTS_SIZE_ABI1	48
#define PINCHECK_EVENT_SIZE_ABI1	40
#define PINCHECK_FOLLOW_SIZE_ABI1	64
#define PINCHECK_REVOKE_SIZE_ABI1	40
#define PINCHECK_BENCH_SIZE_ABI1	56
#define PINCHECK_TRACE_SIZE_ABI1	32
#define PINCHECK_TRACE_READ_SIZE_ABI1	72
#define PINCHECK_TRACED_SIZE_ABI1	128
#define PINCHECK_TRACE_STACK_SIZE_ABI1	40

#define PINCHECK_IOC_MAGIC	0xBC

#define PINCHECK_IOC_INFO	_IOWR(PINCHECK_IOC_MAGIC, 0x40, struct pincheck_info)
#define PINCHECK_IOC_HOLD	_IOWR(PINCHECK_IOC_MAGIC, 0x41, struct pincheck_hold)
#define PINCHECK_IOC_RELEASE	_IOWR(PINCHECK_IOC_MAGIC, 0x42, struct pincheck_release)
#define PINCHECK_IOC_IO		_IOWR(PINCHECK_IOC_MAGIC, 0x43, struct pincheck_io)
#define PINCHECK_IOC_PAGES	_IOWR(PINCHECK_IOC_MAGIC, 0x44, struct pincheck_pages)
#define PINCHECK_IOC_REPORT	_IOWR(PINCHECK_IOC_MAGIC, 0x45, struct pincheck_report_request)
#define PINCHECK_IOC_SCAN	_IOWR(PINCHECK_IOC_MAGIC, 0x46, struct pincheck_scan)
#define PINCHECK_IOC_EVENTS	_IOWR(PINCHECK_IOC_MAGIC, 0x47, struct pincheck_events)
#define PINCHECK_IOC_FOLLOW	_IOWR(PINCHECK_IOC_MAGIC, 0x48, struct pincheck_follow)
#define PINCHECK_IOC_REVOKE	_IOWR(PINCHECK_IOC_MAGIC, 0x49, struct pincheck_revoke)
#define PINCHECK_IOC_BENCH	_IOWR(PINCHECK_IOC_MAGIC, 0x4a, struct pincheck_bench)
#define PINCHECK_IOC_TRACE	_IOWR(PINCHECK_IOC_MAGIC, 0x4b, struct pincheck_trace)
#define PINCHECK_IOC_TRACE_READ	_IOWR(PINCHECK_IOC_MAGIC, 0x4c, struct pincheck_trace_read)
#define PINCHECK_IOC_TRACE_STACK _IOWR(PINCHECK_IOC_MAGIC, 0x4d, struct pincheck_trace_stack)

#endif /* _UAPI_LINUX_PINCHECK_H */
