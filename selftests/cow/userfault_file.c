// SPDX-License-Identifier: GPL-2.0-only
/*
 * userfault_file: a private, read-only mapping of a sealed memfd, whose pages a userfaultfd has mapped.
 * It maps them read-only and dirty, and up to 5.19 a write by force took such an entry for the copy that
 * it had just made: it wrote to the file (CVE-2022-2590, fixed by 5535be309971). A process of its own
 * has the mapping, and its tracer writes. Invariants: FILE, ISOLATION.
 */
#include "suite.h"
#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stage.h"
#include "trap.h"

#define FILE_BYTES	(2 * PAGE_BYTES)
#define WRITES		400	/* at least, while the other process discards its pages */
#define DISCARDS	10	/* at least */
#define DISCARDS_ENOUGH	20000	/* The process can keep the writer waiting for seconds. */

/* What the two processes share. */
struct shared_state {
	/* Times that the process discarded its pages and mapped them again. */
	unsigned long rounds;
	bool stop;
};

FIXTURE(userfault_file)
{
	struct stage stage;
	int file;
	/* Of the file, in the process under test. */
	char *mapped;
	int trap;
	pid_t pid;
	struct shared_state *shared;
};

/* Writes a word to @address of the process under test. Return: 0 or a negative errno. */
typedef int (*write_function)(FIXTURE_DATA(userfault_file) *self, const void *address, long word);

FIXTURE_VARIANT(userfault_file)
{
	const char *name;
	write_function write;
};

static int write_by_proc_mem(FIXTURE_DATA(userfault_file) *self, const void *address, long word)
{
	char path[64];
	int memory, error = 0;

	snprintf(path, sizeof(path), "/proc/%d/mem", self->pid);
	memory = open(path, O_RDWR | O_CLOEXEC);
	if (memory < 0)
		return -errno;
	if (pwrite(memory, &word, sizeof(word), (off_t)(uintptr_t)address) != sizeof(word))
		error = -errno;
	close(memory);
	return error;
}

/* A device that is told to write by force. */
static int write_by_hold(FIXTURE_DATA(userfault_file) *self, const void *address, long word,
			 __u32 kind, __u32 flags)
{
	uintptr_t first = (uintptr_t)address & ~(PAGE_BYTES - 1);
	struct pincheck_hold hold = {
		.kind = kind, .path = PINCHECK_PATH_SLOW, .addr = first, .len = PAGE_BYTES,
		.flags = HOLD_RW | PINCHECK_HOLD_FORCE | flags, .pid = self->pid,
	};
	int error = pincheck_hold(self->stage.session, &hold);

	if (error)
		return error;
	if (pincheck_write(self->stage.session, hold.hold, (uintptr_t)address - first, &word,
			   sizeof(word)) != sizeof(word))
		error = -EIO;
	pincheck_release(self->stage.session, hold.hold);
	return error;
}

static int write_by_pin(FIXTURE_DATA(userfault_file) *self, const void *address, long word)
{
	return write_by_hold(self, address, word, PINCHECK_KIND_PIN, 0);
}

static int write_by_longterm_pin(FIXTURE_DATA(userfault_file) *self, const void *address,
				 long word)
{
	return write_by_hold(self, address, word, PINCHECK_KIND_PIN, HOLD_LT);
}

static int write_by_get(FIXTURE_DATA(userfault_file) *self, const void *address, long word)
{
	return write_by_hold(self, address, word, PINCHECK_KIND_GET, 0);
}

