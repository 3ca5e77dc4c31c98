// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules that every command of /dev/pincheck obeys: size, flags, reserved fields, pointer to
 * the argument, capability. Each command is a variant. What a command does with good arguments is
 * tested in ioctl_hold, ioctl_io and lifetime. Invariant: CLEAN, after every case.
 */
#include "suite.h"
#include <fcntl.h>
#include <linux/fs.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "arguments.h"
#include "call32.h"
#include "capability.h"
#include "device_memory.h"
#include "stage.h"

FIXTURE(ioctl)
{
	struct referents to;
	union argument *argument;
	union argument as_sent;
};

/* How the commands differ in what the rules need to know: each command is a row. */
FIXTURE_VARIANT(ioctl)
{
	unsigned long number;
	void (*good)(union argument *a, const struct referents *to);
	/* Bytes of the argument in ABI 1: a shorter argument was never valid. */
	__u32 abi1_size;
	__u32 known_flags;
	/* Offset of the reserved field; 0 where there is none. */
	size_t reserved;
	/* The module only writes the bytes [first, end) of the argument. */
	size_t output_first;
	size_t output_end;
	bool needs_admin;
	/* The command needs a hold of kind mirror, not pin. */
	bool of_mirror;
	/* The command is about a trace, which it needs unless it begins one. */
	bool of_trace;
};

FIXTURE_VARIANT_ADD(ioctl, info)
{
	.number = PINCHECK_IOC_INFO, .good = good_info, .abi1_size = 88,
	.output_first = offsetof(struct pincheck_info, abi), .output_end = 88,
};

FIXTURE_VARIANT_ADD(ioctl, hold)
{
	.number = PINCHECK_IOC_HOLD, .good = good_hold, .abi1_size = 72,
	.known_flags = PINCHECK_HOLD_FLAGS,
	.output_first = offsetof(struct pincheck_hold, hold), .output_end = 72,
};

FIXTURE_VARIANT_ADD(ioctl, scan)
{
	.number = PINCHECK_IOC_SCAN, .good = good_scan, .abi1_size = 48,
	.known_flags = PINCHECK_SCAN_FLAGS,
	.output_first = offsetof(struct pincheck_scan, count), .output_end = 48,
	.needs_admin = true,
};

FIXTURE_VARIANT_ADD(ioctl, bench)
{
	.number = PINCHECK_IOC_BENCH, .good = good_bench, .abi1_size = 56,
	.known_flags = PINCHECK_BENCH_FLAGS,
	.reserved = offsetof(struct pincheck_bench, reserved),
	.output_first = offsetof(struct pincheck_bench, pages), .output_end = 56,
	.needs_admin = true,
};

FIXTURE_VARIANT_ADD(ioctl, release)
{
	.number = PINCHECK_IOC_RELEASE, .good = good_release,
	.reserved = offsetof(struct pincheck_release, reserved),
	.abi1_size = 24,
	.known_flags = PINCHECK_RELEASE_FLAGS,
	.output_first = offsetof(struct pincheck_release, pages), .output_end = 24,
};

FIXTURE_VARIANT_ADD(ioctl, io)
{
	.number = PINCHECK_IOC_IO, .good = good_io,
	.reserved = offsetof(struct pincheck_io, reserved),
	.abi1_size = 48,
	.known_flags = PINCHECK_IO_FLAGS,
	.output_first = offsetof(struct pincheck_io, done), .output_end = 48,
};

FIXTURE_VARIANT_ADD(ioctl, pages)
{
	.number = PINCHECK_IOC_PAGES, .good = good_pages,
	.reserved = offsetof(struct pincheck_pages, reserved),
	.abi1_size = 40, .needs_admin = true,
};

FIXTURE_VARIANT_ADD(ioctl, report)
{
	.number = PINCHECK_IOC_REPORT, .good = good_report,
	.known_flags = PINCHECK_REQUEST_FLAGS,
	.reserved = offsetof(struct pincheck_report_request, reserved),
	.abi1_size = 40, .needs_admin = true,
};

FIXTURE_VARIANT_ADD(ioctl, follow)
{
	.number = PINCHECK_IOC_FOLLOW, .good = good_follow,
	.reserved = offsetof(struct pincheck_follow, reserved),
	.abi1_size = 64,
	.known_flags = PINCHECK_FOLLOW_FLAGS,
	.output_first = offsetof(struct pincheck_follow, hold), .output_end = 64,
	.needs_admin = true,
};

