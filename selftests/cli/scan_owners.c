// SPDX-License-Identifier: GPL-2.0-only
/*
 * scan_owners: `pincheck scan` while a driver of the kernel's own holds the memory: the command finds each held
 * page, and names the process, the address and the driver. Its pins are those that the kernel counts.
 */
#include "suite.h"
#include <inttypes.h>
#include <sys/mman.h>
#include "command.h"
#include "pin_accounting.h"
#include "rdma_link.h"

TOPIC(scan_owners)
TOPIC_VARIANT(scan_owners, base, pin_rw_lt_fast)
TOPIC_VARIANT(scan_owners, base, uring)
TOPIC_VARIANT(scan_owners, thp_pmd, uring)
TOPIC_VARIANT(scan_owners, hugetlb, uring)
TOPIC_VARIANT(scan_owners, base, rdma)
TOPIC_VARIANT(scan_owners, thp_pmd, rdma)
TOPIC_VARIANT(scan_owners, shmem_shared, rdma)
TOPIC_VARIANT(scan_owners, base, vfio)
TOPIC_VARIANT(scan_owners, shmem_shared, udmabuf)
TOPIC_VARIANT(scan_owners, memfd_hugetlb, udmabuf)
TOPIC_VARIANT(scan_owners, base, xdp)
TOPIC_VARIANT(scan_owners, base, v4l2)
TOPIC_VARIANT(scan_owners, base, odirect)
TOPIC_VARIANT(scan_owners, base, process_vm)
TOPIC_VARIANT(scan_owners, base, vmsplice)
TOPIC_VARIANT(scan_owners, base, zerocopy)

SUITE_PREPARE
{
	command_prepare();
	rdma_link_for_run();
}

/* What HOLDER must say. */
static const struct {
	const char *hold;
	const char *holder;
	bool guessed;
} holders[] = {
	{ "pin_rw_lt_fast", "pincheck", false },
	{ "uring", "io_uring", false },
	{ "rdma", "rdma", true },
	{ "vfio", "vfio", true },
	{ "udmabuf", "udmabuf", true },
	{ "xdp", "af_xdp", true },
	{ "v4l2", "v4l2", true },
	{ "odirect", "o_direct", true },
	/* The process that copies does not map the pages. */
	{ "process_vm", "unknown", false },
	{ "vmsplice", "pipe", true },
	{ "zerocopy", "tcp-zerocopy", true },
};

static size_t holder_of(const struct subject *subject)
{
	size_t i = 0;

	while (strcmp(holders[i].hold, subject->product->hold->name))
		i++;
	return i;
}

/* Return: what the command prints with these options as JSON, or NULL */
static json_t *scan_json(const char *const *options)
{
	const char *words[12] = { "scan", "--json" };
	struct command command;
	json_t *root;

	for (size_t i = 0; options[i] && i + 3 < ARRAY_SIZE(words); i++)
		words[i + 2] = options[i];
	if (command_start(&command, words))
		return NULL;
	root = command_json(&command);
	if (!command_end(&command, NULL, 0))
		return root;
	json_decref(root);
	return NULL;
}

#define SCAN(...)	scan_json((const char *const []) { __VA_ARGS__, NULL })

/* By which filter does SCAN find the hold? A driver of an old kernel may have plain references. */
static const char *filter_of(const struct subject *subject)
{
	return subject->hold.kind->traits & HOLD_PIN ? "--pinned" : "--excess";
}

/* Return: the row of the folio whose first page frame is @head, or NULL */
static const json_t *row_of_folio(const json_t *root, uint64_t head)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(root, "pages"), i, row) {
		if (number_of(row, "pfn") == (long long)head)
			return row;
	}
	return NULL;
}

static bool names_process(const json_t *row, const char *address)
{
	return number_of(row, "address") == (long long)(uintptr_t)address &&
	       json_integer_value(json_object_get(row, "pid")) == getpid();
}

/* The count of references to the page of @sample is as the hold has it. */
static bool has_count(const struct subject *subject, const json_t *row, size_t sample)
{
	bool pins = subject->hold.kind->traits & HOLD_PIN;
	int units = hold_expected_units(&subject->hold, sample, subject_is(subject, MEMORY_LARGE));

	return number_of(row, pins ? "pins" : "unexplained") == units;
}

