// SPDX-License-Identifier: GPL-2.0-only
/*
 * secret: system calls that take pages of memory, or look at them from outside, get none of secret memory
 * (memfd_secret()). Topic whitelist has the holds of /dev/pincheck. The kernel's memfd_secret asks for
 * the errno; here the counts of the page are compared as well. Invariants: WHITELIST, CLEAN.
 */
#include "suite.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "file.h"

TOPIC(secret)
TOPIC_VARIANT(secret, secret, none)
TOPIC_VARIANT(secret, base, none)

/* Each gets one page at @page, and returns the bytes that came, or a negative errno. */

static ssize_t splice_page(char *page)
{
	struct iovec part = { .iov_base = page, .iov_len = PAGE_BYTES };
	int ends[2];
	ssize_t bytes;

	if (pipe(ends))
		return -errno;
	bytes = vmsplice(ends[1], &part, 1, 0);
	if (bytes < 0)
		bytes = -errno;
	close(ends[0]);
	close(ends[1]);
	return bytes;
}

static ssize_t read_page_remotely(char *page)
{
	static char copy[PAGE_BYTES_MAX];
	struct iovec to = { .iov_base = copy, .iov_len = PAGE_BYTES };
	struct iovec from = { .iov_base = page, .iov_len = PAGE_BYTES };
	ssize_t bytes = process_vm_readv(getpid(), &to, 1, &from, 1, 0);

	return bytes < 0 ? -errno : bytes;
}

static ssize_t read_page_by_proc(char *page)
{
	static char copy[PAGE_BYTES_MAX];
	int file = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	ssize_t bytes;

	if (file < 0)
		return -errno;
	bytes = pread(file, copy, PAGE_BYTES, (uintptr_t)page);
	if (bytes < 0)
		bytes = -errno;
	close(file);
	return bytes;
}

static ssize_t write_page_direct(char *page)
{
	return file_write_direct(page, PAGE_BYTES);
}

/* WHITELIST: secret memory is refused by @refusal, other memory is given; CLEAN: nobody has the page. */
static void verdict_taken(struct subject *subject, ssize_t (*take)(char *page), int refusal,
			  struct verdict *verdict)
{
	struct memory *memory = &subject->memory;
	__u64 pfn = memory_pfn(memory, 0);
	struct pincheck_report before, after;
	int error = pincheck_report(memory->session, &pfn, 1, &before);
	ssize_t answer = take(memory->start);

	verdict_start(verdict, "WHITELIST");
	if (!error)
		error = pincheck_report(memory->session, &pfn, 1, &after);
	if (error)
		return verdict_failed(verdict, "cannot report the page", error);
	if (!subject_is(subject, MEMORY_SECRET)) {
		if (answer != (ssize_t)PAGE_BYTES)
			verdict_broken(verdict, "ordinary memory was refused", 0);
	} else if (answer >= 0) {
		verdict_broken(verdict, "secret memory was given", 0);
	} else if (answer != -refusal) {
		verdict_broken(verdict, "the refusal has another errno", 0);
	}
	if (after.refcount != before.refcount || memory_pfn(memory, 0) != pfn)
		verdict_broken(verdict, "somebody has the page still", 0);
	verdict_note(verdict, "answer=%zd pfn=%llx refs_before=%u refs=%u", answer,
		     (unsigned long long)pfn, (unsigned int)before.refcount,
		     (unsigned int)after.refcount);
}

/* A pipe takes a plain reference, by GUP-fast where the page is mapped. */
SCENARIO(secret, spliced, .rows = "B50 R56", .event = "vmsplice")
{
	EXPECT_VERDICT(verdict_taken, subject, splice_page, EFAULT);
}

/* A remote pin, although the process asks for its own memory. */
SCENARIO(secret, read_remotely, .rows = "B50 R56", .event = "process_vm_readv")
{
	EXPECT_VERDICT(verdict_taken, subject, read_page_remotely, EFAULT);
}

/* A debugger, with force. */
SCENARIO(secret, read_by_proc, .rows = "B50 R56", .event = "proc_mem")
{
	EXPECT_VERDICT(verdict_taken, subject, read_page_by_proc, EIO);
}

/* A disk would read the page: the file system pins it, and the kernel refuses the pin. */
SCENARIO(secret, written_direct, .rows = "B50 R56", .event = "direct_io", .needs = NEEDS_EXT4)
{
	EXPECT_VERDICT(verdict_taken, subject, write_page_direct, EFAULT);
}

PINCHECK_TEST_MAIN