FIXTURE_VARIANT_ADD(ioctl, revoke)
{
	.number = PINCHECK_IOC_REVOKE, .good = good_revoke,
	.reserved = offsetof(struct pincheck_revoke, reserved),
	.abi1_size = 40,
	.known_flags = PINCHECK_REVOKE_FLAGS,
	.output_first = offsetof(struct pincheck_revoke, mapped), .output_end = 40,
};

FIXTURE_VARIANT_ADD(ioctl, events)
{
	.number = PINCHECK_IOC_EVENTS, .good = good_events, .abi1_size = 48,
	.output_first = offsetof(struct pincheck_events, count), .output_end = 48,
	.of_mirror = true,
};

FIXTURE_VARIANT_ADD(ioctl, trace)
{
	.number = PINCHECK_IOC_TRACE, .good = good_trace, .abi1_size = 32,
	.known_flags = PINCHECK_TRACE_FLAGS,
	.reserved = offsetof(struct pincheck_trace, reserved),
	.output_first = offsetof(struct pincheck_trace, functions), .output_end = 32,
	.needs_admin = true, .of_trace = true,
};

FIXTURE_VARIANT_ADD(ioctl, trace_read)
{
	.number = PINCHECK_IOC_TRACE_READ, .good = good_trace_read, .abi1_size = 72,
	.reserved = offsetof(struct pincheck_trace_read, reserved),
	.output_first = offsetof(struct pincheck_trace_read, count), .output_end = 72,
	.needs_admin = true, .of_trace = true,
};

SUITE_FACTS(ioctl)
{
	facts->event = name;
}

static int begin_trace(const struct referents *to)
{
	struct pincheck_trace trace = { .records = PINCHECK_TRACE_RECORDS_MIN };

	return pincheck_trace(to->stage.session, &trace);
}

FIXTURE_SETUP(ioctl)
{
	const struct hold_row pin = STAGE_ROW(PIN, FAST, HOLD_RW);
	const struct hold_row mirror = STAGE_ROW(MIRROR, UNKNOWN, HOLD_RW);

	ASSERT_STAGE_OPEN(&self->to.stage);
	SUITE_NEEDS(variant->of_mirror ? NEEDS_MIRROR : variant->of_trace ? NEEDS_TRACE : 0);
	ASSERT_EQ(0, stage_hold_all(&self->to.stage, variant->of_mirror ? mirror : pin));
	self->to.references = variant->of_mirror ? 0 : STAGE_PAGES;
	/* Cases change the mapping of the argument: it has pages of its own, and a hole follows. */
	self->argument = mmap(NULL, 2 * ARGUMENT_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->argument);
	munmap((char *)self->argument + ARGUMENT_BYTES, ARGUMENT_BYTES);
	if (variant->number == PINCHECK_IOC_FOLLOW) {
		self->to.device = device_map(self->to.stage.session, &flavour_fault, PROT_READ);
		ASSERT_NE(MAP_FAILED, (void *)self->to.device);
	}
	if (variant->of_trace && variant->number != PINCHECK_IOC_TRACE) {
		ASSERT_EQ(0, begin_trace(&self->to));
	}
	variant->good(self->argument, &self->to);
}

FIXTURE_TEARDOWN(ioctl)
{
	if (self->to.device)
		munmap(self->to.device, DEVICE_SMALL_BYTES);
	EXPECT_STAGE_CLEAN(&self->to.stage);
}

/* Issues the command on @argument. Return: 0 or -errno. */
static int issue_command(FIXTURE_DATA(ioctl) *self, const FIXTURE_VARIANT(ioctl) *variant,
			 void *argument)
{
	return ioctl(self->to.stage.session, variant->number, argument) < 0 ? -errno : 0;
}

static int issue_good(FIXTURE_DATA(ioctl) *self, const FIXTURE_VARIANT(ioctl) *variant)
{
	memcpy(&self->as_sent, self->argument, sizeof(self->as_sent));
	return issue_command(self, variant, self->argument);
}

/* True if the last issue_good() left the argument unchanged. */
static bool argument_untouched(const FIXTURE_DATA(ioctl) *self)
{
	return !memcmp(&self->as_sent, self->argument, sizeof(self->as_sent));
}

/* True if the hold that the setup took is still the only one of this session. */
static bool only_the_first_hold(const FIXTURE_DATA(ioctl) *self)
{
	struct pincheck_info info;

	return !pincheck_info(self->to.stage.session, &info) && info.session_holds == 1 &&
	       info.session_pages == self->to.references;
}

