// SPDX-License-Identifier: GPL-2.0-only
/* pincheck hold: hold pages as a device would, print which pages they are, and keep them for a while. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/cause.h"
#include "tools/lib/kinds.h"
#include "tools/lib/pincheck.h"
#include "tools/pincheck/columns.h"
#include "tools/pincheck/keep_hold.h"
#include "tools/lib/usermem.h"
#include "tools/pincheck/pincheck.h"

#define FILE_PREFIX	"file="

/**
 * struct hold - the arguments, and the memory that they name
 * @request: for the device
 * @where: kind of memory to make, or file=PATH; NULL: the memory of another process is held
 * @bytes: of memory to make; 0: the least that this kind can have, or the whole file
 * @all: a line for each page
 * @memory: that was made; its start is NULL where none was
 * @keep: what ends the hold
 */
struct hold {
	struct output output;
	struct pincheck_hold request;
	const char *where;
	__u64 bytes;
	bool all;
	struct usermem memory;
	struct keep keep;
};

/* Why the device refuses a hold, and what mends that. */
static const struct {
	const char *why;
	const char *mend;
} reasons[] = {
	[PINCHECK_REASON_NONE]	   = { "the device gives no reason", "See dmesg" },
	[PINCHECK_REASON_ARGUMENT] = { "the request is malformed",
				       "Make address and length multiples of the page size, use "
				       "--longterm with kind pin only, and hold fewer pages than "
				       "MAX-HOLD-PAGES of pincheck info" },
	[PINCHECK_REASON_CAPABILITY] = { "a capability is missing", "Use sudo" },
	[PINCHECK_REASON_LIMIT]	   = { "a limit of the device is reached",
				       "Hold less: pincheck info prints the limits" },
	[PINCHECK_REASON_MEMLOCK]  = { "RLIMIT_MEMLOCK is reached",
				       "sudo prlimit --memlock=unlimited --pid=PID, or hold less" },
	[PINCHECK_REASON_UNMAPPED] = { "nothing is mapped there, or the file ends before",
				       "See /proc/PID/maps, or hold less" },
	[PINCHECK_REASON_ACCESS]   = { "the mapping, or the file, forbids this access",
				       "Leave out --write, or try --force" },
	[PINCHECK_REASON_PFNMAP]   = { "device memory without pages is mapped there",
				       "GUP never gives it: use --kind pfnmap, or other memory" },
	[PINCHECK_REASON_FILE]	   = { "it is secret memory, or a file that must not be pinned like that",
				       "Leave out --longterm or --write; for kind memfd, name a file "
				       "of shmem or hugetlb" },
	[PINCHECK_REASON_MEMORY]   = { "no memory is free; or a page that is to be pinned "
				       "long-term cannot leave ZONE_MOVABLE, because others hold it",
				       "Hold less, or find the others: pincheck scan --unmovable" },
	[PINCHECK_REASON_SIGNAL]   = { "a signal interrupted it", "Try again" },
	[PINCHECK_REASON_KERNEL]   = { "the kernel gives no reason", "See dmesg" },
	[PINCHECK_REASON_ABSENT]   = { "this kernel has no holds of this kind",
				       "pincheck info prints which kinds it has" },
	[PINCHECK_REASON_PAGES]	   = { "memory with pages is mapped there",
				       "Kind pfnmap is for device memory: use another --kind" },
	[PINCHECK_REASON_POOL]	   = { "no huge page of this size is free in the hugetlb pool",
				       "Make the pool larger, see grep Huge /proc/meminfo: "
				       "sudo sysctl vm.nr_hugepages=64" },
};

