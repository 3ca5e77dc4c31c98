// SPDX-License-Identifier: GPL-2.0-only
/* The pieces of the runner that need no guest: splats, counting, verdicts, module order, the record. */
#include <archive.h>
#include <archive_entry.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../arch/arch.h"
#include "../../lib/directory.h"
#include "../../lib/test/tap.h"
#include "../console.h"
#include "../guest/guest.h"
#include "../guest/ktap_forward.h"
#include "../guests.h"
#include "../initramfs.h"
#include "../kmods.h"
#include "../machine.h"
#include "../needs.h"
#include "../options.h"
#include "../protocol.h"
#include "../record.h"
#include "../splat.h"
#include "../suite.h"
#include "../summary.h"
#include "../tape.h"
#include "../util.h"
#include "../verdict.h"

/* Lines as consoles have them: real splats, and everyday lines that only look like one. */
static const struct {
	bool is_splat;
	const char *line;
} lines[] = {
	{ true, "[   12.345678] WARNING: CPU: 1 PID: 9 at mm/gup.c:70 try_grab_folio+0x1/0x2" },
	{ true, "[   12.345678][    T9] WARNING: possible circular locking dependency detected" },
	{ true, "[   12.345678] BUG: KASAN: slab-use-after-free in hold_release+0x10/0x80" },
	{ true, "[   12.345678] BUG: Bad page state in process fork  pfn:12345" },
	{ true, "[   12.345678] kernel BUG at mm/rmap.c:1234!" },
	{ true, "[   12.345678] Oops: general protection fault, probably for address 0x1: 0000 [#1]" },
	{ true, "[   12.345678] UBSAN: array-index-out-of-bounds in pin.c:12:3" },
	{ true, "[   12.345678] INFO: task fork:12 blocked for more than 120 seconds." },
	{ true, "[   12.345678] rcu: INFO: rcu_preempt self-detected stall on CPU" },
	{ true, "[   12.345678] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [fork:12]" },
	{ false, "[    0.100000] RETBleed: WARNING: Spectre v2 mitigation leaves CPU vulnerable" },
	{ false, "[    5.100000] traps: fork[12] general protection fault ip:401000 sp:7ffc0 error:0" },
	{ false, "[    5.100000] pincheck: loading out-of-tree module taints kernel." },
	{ false, "[    5.100000] pincheck-vm: topic BUG: none" },
	{ false, "[    0.000000] DEBUG: just talking" },
	{ false, "[    5.100000] WARNING: known to be harmless: all is well" },
};

static void splats_are_told_from_talk(void)
{
	int fd = memfd_create("splats-allowed", 0);
	char *path = format_text("/proc/self/fd/%d", fd);

	dprintf(fd, "# the reason\nknown to be harmless\n");
	splat_allow_from(path);
	close(fd);
	free(path);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		bool ok = splat_starts(splat_skip_stamp(lines[i].line)) == lines[i].is_splat;

		if (!ok)
			printf("# %s\n", lines[i].line);
		tap_verdict(ok, "vm_parts.splat.line_%zu", i + 1);
	}
}

/**
 * struct story - a run that never was
 * @console: what the kernel said, @stream: what came as results
 */
struct story {
	const char *name;
	const char *console;
	const char *stream;
	enum machine_end end;
	const char *filter;
	enum exit_code code;
	unsigned int passed, failed, skipped;
	const char *reason;
};

#define HEAD	"KTAP version 1\n1..4\nok 1 boot\nok 2 insmod\n# pincheck-vm topic: fork\n"
#define TOPIC	"  KTAP version 1\n  1..2\n  ok 1 fork.a\n" \
		"  ok 2 fork.b # SKIP needs swap\nok 3 fork\n"
#define CLEAN	"  KTAP version 1\n  1..1\n  ok 1 pins\nok 4 clean\n"
#define END(n)	"# pincheck-vm end: results=" #n " topics=1\n"