/* The control: the module accepts the good argument that the bad ones are made from. */
CASE(ioctl, good_argument, .rows = "P1")
{
	EXPECT_EQ(0, issue_good(self, variant));
	evidence("size=%u accepted=1", self->as_sent.size);
}

/* The argument may grow, but an argument of ABI 1 stays valid for ever. */
CASE(ioctl, size_of_abi1, .rows = "P2")
{
	ASSERT_LE(variant->abi1_size, self->argument->size);
	self->argument->size = variant->abi1_size;
	EXPECT_EQ(0, issue_good(self, variant));
	evidence("size=%u accepted=1", variant->abi1_size);
}

CASE(ioctl, size_too_small, .rows = "P1 P2")
{
	const __u32 sizes[] = {
		0, 1, 3, 4, 7, 8, variant->abi1_size / 2, variant->abi1_size - 4,
		variant->abi1_size - 1,
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		self->argument->size = sizes[i];
		EXPECT_EQ(-EINVAL, issue_good(self, variant)) TH_LOG("size %u", sizes[i]);
		EXPECT_TRUE(argument_untouched(self)) TH_LOG("size %u", sizes[i]);
		EXPECT_TRUE(only_the_first_hold(self)) TH_LOG("size %u", sizes[i]);
	}
	evidence("sizes=%zu below=%u errno=EINVAL", ARRAY_SIZE(sizes), variant->abi1_size);
}

/* A caller that was built with a newer header and uses nothing new. */
CASE(ioctl, size_larger_zero_tail, .rows = "P2")
{
	__u32 size = self->argument->size + 8;

	self->argument->size = size;
	EXPECT_EQ(0, issue_good(self, variant));
	for (size_t i = size - 8; i < ARGUMENT_BYTES; i++) {
		ASSERT_EQ(0, self->argument->bytes[i]) TH_LOG("byte %zu was written", i);
	}
	evidence("size=%u tail=zero accepted=1", size);
}

CASE(ioctl, size_of_a_page_zero_tail, .rows = "P2")
{
	self->argument->size = ARGUMENT_BYTES;
	EXPECT_EQ(0, issue_good(self, variant));
	evidence("size=%u tail=zero accepted=1", ARGUMENT_BYTES);
}

/* A caller that uses what this module does not know is refused, not misunderstood. */
CASE(ioctl, size_larger_tail_used, .rows = "P1 P2")
{
	__u32 size = self->argument->size;
	const size_t tails[] = { size, size + 1, size + 7, size + 100, ARGUMENT_BYTES - 1 };

	self->argument->size = ARGUMENT_BYTES;
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		self->argument->bytes[tails[i]] = 0x80;
		EXPECT_EQ(-E2BIG, issue_good(self, variant)) TH_LOG("byte %zu set", tails[i]);
		EXPECT_TRUE(argument_untouched(self)) TH_LOG("byte %zu set", tails[i]);
		EXPECT_TRUE(only_the_first_hold(self)) TH_LOG("byte %zu set", tails[i]);
		self->argument->bytes[tails[i]] = 0;
	}
	evidence("places=%zu tail_bytes=%zu errno=E2BIG", ARRAY_SIZE(tails),
		 (size_t)ARGUMENT_BYTES - size);
}

/* Absurd sizes: the module refuses them before it reads that many bytes. */
CASE(ioctl, size_huge, .rows = "P1 P2")
{
	const __u32 sizes[] = { ARGUMENT_BYTES + 1, 1U << 20, 0x7fffffff, 0x80000000, 0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		self->argument->size = sizes[i];
		EXPECT_EQ(-E2BIG, issue_good(self, variant)) TH_LOG("size %#x", sizes[i]);
		EXPECT_TRUE(argument_untouched(self)) TH_LOG("size %#x", sizes[i]);
		EXPECT_TRUE(only_the_first_hold(self)) TH_LOG("size %#x", sizes[i]);
	}
	evidence("sizes=%zu errno=E2BIG", ARRAY_SIZE(sizes));
}

/* Sets one bit of a word of the argument that this module cannot know. */
static void refuse_bit(struct __test_metadata *_metadata, FIXTURE_DATA(ioctl) *self,
		       const FIXTURE_VARIANT(ioctl) *variant, size_t offset, unsigned int bit)
{
	__u32 word;

	variant->good(self->argument, &self->to);
	memcpy(&word, &self->argument->bytes[offset], sizeof(word));
	word |= 1U << bit;
	memcpy(&self->argument->bytes[offset], &word, sizeof(word));
	EXPECT_EQ(-EINVAL, issue_good(self, variant)) TH_LOG("offset %zu bit %u", offset, bit);
	EXPECT_TRUE(only_the_first_hold(self)) TH_LOG("offset %zu bit %u", offset, bit);
	/* HOLD and FOLLOW answer why they failed; the other commands answer only on success. */
	if (variant->number == PINCHECK_IOC_HOLD) {
		EXPECT_EQ(PINCHECK_REASON_ARGUMENT, self->argument->hold.reason);
	} else if (variant->number == PINCHECK_IOC_FOLLOW) {
		EXPECT_EQ(PINCHECK_REASON_ARGUMENT, self->argument->follow.reason);
	} else {
		EXPECT_TRUE(argument_untouched(self)) TH_LOG("offset %zu bit %u", offset, bit);
	}
}

