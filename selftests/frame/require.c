// SPDX-License-Identifier: GPL-2.0-only
/* What a case needs of the machine: one row a requirement. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <liburing.h>
#include <linux/aio_abi.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/pincheck.h"
#include "../../tools/lib/usermem.h"
#include "../../tools/lib/vmstat.h"
#include "aead.h"
#include "call32.h"
#include "charge_move.h"
#include "cma_area.h"
#include "file.h"
#include "collapse.h"
#include "faults.h"
#include "guard.h"
#include "gup_test_file.h"
#include "hugetlb_pool.h"
#include "interleave_file.h"
#include "knob_journal.h"
#include "known_issues.h"
#include "late_disk.h"
#include "memory.h"
#include "memory_block.h"
#include "module_file.h"
#include "mrelease.h"
#include "pagemap_scan.h"
#include "pin_accounting.h"
#include "reclaim.h"
#include "numa_balancing.h"
#include "pci.h"
#include "rdma_link.h"
#include "require.h"
#include "rules.h"
#include "silent_file.h"
#include "stalled_copy.h"
#include "swap_async.h"
#include "tracker.h"
#include "trap.h"
#include "uprobe.h"
#include "vfio.h"
#include "vhost_net.h"
#include "virtio_mem.h"
#include "vivid.h"
#include "xdp_socket.h"
#include "zerocopy.h"

/* Parent, child and grandchild have a page each, while pages of the last case come back. */
#define HUGETLB_PAGES		10

#define KALLSYMS		"/proc/kallsyms"

static bool file_contains(const char *path, const char *needle)
{
	char text[1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got < 0)
		return false;
	text[got] = '\0';
	return strstr(text, needle);
}

static bool file_has_line(const char *path, const char *end)
{
	FILE *file = fopen(path, "re");
	bool has = false;
	char line[256];

	while (file && !has && fgets(line, sizeof(line), file))
		has = strstr(line, end);
	if (file)
		fclose(file);
	return has;
}

static bool has_feature(__u64 feature)
{
	struct pincheck_info info;
	int session = pincheck_open();
	bool has;

	if (session < 0)
		return false;
	has = !pincheck_info(session, &info) && (info.features & feature);
	close(session);
	return has;
}

static bool has_module(void)
{
	return !pincheck_is_forbidden();
}

/* The module gives the numbers of what it holds, and reports only to who may read pagemap. */
static bool has_pfns(void)
{
	return !pincheck_is_forbidden() || pagemap_has_numbers();
}

/* Root of a container may be nobody to the kernel. */
static bool is_root(void)
{
	return !geteuid() && pagemap_has_numbers();
}

static bool has_swap(void)
{
	return file_contains("/proc/swaps", "\n/");
}

static bool has_thp(void)
{
	return file_contains(thp_setting(), "[always]") ||
	       file_contains(thp_setting(), "[madvise]");
}

static bool has_mthp(void)
{
	return !access(mthp_setting(), W_OK);
}

/* Root may enlarge the pool, until all cases are over. */
static bool has_hugetlb(void)
{
	long total = knob_number(HUGETLB_POOL);
	long free_pages = knob_number(HUGETLB_FREE);

	if (total < 0 || free_pages < 0)
		return false;
	if (free_pages >= HUGETLB_PAGES)
		return true;
	knob_change_for_run(HUGETLB_POOL, total + HUGETLB_PAGES - free_pages);
	return knob_number(HUGETLB_FREE) >= HUGETLB_PAGES;
}

static bool has_hugetlb_1g(void)
{
	return knob_number("/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages") > 1;
}

static bool has_uring(void)
{
	struct io_uring ring;

	if (io_uring_queue_init(2, &ring, 0))
		return false;
	io_uring_queue_exit(&ring);
	return true;
}

/* Return: a page that was written, or NULL. */
static char *one_page(void)
{
	char *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	*page = 1;
	return page;
}

/* A fresh page reads soft-dirty by its mapping, so the bit has to go before it can come. */
static bool has_soft_dirty(void)
{
	int pagemap = pagemap_open(0);
	char *page = one_page();
	bool cleared, set;

	if (pagemap < 0 || !page)
		return false;
	cleared = !memory_clear_refs() && !(pagemap_entry(pagemap, page) & PAGEMAP_SOFT_DIRTY);
	*(volatile char *)page = 2;
	set = pagemap_entry(pagemap, page) & PAGEMAP_SOFT_DIRTY;
	munmap(page, PAGE_BYTES);
	close(pagemap);
	return cleared && set;
}