static const struct story stories[] = {
	{ .name = "pass", .stream = HEAD TOPIC CLEAN END(7), .code = EXIT_PASS,
	  .passed = 4, .skipped = 1 },
	{ .name = "lost_result", .stream = HEAD TOPIC CLEAN END(8), .code = EXIT_FAIL,
	  .passed = 4, .failed = 1, .skipped = 1, .reason = "the guest sent 8 results, 7 arrived" },
	{ .name = "no_end_marker", .stream = HEAD TOPIC CLEAN, .code = EXIT_PANIC,
	  .passed = 4, .failed = 1, .skipped = 1, .reason = "without the end marker" },
	{ .name = "panic_in_case", .console = "[ 1.000000] Kernel panic - not syncing: Fatal\n",
	  .stream = HEAD "  KTAP version 1\n  1..2\n  #  RUN           fork.a ...\n",
	  .code = EXIT_PANIC, .passed = 2, .failed = 1, .reason = "during fork.a: Kernel panic" },
	{ .name = "panic_before_init", .console = "[ 1.000000] Kernel panic - not syncing: VFS\n",
	  .code = EXIT_NO_BOOT, .failed = 1, .reason = "panicked while booting" },
	{ .name = "stalled_boot", .end = END_NO_PROGRESS, .code = EXIT_NO_BOOT, .failed = 1,
	  .reason = "the boot stalled" },
	{ .name = "wedged_guest", .end = END_TOPIC_DEADLINE, .code = EXIT_TIMEOUT, .passed = 2,
	  .failed = 1, .stream = HEAD, .reason = "no longer answers, during topic fork" },
	{ .name = "hung_topic", .code = EXIT_TIMEOUT, .passed = 4, .failed = 1,
	  .stream = HEAD "  KTAP version 1\n  1..2\n  ok 1 fork.a\n"
	  "not ok 3 fork # TIMEOUT 5 seconds\n" CLEAN END(6), .reason = "1 topics overran" },
	{ .name = "console_splat", .console = "[ 1.000000] WARNING: CPU: 0 PID: 1 at x.c:1 f\n",
	  .stream = HEAD TOPIC CLEAN END(7), .code = EXIT_SPLAT, .passed = 4, .failed = 1,
	  .skipped = 1, .reason = "WARNING: CPU: 0" },
	{ .name = "skip_only", .code = EXIT_SKIP_ONLY, .passed = 3, .skipped = 1,
	  .stream = HEAD "  KTAP version 1\n  1..1\n  ok 1 fork.a # SKIP needs swap\nok 3 fork\n"
	  CLEAN END(6), .reason = "every test was skipped" },
	{ .name = "nothing_chosen", .filter = "x.*", .code = EXIT_USAGE, .passed = 3, .failed = 1,
	  .stream = HEAD "  KTAP version 1\n  1..0\nok 3 fork # SKIP " REASON_FILTER "\n" CLEAN END(5),
	  .reason = "no test matches 'x.*'" },
	{ .name = "one_failure_counts_once", .code = EXIT_FAIL, .passed = 3, .failed = 1,
	  .stream = HEAD "  KTAP version 1\n  1..1\n  not ok 1 fork.a\nnot ok 3 fork # exit status 1\n"
	  CLEAN END(6), .reason = "1 failed" },
	{ .name = "xpass_is_a_failure", .code = EXIT_FAIL, .passed = 3, .failed = 1,
	  .stream = HEAD "  KTAP version 1\n  1..1\n  ok 1 fork.a # XPASS stale\nnot ok 3 fork\n"
	  CLEAN END(6) },
	{ .name = "xfail_passes", .code = EXIT_PASS, .passed = 4,
	  .stream = HEAD "  KTAP version 1\n  1..1\n  ok 1 fork.a # XFAIL old kernel\nok 3 fork\n"
	  CLEAN END(6) },
	{ .name = "dead_program", .code = EXIT_FAIL, .passed = 4, .failed = 1,
	  .stream = HEAD "  KTAP version 1\n  1..2\n  ok 1 fork.a\n"
	  "not ok 3 fork # ERROR killed by signal 11\n" CLEAN END(6), .reason = "not whole: short plan" },
};

static void judge_story(const struct story *story)
{
	struct options options = { .arch = arch_host(), .filter = story->filter, .qemu_args = "" };
	struct machine machine = { .end = story->end, .limits = { .boot = 5, .test = 5 } };
	unsigned int passed, failed, skipped;
	struct verdict got;
	struct suite suite;
	bool ok;

	suite_init(&suite, NULL, NULL);
	if (story->console)
		console_feed(&machine.console, story->console, strlen(story->console));
	if (story->stream)
		suite_feed(&suite, story->stream, strlen(story->stream), 0);
	suite_finish(&suite);
	verdict_of(&got, &suite, &machine, &options);
	passed = suite_passed(&suite);
	failed = summary_failed(&suite, &got);
	skipped = suite.totals[KTAP_SKIP];
	ok = got.code == story->code && passed == story->passed && failed == story->failed &&
	     skipped == story->skipped && strstr(got.reason, story->reason ?: "");
	if (!ok)
		printf("# exit %d, %u passed, %u failed, %u skipped: %s\n", got.code, passed, failed,
		       skipped, got.reason);
	tap_verdict(ok, "vm_parts.verdict.%s", story->name);
	suite_free(&suite);
}

