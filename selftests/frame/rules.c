// SPDX-License-Identifier: GPL-2.0-only
/* Rules by which kernels differ: one probe for each. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/pincheck.h"
#include "clock.h"
#include "hold.h"
#include "memory.h"
#include "pin_accounting.h"
#include "require.h"
#include "rules.h"
#include "subject.h"

/*
 * A pipe has a reference to a page, which is mapped read-only and writable again: a write copies the page
 * because of the reference (09854ba94c6a, Linux 5.9), or the mark says that it is not shared.
 */
bool rules_anon_exclusive(void)
{
	char *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec first = { page, 1 };
	int ends[2];
	char seen = 0;

	if (page == MAP_FAILED)
		return false;
	if (!pipe2(ends, O_CLOEXEC)) {
		*page = 'a';
		if (vmsplice(ends[1], &first, 1, 0) == 1 && !usermem_reprotect(page, PAGE_BYTES)) {
			*(volatile char *)page = 'b';
			if (read(ends[0], &seen, 1) != 1)
				seen = 0;
		}
		close(ends[0]);
		close(ends[1]);
	}
	munmap(page, PAGE_BYTES);
	return seen == 'b';
}

/* Return: 1, 0, or a negative errno. */
static int probe_exclusive(struct memory *memory)
{
	struct pincheck_info info;
	int error;

	if (pincheck_is_forbidden())
		return rules_anon_exclusive();
	error = pincheck_info(memory->session, &info);
	return error ? error : !!(info.features & PINCHECK_FEAT_ANON_EXCLUSIVE);
}

/* A page that is mapped writable takes no fault when written. Without swap the answer is unused. */
static int probe_swapin_writable(struct memory *memory)
{
	struct rusage before, after;
	int error;

	if (require_missing(memory_swapped.needs))
		return 0;
	error = memory_map(memory, &memory_swapped);
	if (!error) {
		getrusage(RUSAGE_SELF, &before);
		memory_fill_sample(memory, 0, AFTER);
		getrusage(RUSAGE_SELF, &after);
	}
	memory_unmap(memory);
	return error ? error : before.ru_minflt == after.ru_minflt;
}

/* @pins: receives how many pins a fixed io_uring buffer over @memory adds to the machine's. */
static int count_pins_of_buffer(struct memory *memory, int64_t *pins)
{
	struct hold buffer = { 0 };
	int64_t before = 0, held = 0;
	int error = pins_surplus(&before);

	if (!error)
		error = hold_take(&buffer, &hold_uring, memory, 0, memory_pages(memory));
	if (!error)
		error = pins_surplus(&held);
	hold_release(&buffer);
	*pins = held - before;
	return error;
}

/*
 * Judges by the machine's counters of pins, not by the page counts that tests check. The buffer
 * adds 1 pin or one a page; other processes may pin and unpin meanwhile, so any other number is
 * read again. Without io_uring, huge pages or these counters the answer is unused.
 */
static int probe_uring_folds(struct memory *memory)
{
	const struct memory_kind *kind = &memory_thp_pmd;
	int64_t pins = 0, pages = PMD_BYTES / PAGE_BYTES, end = moment_end();
	int error;

	if (require_missing(hold_uring.needs) || !pins_readable())
		return 0;
	if (require_missing(kind->needs))
		kind = &memory_hugetlb;
	if (require_missing(kind->needs))
		return 0;
	error = memory_map(memory, kind);
	if (!error) {
		do {
			error = count_pins_of_buffer(memory, &pins);
		} while (!error && pins != 1 && pins != pages && moment_goes_on(end));
	}
	memory_unmap(memory);
	if (error)
		return error;
	if (pins != 1 && pins != pages)
		return cause_say(-EBADMSG, "an io_uring buffer of a huge page has %lld pins by "
				 "nr_foll_pin, not 1 or %lld. Stop other processes that pin memory",
				 (long long)pins, (long long)pages);
	return pins == 1;
}

static const struct {
	const char *name;
	int (*probe)(struct memory *memory);
} rules[RULES] = {
	[RULE_EXCLUSIVE]	= { "exclusive", probe_exclusive },
	[RULE_SWAPIN_WRITABLE]	= { "swapin_writable", probe_swapin_writable },
	[RULE_URING_FOLDS]	= { "uring_folds", probe_uring_folds },
};

static bool follows[RULES];

int rules_probe(void)
{
	struct memory memory = { .session = memory_session(), .pagemap = pagemap_open(0) };
	enum rule rule;
	int answer = 0;

	if (memory.session < 0 && memory.session != PAGES_BY_PROC)
		answer = memory.session;
	else if (memory.pagemap < 0)
		answer = memory.pagemap;
	for (rule = 0; rule < RULES && answer >= 0; rule++) {
		answer = rules[rule].probe(&memory);
		follows[rule] = answer > 0;
	}
	if (memory.pagemap >= 0)
		close(memory.pagemap);
	if (memory.session >= 0)
		close(memory.session);
	return answer < 0 ? answer : 0;
}

bool kernel_has_rule(enum rule rule)
{
	return follows[rule];
}

int rule_by_name(const char *name)
{
	int rule;

	for (rule = 0; rule < RULES; rule++) {
		if (!strcmp(rules[rule].name, name))
			return rule;
	}
	return -ENOENT;
}
