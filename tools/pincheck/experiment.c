// SPDX-License-Identifier: GPL-2.0-only
/* Experiments on reuse. */
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

static int hold(struct experiment *experiment, __u32 kind, __u32 flags, size_t page)
{
	struct pincheck_hold hold = {
		.kind = kind, .path = PINCHECK_PATH_FAST, .flags = flags, .len = PAGE_BYTES,
		.addr = (uintptr_t)experiment->memory.start + page * PAGE_BYTES,
	};

	return pincheck_hold(experiment->memory.session, &hold);
}

static int get(struct experiment *experiment)
{
	return hold(experiment, PINCHECK_KIND_GET, 0, 0);
}

static int pin(struct experiment *experiment)
{
	return hold(experiment, PINCHECK_KIND_PIN, PINCHECK_HOLD_WRITE, 0);
}

static int get_neighbour(struct experiment *experiment)
{
	return hold(experiment, PINCHECK_KIND_GET, 0, 1);
}

static int pin_neighbour(struct experiment *experiment)
{
	return hold(experiment, PINCHECK_KIND_PIN, PINCHECK_HOLD_WRITE, 1);
}

static int protect(struct experiment *experiment)
{
	return usermem_reprotect(experiment->memory.start, experiment->memory.bytes);
}

static int splice_page(struct experiment *experiment)
{
	struct iovec page = { experiment->memory.start, PAGE_BYTES };
	ssize_t spliced = vmsplice(experiment->tube[1], &page, 1, 0);

	if (spliced < 0)
		return -errno;
	if (spliced != (ssize_t)PAGE_BYTES)
		return cause_say(-EIO, "vmsplice() took %zd bytes of a page", spliced);
	return 0;
}

static int open_tube(struct experiment *experiment)
{
	return pipe2(experiment->tube, O_CLOEXEC) ? -errno : 0;
}

static int fill_tube(struct experiment *experiment)
{
	return open_tube(experiment) ?: splice_page(experiment);
}

static int unmap_page(struct experiment *experiment)
{
	return munmap(experiment->memory.start, PAGE_BYTES) ? -errno : 0;
}

static int nothing(struct experiment *experiment)
{
	(void)experiment;
	return 0;
}

static _Noreturn void be_child(struct experiment *experiment, int channel, pid_t parent,
			       int (*task)(struct experiment *experiment))
{
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_USAGE);
	close(experiment->channel);
	error = task(experiment);
	/* Told it is done; then it waits for the other end to be closed. */
	if (send(channel, &error, sizeof(error), MSG_NOSIGNAL) == sizeof(error))
		(void)!recv(channel, &error, sizeof(error), 0);
	_exit(0);
}

/* A child that has the same pages by COW, does @task and lives on. */
static int start_child(struct experiment *experiment, int (*task)(struct experiment *experiment))
{
	pid_t parent = getpid();
	int pair[2], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	experiment->channel = pair[0];
	experiment->child = fork();
	if (!experiment->child)
		be_child(experiment, pair[1], parent, task);
	close(pair[1]);
	if (experiment->child < 0)
		return -errno;
	if (recv(pair[0], &error, sizeof(error), 0) != sizeof(error))
		return cause_say(-ECHILD, "the child ended before it had done its part");
	return error;
}

static int fork_child(struct experiment *experiment)
{
	return start_child(experiment, nothing);
}

static int child_splices(struct experiment *experiment)
{
	return open_tube(experiment) ?: start_child(experiment, splice_page);
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
	{ "exclusive", "nobody else's; write-protected meanwhile", 0, { protect } },
	{ "reference", "nobody else's, with a plain reference on it", 0, { get, protect } },
	{ "pin", "nobody else's, and pinned", 0, { pin, protect } },
	{ "pipe", "nobody else's, and in a pipe by vmsplice", 0, { fill_tube, protect } },
	{ "neighbour-pin", "another page of the folio is pinned", USERMEM_LARGE,
	  { pin_neighbour, protect } },
	{ "child", "a child maps it, too", 0, { fork_child } },
	{ "child-reference", "the same, with a plain reference on it", 0, { get, fork_child } },
	{ "child-unmapped", "a child has unmapped it, but not the rest of the folio", USERMEM_PARTIAL,
	  { child_unmaps_page } },
	{ "gone", "a child mapped it and is gone", 0, { fork_child, end_child } },
	{ "gone-reference", "the same; a plain reference from before is on it", 0,
	  { get, fork_child, end_child } },
	{ "gone-pipe", "a child put it into a pipe and is gone", 0,
	  { child_splices, end_child } },
	{ "gone-neighbour", "a child is gone; another page of the folio has a reference", USERMEM_LARGE,
	  { fork_child, end_child, get_neighbour } },
};

const struct situation *situations(size_t *count)
{
	*count = ARRAY_SIZE(rows);
	return rows;
}

/* What the models say, then what happens. */
static int write_and_look(struct experiment *experiment)
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
		return cause_say(-ENODATA, "the page left memory after it was written: is the machine "
				 "short of memory?");
	return 0;
}

static void clean_up(struct experiment *experiment)
{
	end_child(experiment);
	for (size_t i = 0; i < 2; i++) {
		if (experiment->tube[i] >= 0)
			close(experiment->tube[i]);
	}
	/* The session goes with all its holds. */
	close(experiment->memory.session);
	usermem_close(&experiment->memory);
}

int experiment_run(struct experiment *experiment, const struct situation *situation,
		   const struct usermem_kind *kind)
{
	int error;

	*experiment = (struct experiment) {
		.situation = situation, .channel = -1, .tube = { -1, -1 },
		.memory.session = pincheck_open(),
	};
	if (experiment->memory.session < 0)
		return experiment->memory.session;
	error = usermem_open(&experiment->memory, kind, 0);
	for (size_t i = 0; !error && i < STEPS && situation->steps[i]; i++)
		error = situation->steps[i](experiment);
	if (!error)
		error = write_and_look(experiment);
	clean_up(experiment);
	return error;
}