/* Two guests: the topic of the second one began while that of the first one ran. */
static void seconds_of_two_guests_count_once(void)
{
	static const struct {
		double when;
		const char *bytes;
	} pieces[] = {
		{ 10, "KTAP version 1\n1..2\n# pincheck-vm topic: fork\n" },
		{ 14, "  KTAP version 1\n  1..1\n  ok 1 fork.a\nok 1 fork\n" },
		{ 12, "# pincheck-vm topic: reuse\n" },
		{ 16, "  KTAP version 1\n  1..2\n  ok 1 reuse.a\n  ok 2 reuse.b\nok 2 reuse\n" },
	};
	struct suite suite;

	suite_init(&suite, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
		suite_feed(&suite, pieces[i].bytes, strlen(pieces[i].bytes), pieces[i].when);
	tap_verdict(suite_cases_per_second(&suite) == 3 / 6.0, "vm_parts.suite.seconds_count_once");
	suite_free(&suite);
}

static void note_piece(void *context, const char *bytes, size_t length, double when)
{
	char **heard = context;
	char *longer = format_text("%s%.0f:%.*s ", *heard, when, (int)length, bytes);

	free(*heard);
	*heard = longer;
}

static void tape_has_every_piece_once(void)
{
	char *heard = format_text("%s", "");
	struct tape tape = { 0 };

	tape_add(&tape, "one", 3, 1);
	tape_play(&tape, note_piece, &heard);
	tape_add(&tape, "two", 3, 2);
	tape_add(&tape, "three", 5, 3);
	tape_play(&tape, note_piece, &heard);
	tape_play(&tape, note_piece, &heard);
	tap_verdict(!strcmp(heard, "1:one 2:two 3:three "), "vm_parts.tape.every_piece_once");
	tape_rewind(&tape);
	tape_play(&tape, note_piece, &heard);
	tap_verdict(!strcmp(heard, "1:one 2:two 3:three 1:one 2:two 3:three "),
		    "vm_parts.tape.rewound");
	tape_clear(&tape);
	free(heard);
}

static const struct {
	const char *name;
	const char *line;
	bool int3;
} deaths[] = {
	{ "int3_of_6_12", "[ 2.475129] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\n", true },
	{ "int3_of_6_1", "[ 2.475129] int3: 0000 [#1] PREEMPT SMP NOPTI\n", true },
	{ "other_oops", "[ 2.475129] Oops: 0010 [#1] PREEMPT SMP NOPTI\n", false },
	{ "int3_in_a_trace", "[ 2.475129]  exc_int3+0x1/0x2\n", false },
};

static void judge_death(const char *name, const char *line, bool int3)
{
	struct console console = { 0 };

	console_feed(&console, line, strlen(line));
	tap_verdict(console.int3 == int3, "vm_parts.death.%s", name);
}

static void put_file(const char *directory, const char *name, const char *text)
{
	char *path = format_text("%s/%s", directory, name);
	FILE *file;

	make_directories_for(path);
	file = fopen(path, "we");
	if (file) {
		fputs(text, file);
		fclose(file);
	}
	free(path);
}

/* A kernel's module directory as depmod leaves it, with a soft dependency and a built-in. */
static void make_module_directory(const char *directory)
{
	put_file(directory, "modules.builtin", "kernel/mm/zsmalloc.ko\n");
	put_file(directory, "modules.softdep", "softdep ext4 pre: crypto-crc32c\n");
	put_file(directory, "modules.alias", "alias crypto-crc32c crc32c_generic\n");
	put_file(directory, "modules.dep",
		 "k/zram/zram.ko: k/lz4_compress.ko k/lz4-base.ko\n"
		 "k/lz4_compress.ko: k/lz4-base.ko\n"
		 "k/lz4-base.ko:\n"
		 "k/ext4.ko: k/jbd2.ko k/mbcache.ko\n"
		 "k/jbd2.ko:\nk/mbcache.ko:\n"
		 "k/edu_driver.ko: k/pci_base.ko\nk/pci_base.ko:\n"
		 "k/crypto/crc32c-generic.ko:\n");
	put_file(directory, "k/zram/zram.ko", "zram");
	put_file(directory, "k/lz4_compress.ko", "lz4_compress");
	put_file(directory, "k/lz4-base.ko", "lz4-base");
	put_file(directory, "k/ext4.ko", "ext4");
	put_file(directory, "k/jbd2.ko", "jbd2");
	put_file(directory, "k/mbcache.ko", "mbcache");
	put_file(directory, "k/edu_driver.ko", "edu_driver");
	put_file(directory, "k/pci_base.ko", "pci_base");
	put_file(directory, "k/crypto/crc32c-generic.ko", "crc32c-generic");
}

/* The contents of the packed modules, which are their names, in archive order: the load order. */
static char *packed_order(const char *path)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	char *order = format_text("%s", "");

	archive_read_support_format_cpio(archive);
	if (archive_read_open_filename(archive, path, 4096) != ARCHIVE_OK)
		printf("# cannot read %s: %s\n", path, archive_error_string(archive));
	while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
		char content[64] = "", *longer;

		if (strncmp(archive_entry_pathname(entry), &GUEST_KMOD_DIR[1],
			    strlen(GUEST_KMOD_DIR) - 1) || !archive_entry_size(entry))
			continue;
		archive_read_data(archive, content, sizeof(content) - 1);
		longer = format_text("%s%s ", order, content);
		free(order);
		order = longer;
	}
	archive_read_free(archive);
	return order;
}