/* On a kernel without 32-bit programs the call ends in a signal. */
static bool has_call32(void)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(call32(CALL32_GETPID, 0, 0, 0) != getpid());
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

static bool has_file(int file)
{
	if (file < 0)
		return false;
	close(file);
	return true;
}

static bool has_opened(const struct file_kind *kind)
{
	return has_file(file_open(kind));
}

static bool has_ext4(void)
{
	return has_opened(&file_ext4);
}

static bool has_xfs(void)
{
	return has_opened(&file_xfs);
}

static bool has_btrfs(void)
{
	return has_opened(&file_btrfs);
}

/* The probe leaves its mount namespace, so it is a process of its own. */
static bool has_overlay(void)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(!has_opened(&file_overlay_tmpfs));
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

static bool has_populate(void)
{
	char *page = one_page();
	bool offered = page && !madvise(page, PAGE_BYTES, MADV_POPULATE_WRITE);

	munmap(page, PAGE_BYTES);
	return offered;
}

/* To be moved, the mapping needs no page. */
static bool has_hugetlb_mremap(void)
{
	void *from = hugetlb_map_unreserved(), *to = hugetlb_map_unreserved(), *moved = MAP_FAILED;

	if (from != MAP_FAILED && to != MAP_FAILED)
		moved = mremap(from, PMD_BYTES, PMD_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (to != MAP_FAILED)
		munmap(to, PMD_BYTES);
	if (from != MAP_FAILED && moved == MAP_FAILED)
		munmap(from, PMD_BYTES);
	return moved != MAP_FAILED;
}

static bool has_droppable(void)
{
	void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);

	return page != MAP_FAILED && !munmap(page, PAGE_BYTES);
}

static bool has_packet_ring(void)
{
	return has_opened(&file_packet_ring);
}

static bool has_secretmem(void)
{
	return has_opened(&file_secretmem);
}

static bool has_uffd_wp(void)
{
	char *page = one_page();
	int trap = page ? trap_set(page, PAGE_BYTES, UFFDIO_REGISTER_MODE_WP) : -1;

	munmap(page, PAGE_BYTES);
	return has_file(trap);
}

static bool has_uffd_wp_mark(void)
{
	char *page = one_page();
	int trap = page ? trap_set(page, PAGE_BYTES, UFFDIO_REGISTER_MODE_WP) : -1;
	int pagemap = pagemap_open(0);
	bool marked = trap >= 0 && pagemap >= 0 && !trap_protect(trap, page, PAGE_BYTES, true) &&
		      (pagemap_entry(pagemap, page) & PAGEMAP_UFFD_WP);

	munmap(page, PAGE_BYTES);
	return has_file(pagemap) && has_file(trap) && marked;
}

/* The kernel is asked about memory of the memfd: the feature bit is of all kernels since 5.14. */
static bool has_uffd_minor(void)
{
	int file = file_open(&file_memfd), trap = -1;
	void *page = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_PRIVATE, file, 0);

	if (page != MAP_FAILED) {
		trap = trap_set(page, PAGE_BYTES, UFFDIO_REGISTER_MODE_MINOR);
		munmap(page, PAGE_BYTES);
	}
	return has_file(file) && has_file(trap);
}

static bool has_uffd_move(void)
{
	char *from = one_page();
	void *to = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	int trap = to != MAP_FAILED ? trap_set(to, PAGE_BYTES, UFFDIO_REGISTER_MODE_MISSING) : -1;
	bool moved = trap >= 0 && from && !trap_move(trap, to, from, PAGE_BYTES);

	munmap(from, PAGE_BYTES);
	munmap(to, PAGE_BYTES);
	return has_file(trap) && moved;
}

static bool has_uffd_rwp(void)
{
	char *page = one_page();
	int trap = page ? trap_set(page, PAGE_BYTES, UFFDIO_REGISTER_MODE_RWP) : -1;

	munmap(page, PAGE_BYTES);
	return has_file(trap);
}

