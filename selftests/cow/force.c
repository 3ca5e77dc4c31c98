// SPDX-License-Identifier: GPL-2.0-only
/*
 * force: FOLL_FORCE lets a debugger write where the process may not. In a private mapping that is a
 * write like any other, to a page of the process's own. In a shared mapping it would write to a
 * page that others gave for reading, and is refused. Invariants: SYNC, ISOLATION.
 */
#include "suite.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include "stage.h"

FIXTURE(force)
{
	struct stage stage;
	int file;
	unsigned char *mapped;	/* of the file */
};

STAGE_ROWS(force)

STAGE_VARIANT(force, pin_fast, PIN, FAST, 0)
STAGE_VARIANT(force, pin_slow, PIN, SLOW, 0)
STAGE_VARIANT(force, pin_lt_fast, PIN, FAST, HOLD_LT)
STAGE_VARIANT(force, pin_lt_slow, PIN, SLOW, HOLD_LT)
STAGE_VARIANT(force, get_fast, GET, FAST, 0)
STAGE_VARIANT(force, get_slow, GET, SLOW, 0)

FIXTURE_SETUP(force)
{
	ASSERT_STAGE_OPEN(&self->stage);
	self->file = memfd_create("pincheck", 0);
	ASSERT_LE(0, self->file);
	ASSERT_EQ((ssize_t)self->stage.length,
		  write(self->file, self->stage.memory, self->stage.length));
}

FIXTURE_TEARDOWN(force)
{
	close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static struct hold_row with_flags(struct hold_row row, __u32 flags)
{
	row.flags |= flags;
	return row;
}

static unsigned char *map_stage_file(FIXTURE_DATA(force) *self, int flags)
{
	self->mapped = mmap(NULL, self->stage.length, PROT_READ, flags, self->file, 0);
	return self->mapped;
}

/* Without force the access is refused with a reason; with force the hold is given. */
static void expect_force_only(struct __test_metadata *_metadata, FIXTURE_DATA(force) *self,
			      struct hold_row row, __u32 access, const void *memory)
{
	EXPECT_EQ(-EFAULT, stage_hold(&self->stage, with_flags(row, access), memory,
				      self->stage.length));
	EXPECT_EQ(PINCHECK_REASON_ACCESS, self->stage.hold.reason);
	ASSERT_EQ(0, stage_hold(&self->stage, with_flags(row, access | PINCHECK_HOLD_FORCE), memory,
				self->stage.length));
	EXPECT_EQ(STAGE_PAGES, self->stage.hold.pages);
}

/* The device writes: a mapping at @memory shows the bytes, and the hold has the mapped pages. */
static void expect_sync(struct __test_metadata *_metadata, FIXTURE_DATA(force) *self,
			const unsigned char *memory)
{
	struct stage *stage = &self->stage;
	struct pincheck_page pages[STAGE_PAGES];
	size_t at = 5 * stage->page + 17;

	EXPECT_EQ(4, pincheck_write(stage->session, stage->hold.hold, at, "read", 4));
	EXPECT_EQ(0, memcmp(memory + at, "read", 4));
	ASSERT_EQ(0, pincheck_pages(stage->session, stage->hold.hold, 0, STAGE_PAGES, pages));
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		EXPECT_EQ(PINCHECK_MAPPED_SAME, pages[i].mapped);
		EXPECT_EQ(stage_pfn(memory + i * stage->page), pages[i].pfn);
	}
	evidence("pages=%llu fast=%llu note=\"the process sees the bytes of the device\"",
		 stage->hold.pages, stage->hold.fast_pages);
}

/* SYNC. The process itself made its memory read-only. */
CASE(force, private_memory, .rows = "B4")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, mprotect(stage->memory, stage->length, PROT_READ));
	expect_force_only(_metadata, self, variant->row, PINCHECK_HOLD_WRITE, stage->memory);
	expect_sync(_metadata, self, stage->memory);
}