/**
 * struct packing - which modules the guest gets
 * @load: what --load says
 * @order: the modules that are packed, in load order
 */
static const struct packing {
	const char *name;
	const char *load;
	const char *order;
} packings[] = {
	{ "order", NULL, "lz4-base lz4_compress zram crc32c-generic mbcache jbd2 ext4 " },
	{ "named", "edu_driver",
	  "lz4-base lz4_compress zram crc32c-generic mbcache jbd2 ext4 pci_base edu_driver " },
	{ "named_are_there", "zsmalloc jbd2",
	  "lz4-base lz4_compress zram crc32c-generic mbcache jbd2 ext4 " },
	{ "named_unknown", "none edu_driver",
	  "lz4-base lz4_compress zram crc32c-generic mbcache jbd2 ext4 pci_base edu_driver " },
};

static void judge_packing(const struct packing *packing, const char *directory)
{
	struct options options = {
		.modules = directory, .swap_mib = 16, .load = packing->load,
	};
	char *path = format_text("%s/initramfs", directory);
	struct initramfs *initramfs = initramfs_create(path, NULL);
	bool packed = initramfs && !kmods_pack(initramfs, &options) && !initramfs_close(initramfs);
	char *order = packed_order(path);
	bool ok = packed && !strcmp(order, packing->order);

	if (!ok)
		printf("# %s\n# expected %s\n", order, packing->order);
	tap_verdict(ok, "vm_parts.kmods.%s", packing->name);
	free(order);
	free(path);
}

static void modules_load_after_what_they_need(void)
{
	char *directory = format_text("%s/test/vm_parts", getenv("BUILD") ?: "build");
	char *remove = format_text("rm -rf -- '%s'", directory);

	if (system(remove))
		puts("# old files stay");
	make_module_directory(directory);
	for (size_t i = 0; i < ARRAY_SIZE(packings); i++)
		judge_packing(&packings[i], directory);
	free(remove);
	free(directory);
}

/* The text at @path of objects and arrays in run.json: "machine", "0" and so on. */
static json_t *json_at(json_t *json, const char *const *path)
{
	for (; *path && json; path++)
		json = json_is_array(json) ? json_array_get(json, strtoul(*path, NULL, 10))
					   : json_object_get(json, *path);
	return json;
}

