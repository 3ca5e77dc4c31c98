// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLEAN: the module cannot be taken away from under whoever uses it, and can be as soon as nobody
 * does; then it can be loaded again, and knows nothing of its former life. One variant a way to use
 * it.
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
#include "stage.h"

#define MODULE		"pincheck"
#define OPENERS		2
#define IN_VAIN		100	/* tries to open it before an opener waits */
#define RACING		2000	/* tries to remove a module that others open all the time */
#define TRIES		1000000	/* and once they rest */

/**
 * struct use - a way to use the module
 * @begin: with a session just opened; closes it if it goes on without. Return: what @end needs
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

static void close_it(int session)
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

/* The last descriptor is one that nobody has yet. */
static int send_away(int session)
{
	char byte = 's', control[CMSG_SPACE(sizeof(session))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int wire[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, wire))
		return -1;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(session));
	memcpy(CMSG_DATA(header), &session, sizeof(session));
	if (sendmsg(wire[0], &message, 0) != 1)
		return -1;
	close(session);
	close(wire[0]);
	return wire[1];
}

/* No descriptor is left, only what is mapped. */
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

static void unmap_it(int state)
{
	(void)state;
	munmap(mapping, PAGE_BYTES);
}

FIXTURE_VARIANT_ADD(unload, descriptor) { { keep_open, close_it }, 4 };
FIXTURE_VARIANT_ADD(unload, hold) { { take_hold, close_it }, 2 };
FIXTURE_VARIANT_ADD(unload, in_flight) { { send_away, close_it }, 2 };
FIXTURE_VARIANT_ADD(unload, mapping) { { keep_mapped, unmap_it }, 2 };

/*
 * Taking the module away patches __get_user_pages(). Under emulation nobody may run it meanwhile on
 * another CPU: see Documentation/emulation.md. One CPU still switches in the midst of everything.
 */
static void use_cpus(void)
{
	if (!getenv("KSFT_MACHINE_SLOW"))
		stage_use_all_cpus();
}

static int insert(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), error = 0;

	if (file < 0)
		return -errno;
	if (syscall(SYS_finit_module, file, "", 0))
		error = -errno;
	close(file);
	return error;
}

static int take_away(void)
{
	return syscall(SYS_delete_module, MODULE, O_NONBLOCK) ? -errno : 0;
}

/* What is told about a run of openers: they share it. */
struct openers {
	bool rest;
	unsigned int used;
	unsigned int absent;
	unsigned int odd;
};

/*
 * As rmmod -w did: until nobody happens to use it. Where somebody always does, the others are asked
 * to rest, in the end. Return: 0 or -errno; *refused: how often
 */
static int take_away_sometime(struct openers *openers, unsigned int *refused)
{
	int error = take_away();

	for (int tries = 0; error == -EWOULDBLOCK && tries < TRIES; tries++) {
		++*refused;
		__atomic_store_n(&openers->rest, tries > RACING, __ATOMIC_RELAXED);
		sched_yield();
		error = take_away();
	}
	__atomic_store_n(&openers->rest, false, __ATOMIC_RELAXED);
	return error;
}

FIXTURE_SETUP(unload)
{
	SUITE_NEEDS(NEEDS_MODULE_FILE | (variant->use.begin == send_away ? NEEDS_UNIX : 0));
	self->file = getenv("PINCHECK_MODULE");
}

/* Whatever happened: the topics that follow need it. */
FIXTURE_TEARDOWN(unload)
{
	if (self->file && access("/sys/module/" MODULE, F_OK))
		insert(self->file);
}

TEST_F(unload, refused_while_used)
{
	struct pincheck_info before, info;
	int session = pincheck_open(), state;
	struct openers nobody = { 0 };
	unsigned int refused = 0;

	ASSERT_LE(0, session);
	ASSERT_EQ(0, pincheck_info(session, &before));
	state = variant->use.begin(session);
	ASSERT_LE(0, state);
	EXPECT_EQ(-EWOULDBLOCK, take_away());
	variant->use.end(state);
	ASSERT_EQ(0, take_away_sometime(&nobody, &refused));
	session = pincheck_open();
	EXPECT_EQ(-ENOENT, session);
	ASSERT_EQ(0, insert(self->file));
	session = pincheck_open();
	ASSERT_LE(0, session);
	ASSERT_EQ(0, pincheck_info(session, &info));
	EXPECT_EQ(1, info.sessions);
	EXPECT_EQ(0, info.acquired);
	EXPECT_EQ(before.features, info.features);
	close(session);
	evidence("refused while used, removed after it (%u tries in vain), loaded again", refused);
}

/* Whoever tries all the time keeps the module from being loaded: wait for something in /dev. */
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

		if (__atomic_load_n(&openers->rest, __ATOMIC_RELAXED))
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
			/* No node; a node of a device that is going. */
			what = session == -ENOENT || session == -ENODEV || session == -ENXIO ?
			       &openers->absent : &openers->odd;
		}
		__atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
		if (session < 0 && watch >= 0 && ++in_vain > IN_VAIN)
			await_device(watch);
	}
}

/* Others find it there, or not there, and nothing in between. */
TEST_F_TIMEOUT(unload, while_others_open, 120)
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

		/* In each of its lives somebody used it. */
		while (__atomic_load_n(&openers->used, __ATOMIC_RELAXED) == used)
			sched_yield();
		error = take_away_sometime(openers, &refused);
		if (!error)
			error = insert(self->file);
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
	evidence("%u times removed (%u refused) and inserted; others used it %u times, found none %u times, anything else %u",
		 removed, refused, openers->used, openers->absent, openers->odd);
}

PINCHECK_TEST_MAIN
