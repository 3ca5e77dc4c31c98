// SPDX-License-Identifier: GPL-2.0-only
/* Experiments on reuse: the situations that a page is brought into, and what a write then does. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/lib/cause.h"
#include "tools/lib/pincheck.h"
#include "tools/lib/usermem.h"
#include "tools/pincheck/experiment.h"
#include "tools/pincheck/pincheck.h"

static int hold_page(struct experiment *experiment, __u32 kind, __u32 flags, size_t page)
{
	struct pincheck_hold hold = {
		.kind = kind, .path = PINCHECK_PATH_FAST, .flags = flags, .len = PAGE_BYTES,
		.addr = (uintptr_t)experiment->memory.start + page * PAGE_BYTES,
	};

	return pincheck_hold(experiment->memory.session, &hold);
}

static int refer_to_page(struct experiment *experiment)
{
	return hold_page(experiment, PINCHECK_KIND_GET, 0, 0);
}

static int pin_page(struct experiment *experiment)
{
	return hold_page(experiment, PINCHECK_KIND_PIN, PINCHECK_HOLD_WRITE, 0);
}

static int refer_to_neighbour(struct experiment *experiment)
{
	return hold_page(experiment, PINCHECK_KIND_GET, 0, 1);
}

static int pin_neighbour_page(struct experiment *experiment)
{
	return hold_page(experiment, PINCHECK_KIND_PIN, PINCHECK_HOLD_WRITE, 1);
}

static int protect_memory(struct experiment *experiment)
{
	return usermem_reprotect(experiment->memory.start, experiment->memory.bytes);
}

static int splice_page(struct experiment *experiment)
{
	struct iovec page = { experiment->memory.start, PAGE_BYTES };
	ssize_t spliced = vmsplice(experiment->pipe[1], &page, 1, 0);

	if (spliced < 0)
		return -errno;
	if (spliced != (ssize_t)PAGE_BYTES)
		return cause_say(-EIO, "vmsplice() took %zd bytes of a page", spliced);
	return 0;
}

static int open_pipe(struct experiment *experiment)
{
	return pipe2(experiment->pipe, O_CLOEXEC) ? -errno : 0;
}

static int fill_pipe(struct experiment *experiment)
{
	return open_pipe(experiment) ?: splice_page(experiment);
}

static int unmap_page(struct experiment *experiment)
{
	return munmap(experiment->memory.start, PAGE_BYTES) ? -errno : 0;
}

static int do_nothing(struct experiment *experiment)
{
	(void)experiment;
	return 0;
}

static _Noreturn void run_child(struct experiment *experiment, int channel, pid_t parent,
			       int (*task)(struct experiment *experiment))
{
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_USAGE);
	close(experiment->channel);
	error = task(experiment);
	/* The parent learns the result; the child stays until the parent closes its end. */
	if (send(channel, &error, sizeof(error), MSG_NOSIGNAL) == sizeof(error))
		(void)!recv(channel, &error, sizeof(error), 0);
	_exit(0);
}

/* Fork a child, which shares the pages by COW, does @task and stays. */
static int start_child(struct experiment *experiment, int (*task)(struct experiment *experiment))
{
	pid_t parent = getpid();
	int pair[2], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	experiment->channel = pair[0];
	experiment->child = fork();
	if (!experiment->child)
		run_child(experiment, pair[1], parent, task);
	close(pair[1]);
	if (experiment->child < 0)
		return -errno;
	if (recv(pair[0], &error, sizeof(error), 0) != sizeof(error))
		return cause_say(-ECHILD, "the child ended before it finished its task: run it again");
	return error;
}

static int fork_child(struct experiment *experiment)
{
	return start_child(experiment, do_nothing);
}

static int child_splices(struct experiment *experiment)
{
	return open_pipe(experiment) ?: start_child(experiment, splice_page);
}

static int child_unmaps_page(struct experiment *experiment)
{
	return start_child(experiment, unmap_page);
}

static int end_child(struct experiment *experiment)
{
	if (experiment->channel >= 0)
		close(experiment->channel);
	experiment->channel = -1;
	if (experiment->child > 0 && waitpid(experiment->child, NULL, 0) < 0)
		return -errno;
	experiment->child = 0;
	return 0;
}

static const struct situation rows[] = {
	{ "exclusive", "no other process maps it; it was write-protected for a moment", 0, { protect_memory } },
	{ "reference", "no other process maps it; a plain reference is on it", 0, { refer_to_page, protect_memory } },
	{ "pin", "no other process maps it; it is pinned", 0, { pin_page, protect_memory } },
	{ "pipe", "no other process maps it; vmsplice() put it into a pipe", 0, { fill_pipe, protect_memory } },
	{ "neighbour-pin", "another page of the folio is pinned", USERMEM_LARGE,
	  { pin_neighbour_page, protect_memory } },
	{ "child", "a child maps it, too", 0, { fork_child } },
	{ "child-reference", "a child maps it, too; a plain reference is on it", 0, { refer_to_page, fork_child } },
	{ "child-unmapped", "a child unmapped it, but maps the rest of the folio", USERMEM_PARTIAL,
	  { child_unmaps_page } },
	{ "gone", "a child mapped it and has ended", 0, { fork_child, end_child } },
	{ "gone-reference", "a child mapped it and has ended; a plain reference is on it", 0,
	  { refer_to_page, fork_child, end_child } },
	{ "gone-pipe", "a child put it into a pipe and has ended", 0,
	  { child_splices, end_child } },
	{ "gone-neighbour", "a child has ended; another page of the folio has a reference", USERMEM_LARGE,
	  { fork_child, end_child, refer_to_neighbour } },
};

const struct situation *situations(size_t *count)
{
	*count = ARRAY_SIZE(rows);
	return rows;
}

/* Read what the models predict, write, and see what happened. */
static int write_page(struct experiment *experiment)
{
	struct usermem *memory = &experiment->memory;
	__u64 pfn = usermem_pfn(memory, 0);
	struct rusage before, after;
	int error = usermem_drain_lru();

	if (!error)
		error = pincheck_report_ledger(memory->session, &pfn, 1, &experiment->report);
	if (error)
		return error;
	getrusage(RUSAGE_SELF, &before);
	*(volatile char *)memory->start = 2;
	getrusage(RUSAGE_SELF, &after);
	experiment->faults = after.ru_minflt - before.ru_minflt;
	experiment->after = usermem_pfn(memory, 0);
	if (!experiment->after)
		return cause_say(-ENODATA, "the page left memory after the write: free some memory");
	return 0;
}

static void end_experiment(struct experiment *experiment)
{
	end_child(experiment);
	for (size_t i = 0; i < 2; i++) {
		if (experiment->pipe[i] >= 0)
			close(experiment->pipe[i]);
	}
	/* This releases all holds of the session. */
	close(experiment->memory.session);
	usermem_close(&experiment->memory);
}

int experiment_run(struct experiment *experiment, const struct situation *situation,
		   const struct usermem_kind *kind)
{
	int error;

	*experiment = (struct experiment) {
		.situation = situation, .channel = -1, .pipe = { -1, -1 },
		.memory.session = pincheck_open(),
	};
	if (experiment->memory.session < 0)
		return experiment->memory.session;
	error = usermem_open(&experiment->memory, kind, 0);
	for (size_t i = 0; !error && i < STEPS && situation->steps[i]; i++)
		error = situation->steps[i](experiment);
	if (!error)
		error = write_page(experiment);
	end_experiment(experiment);
	return error;
}