/* SYNC, ISOLATION. A private mapping of a file: the kernel copies, the file is unchanged. */
CASE(force, private_file, .rows = "B4")
{
	const unsigned char *memory = map_stage_file(self, MAP_PRIVATE);
	struct stage *stage = &self->stage;
	unsigned char *bytes = calloc(1, stage->length);
	__u64 original;

	ASSERT_NE(MAP_FAILED, (void *)memory);
	ASSERT_EQ(0, memcmp(memory, stage->memory, stage->length));
	original = stage_pfn(memory);
	expect_force_only(_metadata, self, variant->row, PINCHECK_HOLD_WRITE, memory);
	EXPECT_NE(original, stage_pfn(memory));
	EXPECT_EQ(0, memcmp(memory, stage->memory, stage->length));
	expect_sync(_metadata, self, memory);
	EXPECT_EQ((ssize_t)stage->length, pread(self->file, bytes, stage->length, 0));
	EXPECT_EQ(0, memcmp(bytes, stage->memory, stage->length));
	free(bytes);
}

/* ISOLATION. A child shares the pages: the parent gets copies, the child keeps the pages. */
CASE(force, shared_with_child, .rows = "B4")
{
	struct stage *stage = &self->stage;
	size_t at = 5 * stage->page + 17;
	unsigned char old = stage->memory[at];
	int go[2], status;
	pid_t child;
	char byte;

	ASSERT_NE('r', old);
	ASSERT_EQ(0, mprotect(stage->memory, stage->length, PROT_READ));
	ASSERT_EQ(0, pipe(go));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		close(go[1]);
		_exit(read(go[0], &byte, 1) == 1 && stage->memory[at] == old ? 0 : 1);
	}
	expect_force_only(_metadata, self, variant->row, PINCHECK_HOLD_WRITE, stage->memory);
	expect_sync(_metadata, self, stage->memory);
	EXPECT_EQ(1, write(go[1], "g", 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status)) {
		TH_LOG("the child sees the device's write");
	}
	close(go[0]);
	close(go[1]);
}

/* ISOLATION. Not even force writes to pages that others gave for reading. */
CASE(force, shared_file, .rows = "P11")
{
	const unsigned char *memory = map_stage_file(self, MAP_SHARED);
	struct stage *stage = &self->stage;

	ASSERT_NE(MAP_FAILED, (void *)memory);
	EXPECT_EQ(memory[9], stage->memory[9]);
	for (__u32 force = 0; force < 2; force++) {
		__u32 flags = PINCHECK_HOLD_WRITE | (force ? PINCHECK_HOLD_FORCE : 0);

		EXPECT_EQ(-EFAULT, stage_hold(stage, with_flags(variant->row, flags), memory,
					      stage->length));
		EXPECT_EQ(PINCHECK_REASON_ACCESS, stage->hold.reason);
		EXPECT_EQ(0, stage->hold.pages);
	}
	EXPECT_EQ(0, stage_hold(stage, with_flags(variant->row, PINCHECK_HOLD_FORCE), memory,
				stage->length));
	EXPECT_EQ(STAGE_PAGES, stage->hold.pages);
	evidence("write=EFAULT write_by_force=EFAULT reason=access read_by_force=held");
}

/* SYNC. The mapping allows no access: force reads the page. */
CASE(force, no_access, .rows = "B3 P11")
{
	struct stage *stage = &self->stage;
	unsigned char byte = 0, mine = stage->memory[stage->page];

	ASSERT_EQ(0, mprotect(stage->memory, stage->length, PROT_NONE));
	expect_force_only(_metadata, self, variant->row, 0, stage->memory);
	EXPECT_EQ(1, pincheck_read(stage->session, stage->hold.hold, stage->page, &byte, 1));
	EXPECT_EQ(mine, byte);
	evidence("protection=none plain=refused by_force=held pages=%llu", stage->hold.pages);
}

PINCHECK_TEST_MAIN