static void print_refusal(const struct hold *hold, int error)
{
	const struct pincheck_hold *request = &hold->request;
	__u32 reason = request->reason < ARRAY_SIZE(reasons) ? request->reason : 0;

	fprintf(stderr, "pincheck: %llu bytes cannot be held: %s", request->len, strerror(-error));
	if (error == -ESRCH)
		fprintf(stderr, ": no process %d, or it has no memory. See: ps -p %d\n",
			request->pid, request->pid);
	else if (request->fail_addr || request->kind == PINCHECK_KIND_MEMFD)
		fprintf(stderr, " at %#llx: %s. %s\n", request->fail_addr, reasons[reason].why,
			reasons[reason].mend);
	else
		fprintf(stderr, ": %s. %s\n", reasons[reason].why, reasons[reason].mend);
}

/* Return: enum pincheck_kind, or 0 if there is no kind @name. */
static __u32 kind_by_name(const char *name)
{
	for (__u32 kind = 1; strcmp(pincheck_kind_name(kind), "?"); kind++) {
		if (!strcmp(pincheck_kind_name(kind), name))
			return kind;
	}
	return 0;
}

/* The names of all kinds of memory, for people. */
static const char *memory_names(void)
{
	static char names[100];
	size_t used = 0;

	for (size_t i = 0; i < USERMEM_KINDS; i++)
		used += snprintf(names + used, sizeof(names) - used, "%s, ", usermem_kinds[i].name);
	return names;
}

static const struct {
	int key;
	__u32 flag;
	const char *name;
} flags[] = {
	{ 'w', PINCHECK_HOLD_WRITE, "write" }, { 'l', PINCHECK_HOLD_LONGTERM, "longterm" },
	{ 'F', PINCHECK_HOLD_FORCE, "force" }, { 'W', PINCHECK_HOLD_WHITELIST, "whitelist" },
};

static bool add_flag(struct hold *hold, int key)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (flags[i].key == key) {
			hold->request.flags |= flags[i].flag;
			return true;
		}
	}
	return false;
}

/* ADDRESS LENGTH, or the command to run. */
static void add_argument(struct hold *hold, struct argp_state *state, char *argument)
{
	/* argp drops "--"; everything behind it is the command. */
	if (hold->where || state->arg_num >= 2 ||
	    (state->quoted && state->next > state->quoted)) {
		hold->keep.command = state->argv + state->next - 1;
		state->next = state->argc;
	} else if (!state->arg_num) {
		hold->request.addr = parse_number(state, "ADDRESS", argument);
	} else {
		hold->request.len = parse_number(state, "LENGTH", argument);
	}
}

static void check_arguments(struct hold *hold, struct argp_state *state)
{
	struct pincheck_hold *request = &hold->request;
	bool file = hold->where && !strncmp(hold->where, FILE_PREFIX, strlen(FILE_PREFIX));

	if (!hold->where == !request->pid)
		argp_error(state, "name whose memory: --pid PID ADDRESS LENGTH, or --memory KIND");
	if (request->pid && !request->len)
		argp_error(state, "--pid needs ADDRESS and LENGTH: see /proc/%d/maps",
			   request->pid);
	if (hold->where && !file && !usermem_kind(hold->where))
		argp_error(state, "--memory: no kind '%s'. Choose from: %sfile=PATH", hold->where,
			   memory_names());
	if (request->kind == PINCHECK_KIND_MEMFD && !file)
		argp_error(state, "--kind memfd needs --memory file=PATH, a file of shmem or hugetlb");
}

