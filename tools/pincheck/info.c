// SPDX-License-Identifier: GPL-2.0-only
/* pincheck info: what the loaded module offers on this kernel, and what it holds now. */
#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/pincheck.h"
#include "tools/pincheck/pincheck.h"

static const struct feature {
	__u64 bit;
	const char *name;
	const char *what;
} features[] = {
	{ PINCHECK_FEAT_PATH, "path", "fast and slow path told apart, a page at a time" },
	{ PINCHECK_FEAT_ANON_EXCLUSIVE, "anon_exclusive", "exclusive anonymous pages are marked" },
	{ PINCHECK_FEAT_PIN_COUNT, "pin_count", "large folios count pins apart" },
	{ PINCHECK_FEAT_FOLIO_MAPCOUNT, "folio_mapcount", "mappings of a whole folio are summed" },
	{ PINCHECK_FEAT_ENTIRE_MAPCOUNT, "entire_mapcount", "mappings as a whole are counted apart" },
	{ PINCHECK_FEAT_MEMFD, "memfd", "pages of a file can be held without a mapping" },
	{ PINCHECK_FEAT_NOFAULT, "nofault", "what is mapped is told also where GUP-fast does not look" },
	{ PINCHECK_FEAT_MIRROR, "mirror", "pages can be held without a reference, by a notifier" },
	{ PINCHECK_FEAT_PFNMAP, "pfnmap", "FOLLOW of device memory, and holds on it" },
	{ PINCHECK_FEAT_PFNMAP_HUGE, "pfnmap_huge", "device memory mapped by PMDs (6.12)" },
	{ PINCHECK_FEAT_FILE_WHITELIST, "file_whitelist", "the kernel refuses to pin dirty-tracked files" },
};

static const struct number {
	const char *name;
	size_t offset, size;
} numbers[] = {
#define NUMBER(field)	{ #field, offsetof(struct pincheck_info, field), \
			  sizeof(((struct pincheck_info *)0)->field) }
	NUMBER(abi), NUMBER(page_size), NUMBER(pmd_size), NUMBER(pin_bias), NUMBER(max_hold_pages),
	NUMBER(max_session_holds), NUMBER(sessions), NUMBER(acquired), NUMBER(released),
#undef NUMBER
};

static __u64 number_of(const struct pincheck_info *info, const struct number *number)
{
	const char *at = (const char *)info + number->offset;

	return number->size == sizeof(__u64) ? *(const __u64 *)at : *(const __u32 *)at;
}

static void print_text(const struct pincheck_info *info)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		printf("%-18s %llu\n", numbers[i].name, number_of(info, &numbers[i]));
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		printf("%-18s %-3s  %s\n", features[i].name,
		       info->features & features[i].bit ? "yes" : "no", features[i].what);
}

static void print_json(const struct pincheck_info *info)
{
	json_t *root = json_object(), *offered = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		json_object_set_new(root, numbers[i].name,
				    json_integer(number_of(info, &numbers[i])));
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		json_object_set_new(offered, features[i].name,
				    json_boolean(info->features & features[i].bit));
	json_object_set_new(root, "features", offered);
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	*(bool *)state->input = true;
	return 0;
}

int info_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", 'j', NULL, 0, "print JSON", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = "What the loaded module offers on this kernel, and what it holds now.",
	};
	struct pincheck_info info;
	bool json = false;
	int session, error;

	argp_parse(&argp, argc, argv, 0, NULL, &json);
	session = pincheck_open();
	error = session < 0 ? session : pincheck_info(session, &info);
	if (error) {
		fprintf(stderr, "pincheck: cannot ask %s: %s. %s\n", PINCHECK_DEVICE,
			strerror(-error), pincheck_open_hint(error));
		return EXIT_USAGE;
	}
	if (json)
		print_json(&info);
	else
		print_text(&info);
	close(session);
	return 0;
}
