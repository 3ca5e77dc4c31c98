// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLEAN. The module charges the kernel memory that it allocates for a session to the user who
 * opened the device, for every kind of hold, against RLIMIT_MEMLOCK of the caller; and it returns
 * the whole charge. (ioctl_hold tests the charge for held pages.)
 *
 * No file shows the charge of a user. So the test searches the lowest limit that still allows a
 * mirror of PROBE_PAGES: that is the charge so far, and a constant.
 */
#include "suite.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "../../tools/lib/kinds.h"
#include "capability.h"
#include "device_memory.h"
#include "stage.h"

#define PROBE_PAGES	(self->stage.page / sizeof(void *))	/* pointers to them fill a page */
#define MANY_PAGES	4096
#define ORDINARY_USER	1000
#define ORDINARY_LIMIT	(64UL << 10)
#define GIB		(1UL << 30)
#define CHARGED_MAX	(1UL << 16)	/* pages: more than any case here is charged for */

FIXTURE(memlock)
{
	struct stage stage;
	unsigned char *zeros;	/* GIB bytes that no process wrote */
};

static int limit_memlock(rlim_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0;
}

/* Return: id, or -errno; -EBADMSG if the reason of an ENOMEM is not MEMLOCK. */
static long take_mirror(int session, const void *address, size_t bytes)
{
	struct pincheck_hold request = {
		.kind = PINCHECK_KIND_MIRROR, .addr = (uintptr_t)address, .len = bytes,
	};
	int error = pincheck_hold(session, &request);

	if (error == -ENOMEM && request.reason != PINCHECK_REASON_MEMLOCK)
		return -EBADMSG;
	return error ? error : (long)request.hold;
}

static bool probe_fits(FIXTURE_DATA(memlock) *self, int probe, size_t pages)
{
	long id;

	if (limit_memlock(pages * self->stage.page))
		return false;
	id = take_mirror(probe, self->zeros, PROBE_PAGES * self->stage.page);
	if (id > 0)
		pincheck_release(probe, id);
	return id > 0;
}

/*
 * Return: the pages that the user is charged for, and a constant. Removes the limit. Each probe has
 * a new session, because the table of holds of a session grows with each hold that it has had.
 */
static size_t charged_pages(FIXTURE_DATA(memlock) *self)
{
	size_t low = 0, high = CHARGED_MAX;
	int probe = pincheck_open();

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (probe_fits(self, probe, middle))
			high = middle;
		else
			low = middle + 1;
	}
	limit_memlock(RLIM_INFINITY);
	close(probe);
	return low;
}

FIXTURE_SETUP(memlock)
{
	SUITE_NEEDS(NEEDS_MIRROR | NEEDS_CAPABILITIES);
	ASSERT_STAGE_OPEN(&self->stage);
	self->zeros = mmap(NULL, GIB, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->zeros);
	ASSERT_EQ(0, stage_no_huge_pages(self->zeros, GIB));
	ASSERT_EQ(0, limit_memlock(RLIM_INFINITY));
	ASSERT_EQ(0, capability_drop(CAP_IPC_LOCK));
	/* A session allocates its table of holds with the first hold, and keeps it. */
	ASSERT_EQ(0, stage_hold(&self->stage, (struct hold_row)STAGE_ROW(PIN, FAST, 0),
				self->stage.memory, self->stage.page));
	ASSERT_EQ(1, pincheck_release(self->stage.session, self->stage.hold.hold));
}