static bool has_scan(void)
{
	char *page = one_page();
	int trap = page ? trap_set_with(page, PAGE_BYTES, UFFDIO_REGISTER_MODE_WP,
					tracker_uffd_async.features) : -1;
	int pagemap = pagemap_open(0);
	bool scans = trap >= 0 && pagemap >= 0 && !pagemap_scan_protect(pagemap, page, PAGE_BYTES);

	munmap(page, PAGE_BYTES);
	return has_file(pagemap) && has_file(trap) && scans;
}

static bool has_uffd_wp_files(void)
{
	char *page = one_page();
	int trap = page ? trap_set_with(page, PAGE_BYTES, UFFDIO_REGISTER_MODE_WP,
					UFFD_FEATURE_WP_HUGETLBFS_SHMEM) : -1;

	munmap(page, PAGE_BYTES);
	return has_file(trap);
}

static bool has_ksm(void)
{
	return !access("/sys/kernel/mm/ksm/run", W_OK);
}

/*
 * Is the next page that a process touches of ZONE_MOVABLE? The kernel is asked first: where only the
 * device is wrong, the tests must fail, not be skipped.
 */
static bool has_movable(void)
{
	char *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	int pagemap = pagemap_open(0), session = memory_session(), movable = -ENOENT;
	struct pincheck_report report;
	__u64 pfn;

	if (page != MAP_FAILED && pagemap >= 0) {
		*page = 1;
		pfn = pagemap_pfn(pagemap_entry(pagemap, page));
		movable = memory_block_is_movable(pfn);
		if (movable < 0 && session >= 0 && !pincheck_report(session, &pfn, 1, &report))
			movable = !!(report.flags & PINCHECK_PAGE_MOVABLE_ZONE);
		munmap(page, PAGE_BYTES);
	}
	if (pagemap >= 0)
		close(pagemap);
	if (session >= 0)
		close(session);
	return movable > 0;
}

/* From 5.13 to 6.9 the slow path WARNs: GUP-fast's rule seemed impossible there (f442fa614137). */
static bool has_hugetlb_leaves(void)
{
	char kernel[64];

	kernel_version(kernel, sizeof(kernel));
	return kernel_in_range(kernel, "<5.13", NULL) || kernel_in_range(kernel, ">=6.10", NULL);
}

/* Does a line of /proc/kallsyms have @symbol? Return: 1 or 0, or -1 if nobody can say */
static int kernel_has_symbol(const char *symbol)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	int found = 0;
	char line[256];

	if (!symbols)
		return -1;
	while (!found && fgets(line, sizeof(line), symbols))
		found = !!strstr(line, symbol);
	fclose(symbols);
	return found;
}

/*
 * The x86 kernel of Linux 6.15 and before asks the page table how a remapped mapping is cached, by
 * track_pfn_copy() and its kin. f8e97613fed2 (6.16) keeps a record instead, and their names went.
 */
static bool has_pat_records(void)
{
	return kernel_has_symbol(" track_pfn_copy\n") == 0;
}

/* The driver has a file of its own for regions that are paged on demand. */
static bool has_rdma_odp(void)
{
	return kernel_has_symbol(" rxe_odp_mr_init_user\t") > 0;
}

static bool has_pid_ns(void)
{
	return !access("/proc/sys/kernel/ns_last_pid", W_OK);
}

static bool has_kprobes_switch(void)
{
	return !access(KNOB_KPROBES, W_OK);
}

/* Linux 7.3 has the file, and refuses to switch off by it ("is deprecated", EOPNOTSUPP). */
static bool has_ftrace_switch(void)
{
	unsigned int mark = knob_mark();
	bool off = !knob_change(KNOB_FTRACE, "0");

	return !knob_restore(mark) && off;
}

static bool has_fuse(void)
{
	struct silent_file silent;

	if (silent_file_open(&silent))
		return false;
	silent_file_close(&silent);
	return true;
}

/* The machine loses the memory until it boots again: PINCHECK_POISON allows that. */
static bool has_poison(void)
{
	return getenv("PINCHECK_POISON") &&
	       !access("/proc/sys/vm/memory_failure_early_kill", R_OK) && !geteuid();
}

