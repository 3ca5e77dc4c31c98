// SPDX-License-Identifier: GPL-2.0-only
/* Which holder the command names, from made reports and from descriptors of this process. Prints TAP. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/page_size.h"
#include "tools/lib/test/tap.h"
#include "tools/pincheck/holders.h"
#include "tools/pincheck/holdings.h"

/** struct scene - a process with two ranges and some hints, and a page that it maps */
struct scene {
	struct driver range_driver;
	struct driver hint_drivers[2];
	struct range ranges[2];
	struct hint hints[2];
	struct holdings holdings;
	struct process process;
	struct area *area;
	struct owner owner;
};

static void set_scene(struct scene *scene, __u64 pages, size_t ranges, size_t hints)
{
	*scene = (struct scene) {
		.range_driver = { .name = "io_uring", .takes = TAKES_PINS },
		.hint_drivers = {
			{ .name = "rdma", .takes = TAKES_PINS },
			{ .name = "pipe", .takes = TAKES_GETS },
		},
		.process = { .pid = 1234, .name = "server" },
		.area = calloc(1, sizeof(*scene->area) + 1),
	};
	for (size_t i = 0; i < 2; i++) {
		scene->ranges[i] = (struct range) {
			.start = 0x10000 + i * PAGE_BYTES, .end = 0x10000 + (i + pages) * PAGE_BYTES,
			.driver = &scene->range_driver, .text = "a buffer",
		};
		scene->hints[i] = (struct hint) { .driver = &scene->hint_drivers[i], .text = "a descriptor" };
	}
	scene->holdings = (struct holdings) {
		.ranges = scene->ranges, .range_count = ranges, .longest = pages * PAGE_BYTES,
		.hints = scene->hints, .hint_count = hints,
	};
	scene->process.holdings = &scene->holdings;
	scene->area->process = &scene->process;
	scene->owner = (struct owner) { .pages = pages, .address = 0x10000, .area = scene->area };
}

static struct pincheck_report with_pins(int pins, unsigned int ours)
{
	return (struct pincheck_report) {
		.present = PINCHECK_REPORT_EXPLAINED | PINCHECK_REPORT_LEDGER, .pins = pins,
		.folio_pins = ours, .unexplained = pins * 1024,
	};
}

static struct pincheck_report with_references(int count)
{
	return (struct pincheck_report) { .present = PINCHECK_REPORT_EXPLAINED, .unexplained = count };
}

static bool says(const struct scene *scene, size_t owners, struct pincheck_report report, const char *holder,
		 bool guessed)
{
	struct judgement judgement;

	holder_judge(&report, &scene->owner, owners, &judgement);
	printf("# %s: %s\n", judgement.holder, judgement.evidence);
	return !strcmp(judgement.holder, holder) && judgement.guessed == guessed;
}

static void test_judgements(void)
{
	struct scene scene;

	set_scene(&scene, 1, 1, 0);
	tap_verdict(says(&scene, 1, with_pins(1, 0), "io_uring", false), "a range that covers the page");
	tap_verdict(says(&scene, 1, with_pins(2, 0), "io_uring, unknown", false), "a pin that no range explains");
	tap_verdict(says(&scene, 1, with_pins(2, 1), "pincheck, io_uring", false), "the ledger and a range");
	tap_verdict(says(&scene, 0, with_pins(1, 0), "unknown", false), "a page that no process maps");
	free(scene.area);
	set_scene(&scene, 512, 1, 0);
	tap_verdict(says(&scene, 1, with_pins(512, 0), "io_uring", false), "a pin for each page of a folio");
	tap_verdict(says(&scene, 1, with_pins(1, 0), "io_uring", false), "one pin for a folio");
	free(scene.area);
	set_scene(&scene, 1, 0, 2);
	tap_verdict(says(&scene, 1, with_pins(1, 0), "rdma", true), "a guess among what takes pins");
	tap_verdict(says(&scene, 1, with_references(1), "pipe", true), "a guess among what takes references");
	scene.hint_drivers[1].takes = TAKES_PINS;
	tap_verdict(says(&scene, 1, with_pins(1, 0), "rdma or pipe", true), "a guess between two");
	tap_verdict(says(&scene, 1, with_references(1), "unknown", false), "nothing takes references");
	tap_verdict(says(&scene, 1, with_pins(1, 1), "pincheck", false), "no guess where the ledger explains all");
	free(scene.area);
}

static void test_ranges(void)
{
	const struct range *range;
	struct scene scene;

	set_scene(&scene, 2, 2, 0);
	range = holdings_next(&scene.holdings, 0x10000 + PAGE_BYTES, 0x10000 + 2 * PAGE_BYTES, NULL);
	tap_verdict(range == &scene.ranges[0], "the first of two ranges that overlap");
	range = holdings_next(&scene.holdings, 0x10000 + PAGE_BYTES, 0x10000 + 2 * PAGE_BYTES, range);
	tap_verdict(range == &scene.ranges[1], "and the second");
	range = holdings_next(&scene.holdings, 0x10000 + PAGE_BYTES, 0x10000 + 2 * PAGE_BYTES, range);
	tap_verdict(!range, "and no more");
	tap_verdict(!holdings_next(&scene.holdings, 0, 0x10000, NULL), "none before");
	tap_verdict(!holdings_next(&scene.holdings, 0x10000 + 3 * PAGE_BYTES, ~0ULL, NULL), "none behind");
	free(scene.area);
}

static const char *hint_of(const struct holdings *holdings, const char *name)
{
	for (size_t i = 0; i < holdings->hint_count; i++) {
		if (!strcmp(holdings->hints[i].driver->name, name))
			return holdings->hints[i].text;
	}
	return NULL;
}

/* An empty pipe holds nothing, a pipe with bytes may. A file with O_DIRECT does only with requests in flight. */
static void test_own_descriptors(void)
{
	int ends[2], file = open("/proc/self/exe", O_RDONLY | O_DIRECT | O_CLOEXEC);
	struct holdings *holdings;
	const char *hint;

	if (pipe2(ends, O_CLOEXEC))
		exit(1);
	holdings = holdings_read(getpid());
	tap_verdict(!hint_of(holdings, "pipe") || !strstr(hint_of(holdings, "pipe"), " 3 bytes"), "an empty pipe");
	tap_verdict(file < 0 || holdings->direct == file, "a descriptor with O_DIRECT");
	tap_verdict(!hint_of(holdings, "o_direct"), "without a queue of requests");
	holdings_release(holdings);
	if (write(ends[1], "abc", 3) != 3)
		exit(1);
	holdings = holdings_read(getpid());
	hint = hint_of(holdings, "pipe");
	/* A sandbox may forbid pidfd_getfd(). */
	tap_verdict(!hint || strstr(hint, "pipe:["), "a pipe with bytes: %s", hint ?: "not seen");
	holdings_release(holdings);
	close(ends[0]);
	close(ends[1]);
	if (file >= 0)
		close(file);
}

int main(void)
{
	tap_begin();
	test_judgements();
	test_ranges();
	test_own_descriptors();
	return tap_end();
}