/* Each bit alone: a bit that the module ignores today could not get a meaning later. */
CASE(ioctl, flags_and_reserved_unknown, .rows = "P1")
{
	unsigned int flags = 0, reserved = 0;

	for (unsigned int bit = 0; bit < 32; bit++) {
		if (variant->known_flags & (1U << bit))
			continue;
		refuse_bit(_metadata, self, variant, offsetof(union argument, flags), bit);
		flags++;
	}
	for (unsigned int bit = 0; variant->reserved && bit < 32; bit++) {
		refuse_bit(_metadata, self, variant, variant->reserved, bit);
		reserved++;
	}
	EXPECT_EQ(32U - __builtin_popcount(variant->known_flags), flags);
	evidence("unknown_flags=%u reserved_bits=%u errno=EINVAL", flags, reserved);
}

/* Callers need not clear the fields that only the module writes. */
CASE(ioctl, outputs_are_not_read, .rows = "P2")
{
	unsigned char preset[8];

	memset(preset, 0xa5, sizeof(preset));
	for (size_t i = variant->output_first; i < variant->output_end; i++)
		self->argument->bytes[i] = 0xa5;
	memset(self->to.bytes, 0xa5, sizeof(self->to.bytes));
	memset(self->to.pages, 0xa5, sizeof(self->to.pages));
	memset(self->to.reports, 0xa5, sizeof(self->to.reports));
	EXPECT_EQ(0, issue_good(self, variant));
	for (size_t i = variant->output_first; i < variant->output_end; i += 8) {
		EXPECT_NE(0, memcmp(&self->argument->bytes[i], preset, sizeof(preset)))
			TH_LOG("bytes %zu to %zu were not answered", i, i + 7);
	}
	if (variant->number == PINCHECK_IOC_REPORT) {
		EXPECT_EQ(0, self->to.reports[STAGE_PAGES - 1].pfn);
	}
	evidence("outputs=0xa5 accepted=1 note=\"the outputs are overwritten\"");
}

/* The caller may not read the argument: -EFAULT, and no splat (the runner looks for splats). */
CASE(ioctl, pointer_bad, .rows = "P3")
{
	unsigned char *hole = (unsigned char *)self->argument + ARGUMENT_BYTES;
	void *const pointers[] = {
		NULL, (void *)1, (void *)0xffffULL, hole, (void *)-1L, (void *)-4096L,
		(void *)0x0000800000000000ULL, (void *)0x8000000000000000ULL,
		(void *)0xffff888000001000ULL, (void *)0xffffffff81000000ULL,
	};

	for (size_t i = 0; i < ARRAY_SIZE(pointers); i++) {
		EXPECT_EQ(-EFAULT, issue_command(self, variant, pointers[i]))
			TH_LOG("%p", pointers[i]);
		EXPECT_TRUE(only_the_first_hold(self)) TH_LOG("%p", pointers[i]);
	}
	evidence("bad_pointers=%zu errno=EFAULT", ARRAY_SIZE(pointers));
}

/* The argument runs into a hole, at every length of the part before the hole. */
CASE(ioctl, pointer_into_a_hole, .rows = "P3")
{
	unsigned char *end = (unsigned char *)self->argument + ARGUMENT_BYTES;
	union argument good = *self->argument;

	for (__u32 readable = 1; readable < good.size; readable++) {
		memcpy(end - readable, &good, readable);
		EXPECT_EQ(-EFAULT, issue_command(self, variant, end - readable))
			TH_LOG("%u", readable);
		EXPECT_TRUE(only_the_first_hold(self)) TH_LOG("%u bytes readable", readable);
	}
	evidence("readable_bytes=1..%u errno=EFAULT", good.size - 1);
}