static bool has_aio(void)
{
	aio_context_t context = 0;

	return !syscall(SYS_io_setup, 1, &context) && !syscall(SYS_io_destroy, context);
}

static bool has_kpageflags(void)
{
	return !access("/proc/kpageflags", R_OK);
}

/* The first MiB is mapped with CONFIG_STRICT_DEVMEM, too. */
static bool has_display(void)
{
	int memory = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);
	void *display = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, memory, 0xb8000);

	if (display != MAP_FAILED)
		munmap(display, PAGE_BYTES);
	return has_file(memory) && display != MAP_FAILED;
}

/*
 * memfd_pin_folios() came with the drivers that call it. Names are in kallsyms for everybody, addresses
 * are not.
 */
static bool has_memfd_pins(void)
{
	return file_has_line(KALLSYMS, " memfd_pin_folios\n");
}

static bool has_udmabuf(void)
{
	return !access("/dev/udmabuf", R_OK | W_OK);
}

static bool has_vm_events(void)
{
	uint64_t faults;

	return !vmstat_read("pgfault", &faults);
}

/* A kernel that cannot unload modules has no such system call. */
static bool has_module_file(void)
{
	const char *file = getenv("PINCHECK_MODULE");

	return file && !access(file, R_OK) &&
	       module_file_can_unload();
}

static bool has_unix(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return false;
	close(pair[0]);
	close(pair[1]);
	return true;
}

static bool has_threads(void)
{
	int word = 0;

	return !syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static bool has_timers(void)
{
	return !setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
}

static bool has_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return !syscall(SYS_capget, &header, data);
}

/* Without shmem such files are of ramfs. */
static bool has_shmem(void)
{
	int file = memfd_create("shmem", MFD_CLOEXEC), mounted = file_make_alone("tmpfs");
	struct statfs made = { 0 };
	bool shmem = file >= 0 && !fstatfs(file, &made) && made.f_type == TMPFS_MAGIC;

	if (file >= 0)
		close(file);
	/* Only root may mount. */
	return (has_file(mounted) || geteuid()) && shmem;
}

static bool has_signalfd(void)
{
	sigset_t none;

	sigemptyset(&none);
	return has_file(signalfd(-1, &none, SFD_CLOEXEC));
}

/* The node may have no memory yet. */
static bool has_second_node(void)
{
	return file_contains("/sys/devices/system/node/possible", "0-") ||
	       file_contains("/sys/devices/system/node/possible", "0,");
}

static bool has_two_nodes(void)
{
	return file_contains("/sys/devices/system/node/has_memory", "0-") ||
	       file_contains("/sys/devices/system/node/has_memory", "0,");
}

static bool has_move_pages(void)
{
	return !syscall(SYS_move_pages, 0, 0UL, NULL, NULL, NULL, 0);
}

static bool has_dax(void)
{
	const char *directory = getenv("PINCHECK_DAX");

	return directory && !access(directory, W_OK);
}

static bool has_edu(void)
{
	char device[PCI_PATH], group[PCI_PATH + sizeof("/iommu_group")];

	if (pci_find(PCI_EDU, device))
		return false;
	snprintf(group, sizeof(group), "%s/iommu_group", device);
	return !access(group, F_OK);
}

/* The number of a set of one requirement. */
#define NUMBER(set)	((set) >> 64 ? 64 + __builtin_ctzll((set) >> 64) : __builtin_ctzll(set))