/* The first of two guests panicked: the second never started, and has no command line. */
static void record_has_a_guest_that_never_started(void)
{
	char *directory = format_text("%s/test/vm_parts_record", getenv("BUILD") ?: "build");
	char *path = format_text("%s/run.json", directory);
	struct guest planned[] = { {
		.number = 1, .parameters = "", .topics = (char *[]){ "common" }, .topic_count = 1,
		.argv = (char *[]){ "qemu", "-smp", "2", NULL },
	}, {
		.number = 2, .parameters = "a=1", .topics = (char *[]){ "own" }, .topic_count = 1,
	} };
	struct guests guests = { .guests = planned, .count = ARRAY_SIZE(planned) };
	const struct options options = {
		.arch = arch_host(), .name = "test", .kernel = "/nonexistent/kernel",
		.results = directory, .append = "", .qemu_args = "", .qemu = "true",
	};
	const struct run run = {
		.options = &options, .guests = &guests, .accel_note = "",
		.boots = 1,
	};
	const struct verdict verdict = { .code = EXIT_PANIC, .name = "panic" };
	static const char *const of_first[] = { "machine", "argv", NULL };
	static const char *const of_second[] = { "machine", "own_guests", "0", "argv", NULL };
	static const char *const topic[] = { "machine", "own_guests", "0", "topics", "0", NULL };
	static const char *const code[] = { "verdict", "exit_code", NULL };
	struct suite suite;
	json_t *root = NULL;

	suite_init(&suite, NULL, NULL);
	if (!make_directories(directory) && !record_write(&run, &suite, &verdict))
		root = json_load_file(path, 0, NULL);
	tap_verdict(json_array_size(json_at(root, of_first)) == 3 &&
		    json_is_array(json_at(root, of_second)) &&
		    !json_array_size(json_at(root, of_second)) &&
		    !strcmp(json_string_value(json_at(root, topic)) ?: "", "own") &&
		    json_integer_value(json_at(root, code)) == EXIT_PANIC,
		    "vm_parts.record.guest_that_never_started");
	json_decref(root);
	suite_free(&suite);
	free(path);
	free(directory);
}

/* This program is a topic, too. */
static const char needs_of_this[] __attribute__((used, section(NEEDS_SECTION))) = "pmem a=1  b=2";

static void needs_are_read_from_a_script(void)
{
	int fd = memfd_create("script", 0);
	char *path = format_text("/proc/self/fd/%d", fd);
	struct needs needs;
	char word[64];

	dprintf(fd, "#!/tests/.interpreter\nprogram needs crypto\nneeds file_systems a=1\n");
	tap_verdict(!needs_read(path, &needs, word, sizeof(word)) &&
		    needs.bits == NEED_FILE_SYSTEMS && needs.own_guest &&
		    !strcmp(needs.parameters, "a=1"), "vm_parts.needs.script");
	close(fd);
	free(path);
}

/* "own" of a kernel that lacks the option joins the common guest. */
static void kernel_has_no_use_for_a_guest(void)
{
	char *directory = format_text("%s/test/vm_parts_config", getenv("BUILD") ?: "build");
	char *kernel = format_text("%s/image", directory), *make;
	const struct options options = {
		.tests = directory, .kernel = kernel, .arch = arch_host(), .append = "", .guests = 1,
	};
	static const char *const configs[] = { "CONFIG_X=y", "# CONFIG_X is not set", "CONFIG_Y=y" };

	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		struct guests guests;

		make = format_text("rm -rf -- '%s' && mkdir '%s' && cd '%s' && echo '%s' >.config && "
				   "ln -s /bin/sh common && echo '#!/bin/sh\nneeds a=1 CONFIG_X' >own && "
				   "chmod +x own", directory, directory, directory, configs[i]);
		tap_verdict(!system(make) && !guests_plan(&guests, &options) &&
			    guests.count == (i == 1 ? 1 : 2), "vm_parts.config.case_%zu", i + 1);
		guests_free(&guests);
		free(make);
	}
	free(kernel);
	free(directory);
}

static void needs_are_read_from_the_program(void)
{
	char word[16] = "";
	struct needs needs;

	tap_verdict(!needs_read("/proc/self/exe", &needs, word, sizeof(word)) &&
		    needs.bits == NEED_PMEM && needs.own_guest &&
		    !strcmp(needs.parameters, "a=1 b=2"), "vm_parts.needs.read");
	tap_verdict(!needs_read("/proc/self/cmdline", &needs, word, sizeof(word)) && !needs.bits &&
		    !needs.own_guest, "vm_parts.needs.no_program");
	needs_are_read_from_a_script();
}

/**
 * struct plan - which guests run "common" and "plain", programs without needs, and "own", this one
 * @guests: topics of each guest
 */
