// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLEAN: the module cannot be removed while it is in use, can be removed once it is not, and can
 * then be loaded again, with all counters at 0. Each way to use the module is a variant.
 */
#include "suite.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "fd_pass.h"
#include "stage.h"

#define MODULE		"pincheck"
#define OPENERS		2
#define IN_VAIN		100	/* failed attempts to open before an opener waits */
#define RACING		2000	/* attempts to remove a module that openers open all the time */
#define TRIES		1000000	/* attempts once the openers pause */

/**
 * struct use - a way to use the module
 * @begin: begins to use a new session; may close it. Return: the argument of @end, or negative
 * @end: ends the use
 */
struct use {
	int (*begin)(int session);
	void (*end)(int state);
};

FIXTURE(unload)
{
	const char *file;
};

FIXTURE_VARIANT(unload)
{
	struct use use;
	unsigned int times;
};

static void close_session(int session)
{
	close(session);
}

static int keep_open(int session)
{
	return session;
}

static int take_hold(int session)
{
	static unsigned char page[PAGE_BYTES_MAX] __attribute__((aligned(PAGE_BYTES_MAX)));
	struct pincheck_hold hold = {
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST,
		.flags = PINCHECK_HOLD_WRITE, .addr = (uintptr_t)page, .len = PAGE_BYTES,
	};

	return pincheck_hold(session, &hold) ? -1 : session;
}

/* The only descriptor is in a socket, where no process reads it. */
static int send_away(int session)
{
	int wire[2], error;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, wire))
		return -1;
	error = fd_send(wire[0], session, "s", 1, 0);
	if (error)
		return error;
	close(session);
	close(wire[0]);
	return wire[1];
}

/* A mapping is left, but no descriptor. */
static void *mapping = MAP_FAILED;

static int keep_mapped(int session)
{
	mapping = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, session,
		       PINCHECK_MMAP_FAULT);
	if (mapping == MAP_FAILED)
		return -1;
	close(session);
	*(volatile char *)mapping = 1;
	return 0;
}

static void unmap_device(int state)
{
	(void)state;
	munmap(mapping, PAGE_BYTES);
}

FIXTURE_VARIANT_ADD(unload, descriptor) { { keep_open, close_session }, 4 };
FIXTURE_VARIANT_ADD(unload, hold) { { take_hold, close_session }, 2 };
FIXTURE_VARIANT_ADD(unload, in_flight) { { send_away, close_session }, 2 };
FIXTURE_VARIANT_ADD(unload, mapping) { { keep_mapped, unmap_device }, 2 };

/*
 * Removing the module patches __get_user_pages(). Under emulation no other CPU may run this
 * function meanwhile: see Documentation/emulation.md. On one CPU the scheduler still switches at
 * any point.
 */
static void use_cpus(void)
{
	if (!getenv("KSFT_MACHINE_SLOW"))
		stage_use_all_cpus();
}

static int insert_module(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), error = 0;

	if (file < 0)
		return -errno;
	if (syscall(SYS_finit_module, file, "", 0))
		error = -errno;
	close(file);
	return error;
}

static int remove_module(void)
{
	return syscall(SYS_delete_module, MODULE, O_NONBLOCK) ? -errno : 0;
}

/* What the openers and the test share. */
struct openers {
	bool pause;
	unsigned int used;
	unsigned int absent;
	unsigned int odd;
};

/*
 * Retries until the module is unused. If openers never leave a gap, pauses them after RACING
 * attempts. Return: 0 or -errno; *refused: number of failed attempts
 */
static int remove_module_when_unused(struct openers *openers, unsigned int *refused)
{
	int error = remove_module();

	for (int tries = 0; error == -EWOULDBLOCK && tries < TRIES; tries++) {
		++*refused;
		__atomic_store_n(&openers->pause, tries > RACING, __ATOMIC_RELAXED);
		sched_yield();
		error = remove_module();
	}
	__atomic_store_n(&openers->pause, false, __ATOMIC_RELAXED);
	return error;
}