/* A row stands at its number, so a number that two rows have does not compile. */
#define ROW(set, feature_, met_, reason_)							\
	[NUMBER(set)] = { .name = #set, .feature = feature_, .met = met_, .reason = reason_ },

static const struct requirement_row {
	const char *name;
	__u64 feature;		/* of the device, or 0: ask @met */
	bool (*met)(void);	/* beside @feature: for a run without the module; NULL: it is not met */
	const char *reason;
} requirements[] = {
	ROW(NEEDS_PATH, PINCHECK_FEAT_PATH, NULL, "needs fast/slow attribution (CONFIG_KPROBES)")
	ROW(NEEDS_SWAP, 0, has_swap, "needs swap (swapon a device)")
	ROW(NEEDS_SWAP_ASYNC, 0, swap_async_offered,
	    "needs a swap device that is not synchronous (PINCHECK_SWAP_ASYNC= its path, mkswap done)")
	ROW(NEEDS_VIRTIO_MEM, 0, virtio_mem_offered,
	    "needs a virtio-mem device that pincheck-vm resizes (CONFIG_VIRTIO_MEM)")
	ROW(NEEDS_NUMA, 0, has_second_node, "needs a second NUMA node (CONFIG_NUMA)")
	ROW(NEEDS_NODES, 0, has_two_nodes,
	    "needs two NUMA nodes with memory (boot with numa=fake=2: CONFIG_NUMA_EMU)")
	ROW(NEEDS_MOVE_PAGES, 0, has_move_pages,
	    "needs move_pages() (CONFIG_NUMA, CONFIG_MIGRATION)")
	ROW(NEEDS_DAX, 0, has_dax,
	    "needs a file system with DAX (PINCHECK_DAX= a directory on it; CONFIG_VIRTIO_PMEM)")
	ROW(NEEDS_CMA, 0, cma_area_offered, "needs a CMA area (CONFIG_CMA, boot with cma=900M)")
	ROW(NEEDS_EDU, 0, has_edu,
	    "needs QEMU's edu behind an IOMMU (-device intel-iommu -device edu, CONFIG_INTEL_IOMMU)")
	ROW(NEEDS_THP, 0, has_thp,
	    "needs transparent huge pages (/sys/kernel/mm/transparent_hugepage: always or madvise)")
	ROW(NEEDS_MTHP, 0, has_mthp, "needs folios of a few base pages, mTHP (Linux 6.8, and root)")
	ROW(NEEDS_HUGETLB, 0, has_hugetlb,
	    "needs 10 free hugetlb pages of the size that a PMD maps (vm.nr_hugepages; /sys/kernel/mm/hugepages)")
	ROW(NEEDS_HUGETLB_1G, 0, has_hugetlb_1g,
	    "needs two free hugetlb pages of a GiB (boot with hugepagesz=1G hugepages=2 and 6 GiB of memory)")
	ROW(NEEDS_URING, 0, has_uring, "needs io_uring (kernel.io_uring_disabled=0)")
	ROW(NEEDS_SOFT_DIRTY, 0, has_soft_dirty, "needs soft-dirty (CONFIG_MEM_SOFT_DIRTY)")
	ROW(NEEDS_ANON_EXCLUSIVE, PINCHECK_FEAT_ANON_EXCLUSIVE, rules_anon_exclusive,
	    "needs AnonExclusive (Linux 5.19)")
	ROW(NEEDS_CALL32, 0, has_call32, "needs 32-bit system calls (CONFIG_IA32_EMULATION)")
	ROW(NEEDS_EXT4, 0, has_ext4, "needs ext4 (PINCHECK_EXT4= a directory on it)")
	ROW(NEEDS_XFS, 0, has_xfs, "needs xfs (PINCHECK_XFS= a directory on it)")
	ROW(NEEDS_BTRFS, 0, has_btrfs, "needs btrfs (PINCHECK_BTRFS= a directory on it)")
	ROW(NEEDS_OVERLAY, 0, has_overlay, "needs overlay (CONFIG_OVERLAY_FS, and root)")
	ROW(NEEDS_PACKET_RING, 0, has_packet_ring,
	    "needs packet sockets (modprobe af_packet; CONFIG_PACKET, and root)")
	ROW(NEEDS_SECRETMEM, 0, has_secretmem,
	    "needs memfd_secret (CONFIG_SECRETMEM; to 6.4 boot with secretmem.enable=1)")
	ROW(NEEDS_UFFD_WP, 0, has_uffd_wp,
	    "needs userfaultfd write-protection (CONFIG_USERFAULTFD)")
	ROW(NEEDS_UFFD_WP_MARK, 0, has_uffd_wp_mark, "needs uffd-wp in pagemap (Linux 5.14)")
	ROW(NEEDS_UFFD_MINOR, 0, has_uffd_minor,
	    "needs userfaultfd that continues in shmem (Linux 5.14, CONFIG_USERFAULTFD, CONFIG_SHMEM)")
	ROW(NEEDS_UFFD_MOVE, 0, has_uffd_move,
	    "needs userfaultfd that moves pages (Linux 6.8, CONFIG_USERFAULTFD)")
	ROW(NEEDS_UFFD_RWP, 0, has_uffd_rwp,
	    "needs userfaultfd that protects from reading (Linux 7.3, CONFIG_USERFAULTFD)")
	ROW(NEEDS_AEAD, 0, aead_offered,
	    "needs " AEAD_ESN " by sockets (CONFIG_CRYPTO_USER_API_AEAD, modprobe algif_aead)")
	ROW(NEEDS_UFFD_WP_FILES, 0, has_uffd_wp_files,
	    "needs uffd-wp of hugetlb and shmem (Linux 5.19)")
	ROW(NEEDS_SCAN, 0, has_scan,
	    "needs PAGEMAP_SCAN and asynchronous uffd-wp (Linux 6.7, CONFIG_PTE_MARKER_UFFD_WP)")
	ROW(NEEDS_FAULTS, 0, faults_possible,
	    "needs allocations that can be made to fail (CONFIG_FAILSLAB, see debug-kernel.md)")
	ROW(NEEDS_MODULE_FILE, 0, has_module_file,
	    "needs a module that may be unloaded (CONFIG_MODULE_UNLOAD, PINCHECK_MODULE= its file)")
	ROW(NEEDS_KSM, 0, has_ksm, "needs KSM (CONFIG_KSM, and root)")
	ROW(NEEDS_MIRROR, PINCHECK_FEAT_MIRROR, NULL, "needs mirrors (CONFIG_HMM_MIRROR)")
	ROW(NEEDS_MEMFD, PINCHECK_FEAT_MEMFD, has_memfd_pins, "needs memfd_pin_folios() (Linux 6.11)")
	ROW(NEEDS_PFNMAP, PINCHECK_FEAT_PFNMAP, NULL,
	    "needs follow_pfnmap_start() (Linux 6.12) or follow_pte()")
	ROW(NEEDS_PFNMAP_HUGE, PINCHECK_FEAT_PFNMAP_HUGE, NULL,
	    "needs GUP-fast that knows huge device mappings (Linux 6.12, CONFIG_TRANSPARENT_HUGEPAGE)")
	ROW(NEEDS_TRACE, PINCHECK_FEAT_TRACE, NULL,
	    "needs kretprobes and stack traces (CONFIG_KPROBES, CONFIG_STACKTRACE)")
	ROW(NEEDS_MOVABLE, 0, has_movable,
	    "needs free memory in ZONE_MOVABLE (boot with movablecore=1G)")
	ROW(NEEDS_MEMORY_BLOCK, 0, memory_block_offered,
	    "needs memory of ZONE_MOVABLE that may go offline (PINCHECK_MEMORY_BLOCK= its path)")
	ROW(NEEDS_HUGETLB_LEAVES, 0, has_hugetlb_leaves,
	    "needs a kernel that does not WARN of hugetlb in ZONE_MOVABLE (Linux 6.10)")
	ROW(NEEDS_PAT_RECORDS, 0, has_pat_records,
	    "needs a kernel that does not WARN of munmap() beside unmap_mapping_range() (Linux 6.16; CONFIG_KALLSYMS)")
	ROW(NEEDS_FUSE, 0, has_fuse, "needs FUSE (CONFIG_FUSE_FS: modprobe fuse; and root)")
	ROW(NEEDS_AIO, 0, has_aio, "needs asynchronous I/O (CONFIG_AIO)")
	ROW(NEEDS_LOOP, 0, late_disk_offered, "needs loop devices (CONFIG_BLK_DEV_LOOP: modprobe loop; and root)")
	ROW(NEEDS_STALLED_COPY, 0, stalled_copy_offered,
	    "needs process_vm_readv() and userfaultfd (CONFIG_CROSS_MEMORY_ATTACH, CONFIG_USERFAULTFD)")
	ROW(NEEDS_KPROBES_SWITCH, 0, has_kprobes_switch,
	    "needs the switch of all kprobes (" KNOB_KPROBES ": mount debugfs; and root)")
	ROW(NEEDS_FTRACE_SWITCH, 0, has_ftrace_switch,
	    "needs the switch of ftrace (" KNOB_FTRACE ": CONFIG_FUNCTION_TRACER, before 7.3; and root)")
	ROW(NEEDS_POISON, 0, has_poison,
	    "needs memory that may be lost (CONFIG_MEMORY_FAILURE, root, PINCHECK_POISON=yes)")
	ROW(NEEDS_KPAGEFLAGS, 0, has_kpageflags,
	    "needs /proc/kpageflags (CONFIG_PROC_PAGE_MONITOR, and root)")
	ROW(NEEDS_RECLAIM, 0, reclaim_offered,
	    "needs a cgroup2 hierarchy with the controller memory (CONFIG_MEMCG, and root)")
	ROW(NEEDS_UPROBE, 0, uprobe_offered,
	    "needs breakpoints by uprobe (CONFIG_UPROBE_EVENTS, CONFIG_PERF_EVENTS, and root)")
	ROW(NEEDS_GUARD, 0, guard_offered, "needs guard regions (Linux 6.13)")
	ROW(NEEDS_POPULATE, 0, has_populate, "needs MADV_POPULATE_WRITE (Linux 5.14)")
	ROW(NEEDS_DROPPABLE, 0, has_droppable, "needs MAP_DROPPABLE (Linux 6.11)")
	ROW(NEEDS_MRELEASE, 0, mrelease_offered, "needs process_mrelease() (Linux 5.15)")
	ROW(NEEDS_HUGETLB_MREMAP, 0, has_hugetlb_mremap, "needs mremap() of hugetlb (Linux 5.16)")
	ROW(NEEDS_COLLAPSE, 0, collapse_offered,
	    "needs MADV_COLLAPSE (Linux 6.1, CONFIG_TRANSPARENT_HUGEPAGE)")
	ROW(NEEDS_NUMA_BALANCING, 0, numa_balancing_offered,
	    "needs NUMA balancing (CONFIG_NUMA_BALANCING, and root)")
	ROW(NEEDS_CHARGE_MOVING, 0, charge_move_offered,
	    "needs charges that move between cgroups (cgroup v1, up to Linux 6.12: CONFIG_MEMCG_V1, and root)")
	ROW(NEEDS_VHOST, 0, vhost_net_offered,
	    "needs vhost-net (modprobe tun vhost_net; CONFIG_VHOST_NET, CONFIG_TUN, and root)")
	ROW(NEEDS_RDMA, 0, rdma_link_offered,
	    "needs RDMA by rdma_rxe over a dummy device (modprobe rdma_rxe dummy; CONFIG_RDMA_RXE, CONFIG_DUMMY, and root)")
	ROW(NEEDS_RDMA_ODP, 0, has_rdma_odp,
	    "needs an RDMA device of software with on-demand paging (Linux 6.15, CONFIG_INFINIBAND_ON_DEMAND_PAGING)")
	ROW(NEEDS_VFIO, 0, vfio_offered,
	    "needs VFIO (modprobe vfio_iommu_type1 vfio_pci; CONFIG_VFIO_PCI, CONFIG_VFIO_IOMMU_TYPE1, and root)")
	ROW(NEEDS_XDP, 0, xdp_socket_offered,
	    "needs AF_XDP (CONFIG_XDP_SOCKETS, CONFIG_BPF_SYSCALL, CONFIG_NET_NS, and root)")
	ROW(NEEDS_ZEROCOPY, 0, zerocopy_offered,
	    "needs MSG_ZEROCOPY of TCP (CONFIG_INET, CONFIG_NET_NS, base pages of 16 KiB or less, and root)")
	ROW(NEEDS_V4L2, 0, vivid_offered,
	    "needs two connected video devices (modprobe vivid n_devs=2 node_types=0x101,0x101 num_inputs=1,1 input_types=3,3 num_outputs=1,1 output_types=1,1; CONFIG_VIDEO_VIVID, and root)")
	ROW(NEEDS_UDMABUF, 0, has_udmabuf, "needs /dev/udmabuf (CONFIG_UDMABUF, and root)")
	ROW(NEEDS_DISPLAY, 0, has_display,
	    "needs the display of a PC in /dev/mem (x86, CONFIG_DEVMEM, and root)")
	ROW(NEEDS_PID_NS, 0, has_pid_ns,
	    "needs PID namespaces (CONFIG_PID_NS, CONFIG_CHECKPOINT_RESTORE, and root)")
	ROW(NEEDS_VM_EVENTS, 0, has_vm_events,
	    "needs counters of events in /proc/vmstat (CONFIG_VM_EVENT_COUNTERS)")
	ROW(NEEDS_UNIX, 0, has_unix, "needs sockets between processes (CONFIG_UNIX)")
	ROW(NEEDS_THREADS, 0, has_threads, "needs threads (futex(): CONFIG_FUTEX)")
	ROW(NEEDS_TIMERS, 0, has_timers, "needs setitimer() (CONFIG_POSIX_TIMERS)")
	ROW(NEEDS_CAPABILITIES, 0, has_capabilities,
	    "needs processes without capabilities (CONFIG_MULTIUSER)")
	ROW(NEEDS_SHMEM, 0, has_shmem, "needs shmem (CONFIG_SHMEM, CONFIG_TMPFS)")
	ROW(NEEDS_SIGNALFD, 0, has_signalfd, "needs signalfd() (CONFIG_SIGNALFD)")
	ROW(NEEDS_INTERLEAVE, 0, interleave_offered,
	    "needs pincheck_interleave.ko and two CPUs (PINCHECK_INTERLEAVE= its file; x86-64, CONFIG_KPROBES, CONFIG_MODULE_UNLOAD)")
	ROW(NEEDS_GUP_TEST, 0, gup_test_offered,
	    "needs gup_test.ko (PINCHECK_GUP_TEST= its file; debugfs, CONFIG_MODULE_UNLOAD, no CONFIG_GUP_TEST)")
	ROW(NEEDS_MODULE, 0, has_module, "needs the module pincheck (this run does without: MODULE=no)")
	ROW(NEEDS_PFNS, 0, has_pfns, "needs page frame numbers (CAP_SYS_ADMIN)")
	ROW(NEEDS_ROOT, 0, is_root, "needs root")
};

static const char *reason_of(const struct requirement_row *row)
{
	bool by_module = row->feature && !row->met && pincheck_is_forbidden();

	return by_module ? requirements[NUMBER(NEEDS_MODULE)].reason : row->reason;
}

static bool is_met(const struct requirement_row *row)
{
	if (row->feature && !pincheck_is_forbidden())
		return has_feature(row->feature);
	return row->met && row->met();
}

const char *require_missing(requirement_set needs)
{
	static requirement_set probed, met;

	for (size_t i = 0; i < sizeof(requirements) / sizeof(*requirements); i++) {
		const struct requirement_row *row = &requirements[i];
		requirement_set bit = REQUIREMENT(i);

		if (!(needs & bit) || !row->reason)
			continue;
		needs &= ~bit;
		/* A case may forbid the device only now. */
		if (!(probed & bit) || bit == NEEDS_MODULE) {
			probed |= bit;
			met &= ~bit;
			if (is_met(row))
				met |= bit;
		}
		if (!(met & bit))
			return reason_of(row);
	}
	return needs ? "needs something that has no row in require.c" : NULL;
}

bool require_row(size_t index, const char **name, const char **reason)
{
	if (index >= sizeof(requirements) / sizeof(*requirements))
		return false;
	*name = requirements[index].name;
	*reason = *name ? require_missing(REQUIREMENT(index)) : NULL;
	return true;
}

static bool has_pagemap(void)
{
	return has_file(pagemap_open(0));
}

static bool has_madvise(void)
{
	return usermem_drain_lru() != -ENOSYS;
}

static const struct base_row {
	bool (*met)(void);
	const char *reason;
} base[] = {
	{ has_pagemap, "needs /proc/PID/pagemap (CONFIG_PROC_FS, CONFIG_PROC_PAGE_MONITOR)" },
	{ has_madvise, "needs madvise() (CONFIG_ADVISE_SYSCALLS)" },
	{ pins_exact, "needs exact counters of pins (vm.stat_refresh: CONFIG_PROC_SYSCTL, or CONFIG_SYSCTL since 7.3)" },
};

const char *require_base(void)
{
	for (size_t i = 0; i < sizeof(base) / sizeof(*base); i++) {
		if (!base[i].met())
			return base[i].reason;
	}
	return NULL;
}