static const struct plan {
	const char *name;
	const char *filter;
	const char *guests[2];
	unsigned int results;
} plans[] = {
	{ "all", NULL, { "common plain", "own" }, 7 },
	{ "one_guest", "common.*", { "common own plain" }, 5 },
	{ "own_guest_only", "own.*", { "own common plain" }, 5 },
	{ "own_guest_found_first", "own.* plain.*", { "plain common", "own" }, 7 },
	{ "none_chosen", "x.*", { "common own plain" }, 5 },
};

static bool guest_is(const struct guests *guests, size_t number, const char *topics)
{
	const struct guest *guest = &guests->guests[number];

	for (size_t i = 0; number < guests->count && i < guest->topic_count; i++) {
		size_t length = strlen(guest->topics[i]);

		if (!topics || strncmp(topics, guest->topics[i], length))
			return false;
		topics += length + (topics[length] == ' ');
	}
	return !topics || !*topics;
}

static void topics_get_their_guests(const struct plan *plan, const char *directory)
{
	const struct options options = {
		.tests = directory, .filter = plan->filter, .append = "c=3",
	};
	struct guests guests;
	bool ok = !guests_plan(&guests, &options) && guests.results == plan->results;

	for (size_t i = 0; i < ARRAY_SIZE(plan->guests); i++)
		ok &= guest_is(&guests, i, plan->guests[i]);
	if (guests.count == 2)
		ok &= !strcmp(guest_options(&guests.guests[1], &options).append, "a=1 b=2 c=3") &&
		      guests.guests[1].needs == NEED_PMEM && guests.guests[1].results_before == 4;
	tap_verdict(ok, "vm_parts.guests.%s", plan->name);
	guests_free(&guests);
}

/**
 * struct sharing - how many guests share topics that need nothing
 * @topics: their number
 * @guests: that may run at the same time
 * @parts: topics of each guest
 */
static const struct sharing {
	const char *name;
	int topics;
	long guests;
	size_t parts[5];
} sharings[] = {
	{ "one_guest", 100, 1, { 100 } },
	{ "two_guests", 100, 2, { 34, 33, 33 } },
	{ "too_few_topics", 47, 2, { 47 } },
	{ "three_guests", 100, 3, { 25, 25, 25, 25 } },
	{ "many_processors", 60, 16, { 30, 30 } },
};

static bool parts_are(const struct guests *guests, const struct sharing *sharing)
{
	unsigned int results = 0;
	int topic = 0;
	bool ok = true;

	for (size_t i = 0; i < ARRAY_SIZE(sharing->parts); i++) {
		const struct guest *guest = &guests->guests[i];

		if (i >= guests->count)
			return ok && topic == sharing->topics;
		ok &= guest->topic_count == sharing->parts[i] && guest->results_before == results;
		for (size_t j = 0; ok && j < guest->topic_count; j++)
			ok &= atoi(guest->topics[j]) == topic++;
		results += 2 + (unsigned int)guest->topic_count;
	}
	return false;
}

static void many_topics_get_several_guests(void)
{
	char *directory = format_text("%s/test/vm_parts_sharing", getenv("BUILD") ?: "build");

	for (size_t i = 0; i < ARRAY_SIZE(sharings); i++) {
		const struct options options = {
			.tests = directory, .append = "", .guests = sharings[i].guests,
		};
		char *make = format_text("rm -rf -- '%s' && mkdir '%s' && cd '%s' && for i in $(seq 1 %d); "
					 "do ln -s /bin/sh $(printf %%03d $((i - 1))); done", directory,
					 directory, directory, sharings[i].topics);
		struct guests guests;
		bool ok = !system(make) && !guests_plan(&guests, &options) &&
			  parts_are(&guests, &sharings[i]);

		tap_verdict(ok, "vm_parts.sharing.%s", sharings[i].name);
		guests_free(&guests);
		free(make);
	}
	free(directory);
}

/* A file whose name begins with a dot is no topic. */
static const struct {
	const char *name;
	const char *program;
} programs[] = {
	{ "common", "/bin/sh" }, { "own", "/proc/self/exe" }, { "plain", "/bin/sh" },
	{ ".interpreter", "/bin/sh" },
};

static void guests_are_planned(void)
{
	char *directory = format_text("%s/test/vm_parts_guests", getenv("BUILD") ?: "build");

	if (make_directories(directory))
		printf("# cannot make %s\n", directory);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		char *path = format_text("%s/%s", directory, programs[i].name);

		unlink(path);
		if (symlink(programs[i].program, path))
			printf("# cannot make %s\n", path);
		free(path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++)
		topics_get_their_guests(&plans[i], directory);
	free(directory);
}

