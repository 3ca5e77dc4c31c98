// SPDX-License-Identifier: GPL-2.0-only
/* pincheck info: what the loaded module offers on this kernel, and what it holds now. */
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/pincheck.h"
#include "tools/pincheck/pincheck.h"
#include "tools/table/table.h"

/**
 * struct fact - a column, and where struct pincheck_info has its value
 * @feature: the bit that says yes or no; 0: a number of @bytes at @offset
 */
static const struct fact {
	struct column column;
	__u64 feature;
	size_t offset;
	size_t bytes;
} facts[] = {
#define NUMBER(name, field, what)						\
	{ .column = { name, CELL_NUMBER, false, what },				\
	  .offset = offsetof(struct pincheck_info, field),			\
	  .bytes = sizeof(((struct pincheck_info *)0)->field) }
#define FEATURE(name, bit, what)						\
	{ .column = { name, CELL_FLAG, false, what }, .feature = PINCHECK_FEAT_##bit }
	NUMBER("ABI", abi, "number of the ioctl interface"),
	NUMBER("PAGE-SIZE", page_size, "bytes of a base page"),
	NUMBER("PMD-SIZE", pmd_size, "bytes that a PMD maps"),
	NUMBER("PIN-BIAS", pin_bias, "references that a pin of a small folio counts as"),
	NUMBER("MAX-HOLD-PAGES", max_hold_pages, "base pages in one hold, at most"),
	NUMBER("MAX-SESSION-HOLDS", max_session_holds, "holds of one session, at most"),
	NUMBER("SESSIONS", sessions, "open descriptors of the device"),
	NUMBER("ACQUIRED", acquired, "references and pins taken since the module was loaded"),
	NUMBER("RELEASED", released, "references and pins given back since then"),
	FEATURE("PATH", PATH, "each held page says whether GUP-fast found it"),
	FEATURE("ANON-EXCLUSIVE", ANON_EXCLUSIVE, "the kernel marks exclusive anonymous pages"),
	FEATURE("PIN-COUNT", PIN_COUNT, "large folios count pins apart from references"),
	FEATURE("FOLIO-MAPCOUNT", FOLIO_MAPCOUNT, "reports sum up the mappings of a folio"),
	FEATURE("ENTIRE-MAPCOUNT", ENTIRE_MAPCOUNT, "reports count mappings of a whole folio apart"),
	FEATURE("MEMFD", MEMFD, "holds of kind memfd: pages of a file, without a mapping"),
	FEATURE("NOFAULT", NOFAULT, "MAPPED is known also where GUP-fast cannot look"),
	FEATURE("MIRROR", MIRROR, "holds of kind mirror: no reference, but an MMU notifier"),
	FEATURE("PFNMAP", PFNMAP, "FOLLOW of device memory, and holds of kind pfnmap"),
	FEATURE("PFNMAP-HUGE", PFNMAP_HUGE, "device memory mapped by PMDs (Linux 6.12)"),
	FEATURE("TRACE", TRACE, "trace and leak: probes on the functions that take pins"),
	FEATURE("FILE-WHITELIST", FILE_WHITELIST, "the kernel refuses pins of dirty-tracked files"),
#undef FEATURE
#undef NUMBER
};

static void set_fact(struct table *table, size_t index, const struct pincheck_info *info)
{
	const char *at = (const char *)info + facts[index].offset;

	if (facts[index].feature)
		table_set(table, index, "%s", info->features & facts[index].feature ? "yes" : "no");
	else
		table_set(table, index, "%llu", facts[index].bytes == sizeof(__u64) ?
			  *(const __u64 *)at : *(const __u32 *)at);
}

static int run_info(void *input, struct table *table)
{
	struct pincheck_info info;
	int session = open_session(), error;

	(void)input;
	if (session < 0)
		return EXIT_USAGE;
	error = pincheck_info(session, &info);
	close(session);
	if (error) {
		fprintf(stderr, "pincheck: cannot ask %s: %s. %s\n", PINCHECK_DEVICE,
			strerror(-error), pincheck_open_hint(error));
		return EXIT_USAGE;
	}
	table_row(table);
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		set_fact(table, i, &info);
	return table_print_facts(table, true) ? EXIT_USAGE : EXIT_KEPT;
}

int info_command(int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "Print what the loaded module offers on this kernel, and what it holds now.",
	};
	static struct column rows[ARRAY_SIZE(facts)];
	static const struct columns columns = { "info", rows, ARRAY_SIZE(rows) };
	struct output output = { 0 };
	const struct table_command command = {
		.argp = &argp, .output = &output, .columns = &columns, .run = run_info,
	};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		rows[i] = facts[i].column;
	return table_command(&command, argc, argv);
}