CASE(ioctl, pointer_prot_none, .rows = "P3")
{
	ASSERT_EQ(0, mprotect(self->argument, ARGUMENT_BYTES, PROT_NONE));
	EXPECT_EQ(-EFAULT, issue_command(self, variant, self->argument));
	EXPECT_TRUE(only_the_first_hold(self));
	evidence("argument=PROT_NONE errno=EFAULT");
}

/*
 * All numbers are _IOWR, so the argument must be writable. If HOLD cannot answer, its hold must not
 * stay, because no caller knows its id. If RELEASE cannot answer, the hold is either gone or whole.
 */
CASE(ioctl, pointer_read_only, .rows = "P3")
{
	struct pincheck_info info;
	int error;

	ASSERT_EQ(0, mprotect(self->argument, ARGUMENT_BYTES, PROT_READ));
	error = issue_command(self, variant, self->argument);
	EXPECT_EQ(-EFAULT, error);
	ASSERT_EQ(0, pincheck_info(self->to.stage.session, &info));
	EXPECT_LE(info.session_holds, 1);
	EXPECT_EQ(info.session_holds * self->to.references, info.session_pages);
	evidence("answer=read_only errno=EFAULT holds=%llu", info.session_holds);
}

/* The ABI does not require an aligned argument. */
CASE(ioctl, pointer_unaligned, .rows = "P3")
{
	unsigned char *odd = (unsigned char *)self->argument + 1001;

	memcpy(odd, self->argument, self->argument->size);
	EXPECT_EQ(0, issue_command(self, variant, odd));
	evidence("address=odd accepted=1");
}

/* The module compares magic and number only: the encoded size changes with every new field. */
CASE(ioctl, number_with_another_size, .rows = "P4")
{
	static const __u32 sizes[] = { 0, 4, 8, 200, (1 << _IOC_SIZEBITS) - 1 };
	__u32 nr = _IOC_NR(variant->number);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long number = _IOC(_IOC_READ | _IOC_WRITE, PINCHECK_IOC_MAGIC, nr,
					    sizes[i]);

		/* RELEASE succeeds only once: each round takes a hold of its own. */
		if (variant->number == PINCHECK_IOC_RELEASE && i) {
			ASSERT_EQ(0, pincheck_hold(self->to.stage.session, &self->to.stage.hold));
		}
		/* A session has one trace. */
		if (variant->number == PINCHECK_IOC_TRACE && i) {
			ASSERT_EQ(0, pincheck_trace_end(self->to.stage.session));
		}
		variant->good(self->argument, &self->to);
		EXPECT_EQ(0, ioctl(self->to.stage.session, number, self->argument))
			TH_LOG("size %u in the number: %s", sizes[i], strerror(errno));
	}
	evidence("number=%#x other_sizes=%zu accepted=1", nr, ARRAY_SIZE(sizes));
}

/* All fields have a fixed width, so the argument of a 32-bit program is the same. */
CASE(ioctl, from_a_32_bit_program, .rows = "P2")
{
	union argument *low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	SUITE_NEEDS(NEEDS_CALL32);
	ASSERT_NE(MAP_FAILED, (void *)low);
	memcpy(low, self->argument, sizeof(*low));
	EXPECT_EQ(0, call32(CALL32_IOCTL, self->to.stage.session, variant->number,
			    (uintptr_t)low));
	if (variant->number == PINCHECK_IOC_PAGES) {
		EXPECT_EQ(stage_pfn(self->to.stage.memory), self->to.pages[0].pfn);
	}
	low->size = 3;
	EXPECT_EQ(-EINVAL, call32(CALL32_IOCTL, self->to.stage.session, variant->number,
				  (uintptr_t)low));
	munmap(low, sizeof(*low));
	evidence("int80=accepted size_3=EINVAL");
}

/* PFNs and reports need CAP_SYS_ADMIN; all other commands need only the open device. */
CASE(ioctl, without_sys_admin, .rows = "P5")
{
	int expected = variant->needs_admin ? -EPERM : 0;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, capability_drop(CAP_SYS_ADMIN));
	EXPECT_EQ(expected, issue_good(self, variant));
	if (expected) {
		EXPECT_TRUE(argument_untouched(self));
	}
	ASSERT_EQ(0, capability_raise(CAP_SYS_ADMIN));
	if (expected) {
		EXPECT_EQ(0, issue_good(self, variant));
	}
	for (size_t i = 0; expected && i < STAGE_PAGES; i++)
		if (variant->number == PINCHECK_IOC_PAGES) {
			EXPECT_NE(0, self->to.pages[i].pfn);
		}
	evidence("without_cap_sys_admin=%s", expected ? "EPERM" : "accepted");
}

PINCHECK_TEST_MAIN