/* What a test program prints, and what of it a terse stream has */
static const char said[] = "TAP version 13\n1..3\n#  RUN a.b.one\n# pfn=1\nok 1 a.b.one\n"
	"# pfn=2 BROKEN\nnot ok 2 a.b.two\n# SKIP needs\nok 3 a.b.three # SKIP needs\n# last words\n";
static const char passed_on[] = "  KTAP version 1\n  1..3\n  ok 1 a.b.one\n  # pfn=2 BROKEN\n  not ok 2 a.b.two\n"
	"  ok 3 a.b.three # SKIP needs\n  # last words\n";

static void terse_stream_has_evidence_of_failures(void)
{
	int from = memfd_create("said", 0), to = memfd_create("passed on", 0);
	char got[sizeof(passed_on) + 64] = "";
	struct forward forward;

	dprintf(from, "%s", said);
	lseek(from, 0, SEEK_SET);
	report_to(to);
	forward_begin(&forward, true);
	while (forward_from(&forward, from))
		;
	forward_end(&forward);
	tap_verdict(pread(to, got, sizeof(got) - 1, 0) > 0 && !strcmp(got, passed_on),
		    "vm_parts.terse.evidence_of_failures");
	tap_verdict(forward.results == 3 && forward.planned == 3, "vm_parts.terse.counts");
	close(from);
	close(to);
}

/* The topics of the guest, as choose_topics() finds them: a letter each */
static char chosen[8];

unsigned int topics_count(void)
{
	return (unsigned int)strlen(chosen);
}

void topics_keep(bool (*wanted)(const struct config *config, const char *topic, unsigned int number),
		 const struct config *config)
{
	char *kept = chosen;
	unsigned int number = 0;

	for (const char *at = chosen; *at; at++, number++)
		if (wanted(config, (const char[]){ *at, '\0' }, number))
			*kept++ = *at;
	*kept = '\0';
}

static const struct {
	const char *name;
	long shards, shard, boot, plan;
	const char *topics;
	long results;
} choices[] = {
	{ "whole", 1, 1, 1, 0, "abcde", 7 },
	{ "first_shard", 2, 1, 1, 0, "ace", 5 },
	{ "last_shard", 2, 2, 1, 0, "bd", 4 },
	{ "more_shards_than_topics", 7, 7, 1, 0, "", 2 },
	{ "other_boot", 1, 1, 2, 0, "", 2 },
	{ "host_has_counted", 2, 1, 1, 99, "abcde", 99 },
};

static void topics_are_shared(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		struct config config = {
			.guest = choices[i].boot, .plan = choices[i].plan,
			.shards = choices[i].shards, .shard = choices[i].shard,
		};

		strcpy(chosen, "abcde");
		choose_topics(&config);
		tap_verdict(!strcmp(chosen, choices[i].topics) && config.plan == choices[i].results,
			    "vm_parts.choice.%s", choices[i].name);
	}
}

/* make unit runs in the top directory. */
static void man_page_has_the_exit_codes(void)
{
#define EXIT_CODE_OF_MAN(name, code, meaning)	".B " #code "\n" meaning "\n.TP 4\n"
	static const char expected[] = FOR_EACH_EXIT_CODE(EXIT_CODE_OF_MAN);
	char *page = read_file("Documentation/pincheck-vm.1", NULL);
	const char *found = page ? strstr(page, ".SH EXIT STATUS\n") : NULL;

	found = found ? strstr(found, ".B 0\n") : NULL;
	tap_verdict(found && !strncmp(found, expected, strlen(expected) - strlen(".TP 4\n")),
		    "vm_parts.exit_codes.man_page");
	free(page);
}

int main(void)
{
	tap_begin();
	needs_are_read_from_the_program();
	guests_are_planned();
	kernel_has_no_use_for_a_guest();
	terse_stream_has_evidence_of_failures();
	topics_are_shared();
	man_page_has_the_exit_codes();
	splats_are_told_from_talk();
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++)
		judge_story(&stories[i]);
	for (size_t i = 0; i < ARRAY_SIZE(deaths); i++)
		judge_death(deaths[i].name, deaths[i].line, deaths[i].int3);
	seconds_of_two_guests_count_once();
	tape_has_every_piece_once();
	many_topics_get_several_guests();
	modules_load_after_what_they_need();
	record_has_a_guest_that_never_started();
	return tap_end();
}