static error_t parse_hold(int key, char *argument, struct argp_state *state)
{
	struct hold *hold = state->input;

	if (add_flag(hold, key))
		return 0;
	switch (key) {
	case 'p':
		hold->request.pid = parse_number(state, "--pid", argument);
		return 0;
	case 'k':
		hold->request.kind = kind_by_name(argument);
		if (!hold->request.kind)
			argp_error(state, "--kind: '%s' is none of" PINCHECK_KIND_NAMES, argument);
		return 0;
	case 's':
		hold->request.path = PINCHECK_PATH_SLOW;
		return 0;
	case 'm':
		hold->where = argument;
		return 0;
	case 'S':
		hold->bytes = parse_number(state, "--size", argument);
		return 0;
	case 'f':
		hold->keep.seconds = parse_number(state, "--for", argument);
		return 0;
	case 'A':
		hold->all = true;
		return 0;
	case ARGP_KEY_ARG:
		add_argument(hold, state, argument);
		return 0;
	case ARGP_KEY_END:
		check_arguments(hold, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Make the memory that --memory names. Return: 0, or a negative errno after printing an error. */
static int make_memory(struct hold *hold, int session)
{
	struct pincheck_hold *request = &hold->request;
	const struct usermem_kind *kind;
	int error;

	if (!hold->where)
		return 0;
	hold->memory.session = session;
	kind = usermem_kind(hold->where);
	if (kind)
		error = usermem_open(&hold->memory, kind, hold->bytes);
	else
		error = usermem_open_file(&hold->memory, hold->where + strlen(FILE_PREFIX),
					 hold->bytes, request->flags & PINCHECK_HOLD_WRITE);
	if (error) {
		fprintf(stderr, "pincheck: memory %s %s: %s. %s\n", hold->where,
			hold->memory.wrong, cause_of(error),
			kind ? usermem_mend(kind) : "Name a file that exists and is not empty");
		return error;
	}
	request->len = hold->memory.bytes;
	if (request->kind != PINCHECK_KIND_MEMFD) {
		request->addr = (uintptr_t)hold->memory.start;
		return 0;
	}
	/* A hold by file and offset has whole pages only. */
	request->fd = hold->memory.file;
	if (!hold->bytes)
		request->len = lseek(request->fd, 0, SEEK_END) / PAGE_BYTES * PAGE_BYTES;
	return 0;
}

static int hold_memory(struct hold *hold, int session)
{
	struct pincheck_hold *request = &hold->request;
	int error;

	/* GUP-fast reads the page tables of its caller only; kinds other than pin and get do not use GUP. */
	if (request->pid)
		request->path = PINCHECK_PATH_SLOW;
	if (request->kind != PINCHECK_KIND_PIN && request->kind != PINCHECK_KIND_GET)
		request->path = PINCHECK_PATH_UNKNOWN;
	error = pincheck_hold(session, request);
	if (error)
		print_refusal(hold, error);
	return error;
}

/* Add the held pages to @table. Return: 0 or a negative errno. */
static int add_held_pages(const struct hold *hold, int session, struct table *table)
{
	const struct pincheck_hold *request = &hold->request;
	struct pincheck_page *pages = calloc(request->pages, sizeof(*pages));
	struct sample *samples = calloc(request->pages, sizeof(*samples));
	int error = pages && samples ? pincheck_pages(session, request->hold, 0, request->pages,
						     pages) : -ENOMEM;

	for (__u64 i = 0; !error && i < request->pages; i++)
		samples[i] = (struct sample) {
			.address = request->addr ? request->addr + i * PAGE_BYTES : 0,
			.held = &pages[i], .report.pfn = pages[i].pfn,
		};
	if (!error)
		error = samples_read(session, samples, request->pages);
	if (!error)
		samples_to_rows(table, samples, request->pages, hold->all);
	free(samples);
	free(pages);
	return error;
}

static void print_summary(const struct hold *hold)
{
	const struct pincheck_hold *request = &hold->request;

	printf("process %d, %llu bytes at %#llx: %llu pages by %s", request->pid ?: getpid(),
	       request->len, request->addr, request->pages, pincheck_kind_name(request->kind));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (request->flags & flags[i].flag)
			printf(", %s", flags[i].name);
	}
	printf("; %llu fast, %llu slow\n", request->fast_pages, request->slow_pages);
}

static json_t *summary_json(const struct hold *hold)
{
	const struct pincheck_hold *request = &hold->request;
	json_t *root = json_object();

	json_object_set_new(root, "pid", json_integer(request->pid ?: getpid()));
	json_object_set_new(root, "address", json_sprintf("%#llx", request->addr));
	json_object_set_new(root, "length", json_integer(request->len));
	json_object_set_new(root, "kind", json_string(pincheck_kind_name(request->kind)));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		json_object_set_new(root, flags[i].name,
				    json_boolean(request->flags & flags[i].flag));
	json_object_set_new(root, "pages", json_integer(request->pages));
	json_object_set_new(root, "fast_pages", json_integer(request->fast_pages));
	json_object_set_new(root, "slow_pages", json_integer(request->slow_pages));
	return root;
}

static int print_hold(const struct hold *hold, struct table *table)
{
	json_t *root;
	int error;

	if (hold->output.json) {
		root = json_object();
		json_object_set_new(root, "hold", summary_json(hold));
		json_object_set_new(root, "pages", table_json(table));
		error = table_print_json(table, root);
	} else {
		if (!hold->output.raw && !hold->output.no_headings)
			print_summary(hold);
		error = table_print(table);
	}
	return error ?: fflush(stdout);
}

static int run_hold(void *input, struct table *table)
{
	struct hold *hold = input;
	int session = open_session(), code = EXIT_USAGE, signals, error;

	if (session < 0)
		return code;
	signals = keep_signals(hold->keep.command ? SIGCHLD : 0);
	if (make_memory(hold, session) || hold_memory(hold, session))
		goto close;
	error = add_held_pages(hold, session, table);
	if (error) {
		fprintf(stderr, "pincheck: the pages are held, but the device does not report them: %s. "
			NEEDS_ROOT "\n", cause_of(error));
		goto close;
	}
	if (!print_hold(hold, table))
		code = keep_until_done(&hold->keep, signals, hold->request.pid ?: getpid(),
				       hold->request.addr, hold->request.len);
close:
	close(signals);
	close(session);
	if (hold->memory.start)
		usermem_close(&hold->memory);
	return code;
}

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "hold LENGTH bytes at ADDRESS of this process", 0 },
	{ "memory", 'm', "KIND", 0, "hold memory that the command makes for itself: ", 0 },
	{ "size", 'S', "BYTES", 0, "of this memory", 0 },
	{ "kind", 'k', "KIND", 0, "of hold [pin]:" PINCHECK_KIND_NAMES, 1 },
	{ "write", 'w', NULL, 0, "for writing by the device (FOLL_WRITE)", 1 },
	{ "longterm", 'l', NULL, 0, "for a long time (FOLL_LONGTERM)", 1 },
	{ "force", 'F', NULL, 0, "even if the mapping forbids it (FOLL_FORCE)", 1 },
	{ "whitelist", 'W', NULL, 0, "refuse files that the whitelist denies, on any kernel", 1 },
	{ "slow", 's', NULL, 0, "take mmap_lock at once instead of trying GUP-fast", 1 },
	{ "for", 'f', "SECONDS", 0, "give the pages back after this time", 2 },
	{ "all", 'A', NULL, 0, "a line for each page; otherwise neighbours in a folio that are "
	  "the same share one", 2 },
	{ 0 }
};

/* The names of the kinds of memory come from their table. */
static char *add_memory_names(int key, const char *text, void *input)
{
	char *named = NULL;

	(void)input;
	if (key == 'm' && asprintf(&named, "%s%s" FILE_PREFIX "PATH", text, memory_names()) > 0)
		return named;
	return (char *)text;
}

int hold_command(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_hold, .help_filter = add_memory_names,
		.args_doc = "--pid PID ADDRESS LENGTH [-- COMMAND...]\n"
			    "--memory KIND [--size BYTES] [-- COMMAND...]",
		.doc = "Hold pages as a device would, and print which pages they are. Enter, the end "
		       "of input, SIGINT or SIGTERM ends the hold; with --for, the clock does; with "
		       "a COMMAND, its end does, and its exit code is returned. COMMAND finds the "
		       "pages by PINCHECK_PID, PINCHECK_ADDRESS and PINCHECK_LENGTH in its "
		       "environment.",
	};
	struct hold hold = {
		.request = { .kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST },
	};
	const struct table_command command = {
		.argp = &argp, .input = &hold, .output = &hold.output, .columns = report_columns(),
		.run = run_hold,
	};

	return table_command(&command, argc, argv);
}