FIXTURE_TEARDOWN(memlock)
{
	munmap(self->zeros, GIB);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* Pointers that the module keeps for each page of such a hold. */
static size_t pointers_per_page(struct hold_row row)
{
	return row.kind == PINCHECK_KIND_PFNMAP || (row.flags & PINCHECK_HOLD_DIRTY_LATE) ? 2 : 1;
}

/* Makes a request for a hold of @row: of MANY_PAGES, or of all device memory. */
static int prepare_request(FIXTURE_DATA(memlock) *self, struct hold_row row,
			   struct pincheck_hold *request)
{
	bool by_gup = row.kind == PINCHECK_KIND_PIN || row.kind == PINCHECK_KIND_GET;

	*request = (struct pincheck_hold) {
		.kind = row.kind, .flags = row.flags, .len = MANY_PAGES * self->stage.page,
		.path = by_gup ? PINCHECK_PATH_FAST : 0,
		.addr = row.kind == PINCHECK_KIND_MEMFD ? 0 : (uintptr_t)self->zeros,
	};
	if (row.kind == PINCHECK_KIND_MEMFD) {
		request->fd = memfd_create("memlock", MFD_CLOEXEC);
		if (request->fd < 0 || ftruncate(request->fd, request->len))
			return -errno;
	}
	if (row.kind == PINCHECK_KIND_PFNMAP) {
		struct flavour whole = flavour_fault;
		void *memory;

		whole.bytes = PINCHECK_DEVICE_BYTES;
		memory = device_map(self->stage.session, &whole, PROT_READ);
		if (memory == MAP_FAILED)
			return -errno;
		request->addr = (uintptr_t)memory;
		request->len = whole.bytes;
	}
	return 0;
}

static requirement_set kind_needs(__u32 kind)
{
	return kind == PINCHECK_KIND_MEMFD ? NEEDS_MEMFD | NEEDS_SHMEM :
	       kind == PINCHECK_KIND_PFNMAP ? NEEDS_PFNMAP : 0;
}

static void expect_charged(struct __test_metadata *_metadata, FIXTURE_DATA(memlock) *self,
			   struct hold_row row)
{
	struct pincheck_hold request;
	size_t before, during, after, least;

	SUITE_NEEDS(kind_needs(row.kind));
	ASSERT_EQ(0, prepare_request(self, row, &request));
	least = request.len / self->stage.page * pointers_per_page(row) * sizeof(void *) /
		self->stage.page;
	before = charged_pages(self);
	ASSERT_EQ(0, pincheck_hold(self->stage.session, &request));
	during = charged_pages(self);
	EXPECT_LE(1, pincheck_release(self->stage.session, request.hold));
	after = charged_pages(self);
	EXPECT_LE(before + least, during);
	EXPECT_GE(before + 2 * least + 8, during);
	EXPECT_EQ(before, after);
	evidence("pages=%llu charged=%zd charged_least=%zu charged_after=%zd", request.pages,
		 (ssize_t)(during - before), least, (ssize_t)(after - before));
	if (request.fd > 0)
		close(request.fd);
	if (row.kind == PINCHECK_KIND_PFNMAP)
		munmap((void *)(uintptr_t)request.addr, request.len);
}

#define IS_CHARGED(name, kind, flags)						\
	CASE(memlock, name##_is_charged, .rows = "D3")				\
	{									\
		const struct hold_row row = STAGE_ROW(kind, UNKNOWN, flags);	\
										\
		expect_charged(_metadata, self, row);				\
	}
#define KIND_IS_CHARGED(name, kind)	IS_CHARGED(name, kind, 0)
PINCHECK_FOR_EACH_KIND(KIND_IS_CHARGED)
IS_CHARGED(pin_rw_lt, PIN, HOLD_RW | HOLD_LT)
IS_CHARGED(mirror_late, MIRROR, HOLD_RW | PINCHECK_HOLD_DIRTY_LATE)

/* The charge is for the whole session: many small holds do not cost a page each. */
CASE(memlock, small_holds_share_pages, .rows = "D3")
{
	const struct hold_row row = STAGE_ROW(PIN, FAST, 0);
	const int count = 64;
	size_t before = charged_pages(self), during;
	__u32 ids[64];

	for (int i = 0; i < count; i++) {
		ASSERT_EQ(0, stage_hold(&self->stage, row, self->stage.memory, self->stage.page));
		ids[i] = self->stage.hold.hold;
	}
	during = charged_pages(self);
	for (int i = 0; i < count; i++)
		EXPECT_EQ(1, pincheck_release(self->stage.session, ids[i]));
	EXPECT_LE(before + count * 64 / self->stage.page, during);
	EXPECT_GT(before + count / 2, during);
	evidence("holds=%d charged=%zd", count, (ssize_t)(during - before));
}

/* The array of pages, and its charge, stay until the last page is released. */
CASE(memlock, part_released, .rows = "D3")
{
	struct pincheck_hold request = {
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST,
		.addr = (uintptr_t)self->zeros, .len = MANY_PAGES * self->stage.page,
	};
	size_t before = charged_pages(self), whole, part, after;

	ASSERT_EQ(0, pincheck_hold(self->stage.session, &request));
	whole = charged_pages(self);
	ASSERT_EQ(MANY_PAGES - 1, pincheck_release_part(self->stage.session, request.hold, 0, 1,
							MANY_PAGES - 1));
	part = charged_pages(self);
	EXPECT_EQ((long)self->stage.page / 1024, vm_pin_kib());
	EXPECT_EQ(1, pincheck_release(self->stage.session, request.hold));
	after = charged_pages(self);
	EXPECT_LT(before, whole);
	EXPECT_EQ(whole, part);
	EXPECT_EQ(before, after);
	evidence("pins=%d charged=%zd charged_for_one=%zd charged_after=%zd", MANY_PAGES,
		 (ssize_t)(whole - before), (ssize_t)(part - before), (ssize_t)(after - before));
}

/* Memory that a hold gets later is charged, too: the bitmap of stolen pins. */
CASE(memlock, stolen_pins_are_charged, .rows = "D3")
{
	struct pincheck_hold request = {
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST,
		.addr = (uintptr_t)self->zeros, .len = 8 * self->stage.page * self->stage.page,
	};
	size_t taken, stolen;

	if (request.len > GIB)
		request.len = GIB;
	ASSERT_EQ(0, pincheck_hold(self->stage.session, &request));
	taken = charged_pages(self);
	ASSERT_EQ(1, pincheck_release_part(self->stage.session, request.hold,
					   PINCHECK_RELEASE_STEAL, 0, 1));
	stolen = charged_pages(self);
	EXPECT_LE(taken + request.pages / 8 / self->stage.page, stolen);
	EXPECT_LE(1, pincheck_release(self->stage.session, request.hold));
	evidence("pins=%llu stolen=1 charged=%zd", request.pages, (ssize_t)(stolen - taken));
}

/* The module allocates device memory with the first mmap() and frees it with the session. */
CASE(memlock, device_memory, .rows = "D3")
{
	size_t least = DEVICE_SMALL_BYTES / self->stage.page;
	size_t before = charged_pages(self), during, after;
	void *memory = device_map(self->stage.session, &flavour_fault, PROT_READ);

	ASSERT_NE(MAP_FAILED, memory);
	during = charged_pages(self);
	munmap(memory, DEVICE_SMALL_BYTES);
	EXPECT_EQ(during, charged_pages(self));
	close(self->stage.session);
	self->stage.session = -1;
	after = charged_pages(self);
	EXPECT_LE(before + least, during);
	EXPECT_GE(before, after);
	evidence("call=mmap charged=%zd charged_least=%zu charged_after=%zd",
		 (ssize_t)(during - before), least, (ssize_t)(after - before));
}

CASE(memlock, device_memory_refused, .rows = "D3")
{
	void *memory;

	ASSERT_EQ(0, limit_memlock(self->stage.page));
	memory = device_map(self->stage.session, &flavour_fault, PROT_READ);
	EXPECT_EQ(MAP_FAILED, memory);
	EXPECT_EQ(ENOMEM, errno);
	ASSERT_EQ(0, limit_memlock(RLIM_INFINITY));
	memory = device_map(self->stage.session, &flavour_fault, PROT_READ);
	EXPECT_NE(MAP_FAILED, memory);
	evidence("limit_pages=1 errno=ENOMEM without_limit=mapped");
	if (memory != MAP_FAILED)
		munmap(memory, DEVICE_SMALL_BYTES);
}

CASE(memlock, close_gives_back, .rows = "D3")
{
	const struct hold_row row = STAGE_ROW(MIRROR, UNKNOWN, 0);
	struct pincheck_hold request;
	size_t before = charged_pages(self), during, after;

	ASSERT_EQ(0, prepare_request(self, row, &request));
	ASSERT_EQ(0, pincheck_hold(self->stage.session, &request));
	ASSERT_EQ(0, pincheck_hold(self->stage.session, &request));
	during = charged_pages(self);
	close(self->stage.session);
	self->stage.session = -1;
	after = charged_pages(self);
	EXPECT_LT(before, during);
	EXPECT_GE(before, after);
	evidence("mirrors=2 pages=%llu charged=%zd charged_after=%zd", request.pages,
		 (ssize_t)(during - before), (ssize_t)(after - before));
}

/* CAP_IPC_LOCK: nothing is charged, as in io_uring, so no other process of the user is refused. */
CASE(memlock, privileged_not_charged, .rows = "D3")
{
	const struct hold_row row = STAGE_ROW(MIRROR, UNKNOWN, 0);
	struct pincheck_hold request;
	size_t before = charged_pages(self), during;

	ASSERT_EQ(0, prepare_request(self, row, &request));
	ASSERT_EQ(0, capability_raise(CAP_IPC_LOCK));
	ASSERT_EQ(0, limit_memlock(0));
	ASSERT_EQ(0, pincheck_hold(self->stage.session, &request));
	ASSERT_EQ(0, capability_drop(CAP_IPC_LOCK));
	during = charged_pages(self);
	EXPECT_EQ(before, during);
	EXPECT_EQ((long)request.pages,
		  pincheck_release(self->stage.session, request.hold));
	EXPECT_EQ(before, charged_pages(self));
	evidence("limit_kib=0 capability=CAP_IPC_LOCK mirror_pages=%llu charged=%zd", request.pages,
		 (ssize_t)(during - before));
}

/* A process with limit 0 may still open the device and call INFO. */
CASE(memlock, limit_0, .rows = "D3")
{
	struct pincheck_info info;
	int session;

	ASSERT_EQ(0, limit_memlock(0));
	session = pincheck_open();
	ASSERT_LE(0, session);
	EXPECT_EQ(0, pincheck_info(session, &info));
	EXPECT_EQ(-ENOMEM, take_mirror(session, self->zeros, PROBE_PAGES * self->stage.page));
	close(session);
	evidence("limit_kib=0 mirror_pages=%zu errno=ENOMEM reason=MEMLOCK note=\"open and INFO work\"",
		 PROBE_PAGES);
}

/* What an ordinary process with inherited descriptors could take in each of two attempts. */
struct greedy {
	long taken[2];
	long last_error;
	long huge_error;
	bool ready;
};

static long take_all(int session, const void *address, size_t bytes, long *last_error)
{
	long count = 0, id;

	while ((id = take_mirror(session, address, bytes)) > 0)
		count++;
	*last_error = id;
	return count;
}

static void release_all(int session)
{
	for (__u32 id = 0; id < 1U << 14; id++)
		pincheck_release(session, id);
}

static void __attribute__((noreturn)) be_greedy(FIXTURE_DATA(memlock) *self, int session,
						rlim_t limit, struct greedy *greedy)
{
	const struct rlimit memlock = { limit, limit };

	if (setrlimit(RLIMIT_MEMLOCK, &memlock) ||
	    setresuid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER))
		_exit(1);
	greedy->huge_error = take_mirror(session, self->zeros, GIB);
	for (int i = 0; i < 2; i++) {
		if (i)
			release_all(session);
		greedy->taken[i] = take_all(session, self->zeros, 8 * self->stage.page,
					    &greedy->last_error);
	}
	__atomic_store_n(&greedy->ready, true, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

static pid_t start_greedy(FIXTURE_DATA(memlock) *self, int session, rlim_t limit,
			  struct greedy *greedy)
{
	pid_t child = fork();

	if (!child)
		be_greedy(self, session, limit, greedy);
	while (child > 0 && !__atomic_load_n(&greedy->ready, __ATOMIC_ACQUIRE) &&
	       !waitpid(child, NULL, WNOHANG))
		sched_yield();
	return child;
}

static void end_greedy(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/*
 * An ordinary user without capabilities, with a limit of 64 KiB and a descriptor that root opened,
 * takes all it can. 340 mirrors of 1 GiB once took a guest to OOM. Each mirror costs over 10 KiB
 * for events.
 */
CASE(memlock, ordinary_user, .rows = "D3")
{
	rlim_t limit = ORDINARY_LIMIT + charged_pages(self) * self->stage.page;
	const long most = limit / (256 * sizeof(struct pincheck_event));
	struct greedy *greedy = mmap(NULL, self->stage.page, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	ASSERT_NE(MAP_FAILED, (void *)greedy);
	child = start_greedy(self, self->stage.session, limit, greedy);
	ASSERT_LT(0, child);
	EXPECT_EQ(-ENOMEM, greedy->huge_error);
	EXPECT_EQ(-ENOMEM, greedy->last_error);
	EXPECT_LE(1, greedy->taken[0]);
	EXPECT_GE(most, greedy->taken[0]);
	EXPECT_EQ(greedy->taken[0], greedy->taken[1]);
	evidence("uid=%d limit_bytes=%llu one_gib=\"%s\" mirrors=%ld mirrors_most=%ld last_error=\"%s\" mirrors_again=%ld",
		 ORDINARY_USER, (unsigned long long)limit, strerror(-greedy->huge_error),
		 greedy->taken[0], most, strerror(-greedy->last_error), greedy->taken[1]);
	end_greedy(child);
}

/* More descriptors and more processes do not get more, and the whole charge is returned. */
CASE(memlock, many_sessions_and_processes, .rows = "D3")
{
	enum { SESSIONS = 4 };
	size_t before = charged_pages(self);
	rlim_t limit = ORDINARY_LIMIT + before * self->stage.page;
	const long most = limit / (256 * sizeof(struct pincheck_event));
	struct greedy *greedy = mmap(NULL, self->stage.page, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t children[SESSIONS];
	int sessions[SESSIONS];
	long sum = 0;

	ASSERT_NE(MAP_FAILED, (void *)greedy);
	for (int i = 0; i < SESSIONS; i++) {
		sessions[i] = pincheck_open();
		ASSERT_LE(0, sessions[i]);
		children[i] = start_greedy(self, sessions[i], limit, &greedy[i]);
		ASSERT_LT(0, children[i]);
		sum += greedy[i].taken[1];
	}
	/* The last, incomplete page of a session is not charged: it may allow one more mirror. */
	EXPECT_GE(most + SESSIONS, sum);
	EXPECT_LT(before, charged_pages(self));
	for (int i = 0; i < SESSIONS; i++) {
		end_greedy(children[i]);
		close(sessions[i]);
	}
	EXPECT_EQ(before, charged_pages(self));
	evidence("sessions=%d processes=%d mirrors=%ld mirrors_most=%ld charged_after=%zd",
		 SESSIONS, SESSIONS, sum, most + SESSIONS, (ssize_t)(charged_pages(self) - before));
}

PINCHECK_TEST_MAIN