/* ACCURACY. The command finds the page of each sample, where it is, and who holds it. */
static void verdict_named(struct subject *subject, const json_t *root, struct verdict *verdict)
{
	const char *holder = holders[holder_of(subject)].holder;
	struct witness now;
	int error = witness_take(subject, &now);

	verdict_start(verdict, "ACCURACY");
	if (error)
		return verdict_failed(verdict, "cannot look at the page", error);
	for (size_t i = 0; i < subject->memory.samples; i++) {
		size_t page = subject->memory.sample[i];
		const json_t *row = row_of_folio(root, now.report[i].head);
		char *address = memory_address(&subject->memory, subject_is(subject, MEMORY_LARGE) ? 0 : page);

		if (!row)
			verdict_broken(verdict, "the scan does not find the page", page);
		else if (!names_process(row, address))
			verdict_broken(verdict, "the scan names another place", page);
		else if (strcmp(text_of(row, "holder"), holder))
			verdict_broken(verdict, "the scan names another holder", page);
		else if (!has_count(subject, row, i))
			verdict_broken(verdict, "the scan counts otherwise", page);
		if (i)
			continue;
		verdict_note(verdict, "pfn=%" PRIx64 " pid=%d pins=%lld unexplained=%lld holder=\"%s\" said=\"%s\"",
			     now.mapped[i], getpid(), number_of(row, "pins"), number_of(row, "unexplained"),
			     text_of(row, "holder"), text_of(row, "evidence"));
	}
}

SCENARIO(scan_owners, named, .rows = "P51", .event = "pin")
{
	json_t *root;

	ASSERT_DONE(subject_hold(subject));
	root = SCAN(filter_of(subject));
	ASSERT_NE(NULL, root);
	EXPECT_VERDICT(verdict_named, subject, root);
	json_decref(root);
}

/* Pins of folios that this process maps, by the command. */
static int64_t pins_by_command(void)
{
	char pid[16];
	json_t *root, *row;
	int64_t pins = 0;
	size_t i;

	snprintf(pid, sizeof(pid), "%d", getpid());
	root = SCAN("--pid", pid);
	json_array_foreach(json_object_get(root, "pages"), i, row)
		pins += number_of(row, "pins");
	pins = root ? pins : -1;
	json_decref(root);
	return pins;
}

/* ACCURACY. The pins of this process are all that the machine has more than before: nr_foll_pin. */
SCENARIO(scan_owners, counted, .rows = "P51 B14", .event = "pin", .hold = HOLD_PIN)
{
	int64_t before = pins_by_command(), surplus, now;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(pins_surplus(&surplus));
	now = pins_by_command();
	evidence("before=%" PRId64 " scan=%" PRId64 " nr_foll_pin=%" PRId64, before, now, surplus);
	EXPECT_EQ(0, before);
	EXPECT_EQ(surplus, now);
	ASSERT_DONE(subject_release(subject));
	EXPECT_EQ(0, pins_by_command());
}

/* Does any process map the folio, or is any named as its holder? */
static bool is_unknown(const json_t *row)
{
	return json_is_null(json_object_get(row, "pid")) && !*text_of(row, "evidence") &&
	       !strcmp(text_of(row, "holder"), "unknown");
}

static bool outlives_mapping(const void *variant)
{
	const struct product *product = variant;
	const char *name = product->hold->name;

	return !strcmp(name, "uring") || !strcmp(name, "rdma") || !strcmp(name, "xdp");
}

/*
 * ACCURACY. The process gives anonymous memory up that a driver holds: nobody maps the pages, and the
 * command suspects nobody, although this process has a descriptor of the driver.
 */
SCENARIO(scan_owners, unmapped, .rows = "P51 B16", .event = "munmap", .not_memory = MEMORY_SHMEM,
	 .exists = outlives_mapping)
{
	struct witness before;
	const json_t *row;
	json_t *root;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	memory_unmap(&subject->memory);
	root = SCAN("--pinned");
	row = row_of_folio(root, before.report[0].head);
	evidence("pfn=%" PRIx64 " pins=%lld holder=\"%s\" said=\"%s\"", before.mapped[0],
		 number_of(row, "pins"), text_of(row, "holder"), text_of(row, "evidence"));
	EXPECT_NE(NULL, row);
	EXPECT_TRUE(is_unknown(row));
	json_decref(root);
}

TOPIC_NEEDS("rdma v4l2 edu vfio own_guest");
PINCHECK_TEST_MAIN