#define USERFAULT_FILE_VARIANT(name_, function)							\
	FIXTURE_VARIANT_ADD(userfault_file, name_) { .name = #name_, .write = function };

USERFAULT_FILE_VARIANT(proc_mem, write_by_proc_mem)
USERFAULT_FILE_VARIANT(pin, write_by_pin)
USERFAULT_FILE_VARIANT(longterm_pin, write_by_longterm_pin)
USERFAULT_FILE_VARIANT(get, write_by_get)

SUITE_FACTS(userfault_file)
{
	facts->memory = "memfd";
	facts->hold = variant->name;
}

FIXTURE_SETUP(userfault_file)
{
	const unsigned int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	char why[WHY];

	SUITE_NEEDS(NEEDS_UFFD_MINOR);
	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
	self->file = memfd_create("pincheck", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ASSERT_LE(0, self->file);
	ASSERT_EQ((ssize_t)FILE_BYTES, write(self->file, self->stage.memory, FILE_BYTES));
	ASSERT_EQ(0, fcntl(self->file, F_ADD_SEALS, seals));
	self->shared = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->shared);
	self->mapped = mmap(NULL, FILE_BYTES, PROT_READ, MAP_PRIVATE, self->file, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->mapped);
}

FIXTURE_TEARDOWN(userfault_file)
{
	if (self->pid > 0) {
		kill(self->pid, SIGKILL);
		waitpid(self->pid, NULL, 0);
	}
	munmap(self->mapped, FILE_BYTES);
	munmap(self->shared, PAGE_BYTES);
	close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* In the process under test: the pages of the file, mapped by the userfaultfd. Return: 0 or -errno. */
static int map_by_userfaultfd(FIXTURE_DATA(userfault_file) *self)
{
	int error = madvise(self->mapped, FILE_BYTES, MADV_DONTNEED) ? -errno : 0;

	return error ? error : trap_continue(self->trap, self->mapped, FILE_BYTES);
}

/* Discards and maps the pages until it is told to stop; the tracer writes meanwhile. */
static void discard_until_told(FIXTURE_DATA(userfault_file) *self)
{
	while (!__atomic_load_n(&self->shared->stop, __ATOMIC_RELAXED)) {
		int error = map_by_userfaultfd(self);

		/* EEXIST: the writer's fault was faster. */
		if (!error || error == -EEXIST)
			__atomic_add_fetch(&self->shared->rounds, 1, __ATOMIC_RELAXED);
	}
}

/* The process under test. Return: its exit code. */
static int be_traced(FIXTURE_DATA(userfault_file) *self, bool discards)
{
	long word = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self->trap = trap_set(self->mapped, FILE_BYTES, UFFDIO_REGISTER_MODE_MINOR);
	if (self->trap < 0 || map_by_userfaultfd(self) || ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		return 1;
	raise(SIGSTOP);
	if (discards) {
		discard_until_told(self);
		return 0;
	}
	memcpy(&word, self->mapped + 64, sizeof(word));
	return word == 0x6e657474697277L ? 0 : 2;	/* "written" */
}

static int start_traced(FIXTURE_DATA(userfault_file) *self, bool discards)
{
	int status;

	self->pid = fork();
	if (!self->pid)
		_exit(be_traced(self, discards));
	if (self->pid < 0 || waitpid(self->pid, &status, 0) != self->pid)
		return -errno;
	if (WIFSTOPPED(status))
		return 0;
	self->pid = 0;
	return cause_say(-EIO, "the process under test could not map its pages");
}

/* FILE: the file is what it was, by read(). */
static void verdict_file_unchanged(FIXTURE_DATA(userfault_file) *self, struct verdict *verdict)
{
	static unsigned char now[2 * PAGE_BYTES_MAX];
	size_t changed = 0;

	verdict_start(verdict, "FILE");
	if (pread(self->file, now, FILE_BYTES, 0) != (ssize_t)FILE_BYTES)
		return verdict_failed(verdict, "cannot read the file", -EIO);
	for (size_t i = 0; i < FILE_BYTES; i++)
		changed += now[i] != self->stage.memory[i];
	if (changed)
		verdict_broken(verdict, "a sealed file was written to", 0);
	verdict_note(verdict, "changed_bytes=%zu seals=%#x", changed,
		     fcntl(self->file, F_GET_SEALS));
}

/* FILE, ISOLATION. The write goes to a copy of the process's own, and the file keeps its bytes. */
CASE(userfault_file, written_by_force, .rows = "R8", .event = "uffd_continue")
{
	int status;

	ASSERT_DONE(start_traced(self, false));
	ASSERT_DONE(variant->write(self, self->mapped + 64, 0x6e657474697277L));
	EXPECT_VERDICT(verdict_file_unchanged, self);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, NULL, NULL));
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
	self->pid = 0;
	evidence("process_sees=\"%s\"", status ? "other bytes" : "what was written");
	EXPECT_EQ(0, status);
}

/*
 * The other process stays on the CPU of the suite, and never sleeps: a writer that is woken there waits
 * until its time is over.
 */
static void leave_cpu(void)
{
	int cpu = sched_getcpu();
	cpu_set_t others;

	memset(&others, 0xff, sizeof(others));
	if (cpu >= 0)
		CPU_CLR(cpu, &others);
	sched_setaffinity(0, sizeof(others), &others);
}

/*
 * FILE. The process discards the copy between the fault that made the copy and the write, and the
 * userfaultfd maps the page of the file there: the entry is read-only and dirty, as that of a copy is.
 */
CASE(userfault_file, discarded_meanwhile, .rows = "R8", .event = "uffd_continue")
{
	unsigned long rounds_before, discarded = 0, writes = 0, refused = 0;
	bool enough = false;

	ASSERT_DONE(start_traced(self, true));
	leave_cpu();
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, NULL, NULL));
	rounds_before = __atomic_load_n(&self->shared->rounds, __ATOMIC_RELAXED);
	while (suite_goes_on(enough)) {
		if (variant->write(self, self->mapped + 64, (long)writes))
			refused++;
		else
			writes++;
		discarded = __atomic_load_n(&self->shared->rounds, __ATOMIC_RELAXED) - rounds_before;
		enough = writes && discarded >= DISCARDS &&
			 (writes + refused >= WRITES || discarded >= DISCARDS_ENOUGH);
	}
	evidence("writes=%lu refused=%lu discarded=%lu", writes, refused, discarded);
	__atomic_store_n(&self->shared->stop, true, __ATOMIC_RELAXED);
	EXPECT_VERDICT(verdict_file_unchanged, self);
	SUITE_WINDOW(discarded && writes);
}

PINCHECK_TEST_MAIN