FIXTURE_SETUP(unload)
{
	SUITE_NEEDS(NEEDS_MODULE_FILE | (variant->use.begin == send_away ? NEEDS_UNIX : 0));
	self->file = getenv("PINCHECK_MODULE");
}

/* The topics that follow need the module, even if this case failed. */
FIXTURE_TEARDOWN(unload)
{
	if (self->file && access("/sys/module/" MODULE, F_OK))
		insert_module(self->file);
}

CASE(unload, refused_while_used, .rows = "P26")
{
	struct pincheck_info before, info;
	int session = pincheck_open(), state;
	struct openers none = { 0 };
	unsigned int refused = 0;

	ASSERT_LE(0, session);
	ASSERT_EQ(0, pincheck_info(session, &before));
	state = variant->use.begin(session);
	ASSERT_LE(0, state);
	EXPECT_EQ(-EWOULDBLOCK, remove_module());
	variant->use.end(state);
	ASSERT_EQ(0, remove_module_when_unused(&none, &refused));
	session = pincheck_open();
	EXPECT_EQ(-ENOENT, session);
	ASSERT_EQ(0, insert_module(self->file));
	session = pincheck_open();
	ASSERT_LE(0, session);
	ASSERT_EQ(0, pincheck_info(session, &info));
	EXPECT_EQ(1, info.sessions);
	EXPECT_EQ(0, info.acquired);
	EXPECT_EQ(before.features, info.features);
	close(session);
	evidence("refused=%u note=\"refused while used, removed after it, loaded again\"", refused);
}

/* Openers that never wait would keep the module from loading: waits for a change in /dev. */
static void await_device(int watch)
{
	char events[4096];

	if (read(watch, events, sizeof(events)) < 0)
		_exit(1);
}

static void open_all_the_time(struct openers *openers, const struct use *use)
{
	int watch = inotify_init1(IN_CLOEXEC), in_vain = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	use_cpus();
	if (watch >= 0 && inotify_add_watch(watch, "/dev", IN_CREATE | IN_DELETE) < 0)
		_exit(1);
	for (;; sched_yield()) {
		int session, state;
		unsigned int *what = &openers->used;

		if (__atomic_load_n(&openers->pause, __ATOMIC_RELAXED))
			continue;
		session = pincheck_open();
		if (session >= 0) {
			state = use->begin(session);
			if (state < 0)
				what = &openers->odd;
			else
				use->end(state);
			in_vain = 0;
		} else {
			/* No node, or the node of a device that is being removed. */
			what = session == -ENOENT || session == -ENODEV || session == -ENXIO ?
			       &openers->absent : &openers->odd;
		}
		__atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
		if (session < 0 && watch >= 0 && ++in_vain > IN_VAIN)
			await_device(watch);
	}
}

/* Openers find the device, or no device, and nothing in between. */
CASE_TIMEOUT(unload, while_others_open, 120, .rows = "P26")
{
	unsigned int refused = 0, removed = 0;
	struct openers *openers = suite_shared(sizeof(*openers));
	pid_t pids[OPENERS];
	int status, error = 0;

	use_cpus();
	for (size_t i = 0; i < OPENERS; i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			open_all_the_time(openers, &variant->use);
	}
	while (removed < variant->times && !error && suite_has_time()) {
		unsigned int used = __atomic_load_n(&openers->used, __ATOMIC_RELAXED);

		/* Each loaded module is used at least once. */
		while (__atomic_load_n(&openers->used, __ATOMIC_RELAXED) == used)
			sched_yield();
		error = remove_module_when_unused(openers, &refused);
		if (!error)
			error = insert_module(self->file);
		removed += !error;
	}
	for (size_t i = 0; i < OPENERS; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	EXPECT_EQ(0, error);
	EXPECT_OFTEN(variant->times, removed);
	EXPECT_EQ(0, openers->odd);
	evidence("removed=%u refused=%u used=%u absent=%u odd=%u", removed, refused, openers->used,
		 openers->absent, openers->odd);
}

PINCHECK_TEST_MAIN
