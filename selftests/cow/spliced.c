// SPDX-License-Identifier: GPL-2.0-only
/*
 * spliced: a process gives pages to a part of the kernel, to be read there: by splice() from a file,
 * or by vmsplice() of its own memory. The kernel must not write to these pages, for whoever may read
 * a file could then change it: algif_aead worked in place and wrote into the pages of the tag
 * (CVE-2026-31431). Invariant: FILE.
 */
#include "suite.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "aead.h"
#include "file.h"
#include "stage.h"

#define TEXT_BYTES	(4 * AEAD_BLOCK)
#define INPUT_BYTES	(TEXT_BYTES + AEAD_TAG)
#define OUTPUT_BYTES	(AEAD_ASSOCIATED + INPUT_BYTES)

FIXTURE(spliced)
{
	/* Whose pages are spliced: opened for reading only; -1: memory of the process. */
	int file;
	/* The same pages, as others see them. */
	unsigned char *mapped;
	unsigned char before[INPUT_BYTES];
	int pipe[2];
};

FIXTURE_VARIANT(spliced)
{
	const char *algorithm;
	const struct file_kind *file;
};

#define SPLICED_VARIANTS(name, algorithm_name)							\
	FIXTURE_VARIANT_ADD(spliced, name##_memory)						\
	{											\
		.algorithm = algorithm_name							\
	};											\
	FIXTURE_VARIANT_ADD(spliced, name##_memfd)						\
	{											\
		.algorithm = algorithm_name, .file = &file_memfd				\
	};											\
	FIXTURE_VARIANT_ADD(spliced, name##_ext4)						\
	{											\
		.algorithm = algorithm_name, .file = &file_ext4					\
	};

SPLICED_VARIANTS(authencesn, AEAD_ESN)
SPLICED_VARIANTS(authenc, AEAD_PLAIN)

SUITE_FACTS(spliced)
{
	facts->memory = variant->file ? variant->file->name : "base";
}

/* A second descriptor, because the first one may write. */
static int reopen_for_reading(int file)
{
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	again = open(path, O_RDONLY | O_CLOEXEC);
	close(file);
	return again;
}

FIXTURE_SETUP(spliced)
{
	int file = -1;

	SUITE_NEEDS(NEEDS_AEAD | (variant->file ? variant->file->needs : 0));
	self->file = -1;
	if (variant->file) {
		file = file_open(variant->file);
		ASSERT_LE(0, file);
	}
	self->mapped = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
			    variant->file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, file, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->mapped);
	for (size_t i = 0; i < INPUT_BYTES; i++)
		self->before[i] = 0x40 + i % 64;
	memcpy(self->mapped, self->before, INPUT_BYTES);
	if (variant->file) {
		self->file = reopen_for_reading(file);
		ASSERT_LE(0, self->file);
	}
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
}

FIXTURE_TEARDOWN(spliced)
{
	munmap(self->mapped, PAGE_BYTES);
	close(self->pipe[0]);
	close(self->pipe[1]);
	if (self->file >= 0)
		close(self->file);
}

/* Puts references to the pages into the pipe, and from there into the socket. */
static int splice_pages_to(FIXTURE_DATA(spliced) *self, int operation, size_t bytes)
{
	struct iovec memory = { self->mapped, bytes };
	loff_t start = 0;
	ssize_t filled = self->file < 0 ? vmsplice(self->pipe[1], &memory, 1, 0) :
			 splice(self->file, &start, self->pipe[1], NULL, bytes, 0);

	if (filled != (ssize_t)bytes)
		return cause_say(-EIO, "the pipe took %zd of %zu bytes", filled, bytes);
	filled = splice(self->pipe[0], NULL, operation, NULL, bytes, 0);
	if (filled != (ssize_t)bytes)
		return cause_say(-EIO, "the socket took %zd of %zu bytes", filled, bytes);
	return 0;
}

/* FILE: nobody wrote to the pages: seen by a mapping, and by read() where there is a file. */
static void verdict_pages_unchanged(FIXTURE_DATA(spliced) *self, struct verdict *verdict)
{
	unsigned char read_back[INPUT_BYTES];
	size_t changed = 0, first = 0;

	for (size_t i = INPUT_BYTES; i--;) {
		if (self->mapped[i] == self->before[i])
			continue;
		changed++;
		first = i;
	}
	verdict_start(verdict, "FILE");
	if (changed)
		verdict_broken(verdict, "the kernel wrote to pages that it got for reading", 0);
	if (self->file >= 0) {
		if (pread(self->file, read_back, INPUT_BYTES, 0) != INPUT_BYTES)
			return verdict_failed(verdict, "cannot read the file", -EIO);
		if (memcmp(read_back, self->mapped, INPUT_BYTES))
			verdict_broken(verdict, "read() and the mapping differ", 0);
	}
	verdict_note(verdict, "pfn=%lx changed_bytes=%zu first_changed=%zu",
		     (unsigned long)stage_pfn(self->mapped), changed, first);
}

/* FILE. The bytes are random, so the kernel must find the tag wrong; and leave it as it is. */
CASE(spliced, decrypted, .rows = "B6 R12", .event = "splice")
{
	unsigned char output[OUTPUT_BYTES];
	int operation = aead_begin(variant->algorithm, false);
	ssize_t got;

	ASSERT_DONE(operation);
	ASSERT_DONE(splice_pages_to(self, operation, INPUT_BYTES));
	got = recv(operation, output, AEAD_ASSOCIATED + TEXT_BYTES, 0);
	evidence("algorithm=\"%s\" outcome=\"%s\"", variant->algorithm,
		 got < 0 ? strerror(errno) : "decrypted");
	EXPECT_TRUE(got < 0 && errno == EBADMSG);
	EXPECT_VERDICT(verdict_pages_unchanged, self);
	close(operation);
}

/* FILE. The result of an encryption goes to the caller's buffer, and nowhere else. */
CASE(spliced, encrypted, .rows = "B6 R12", .event = "splice")
{
	unsigned char output[OUTPUT_BYTES];
	int operation = aead_begin(variant->algorithm, true);
	ssize_t got;

	ASSERT_DONE(operation);
	ASSERT_DONE(splice_pages_to(self, operation, TEXT_BYTES));
	got = recv(operation, output, sizeof(output), 0);
	evidence("algorithm=\"%s\" output_bytes=%zd", variant->algorithm, got);
	EXPECT_EQ((ssize_t)sizeof(output), got);
	EXPECT_NE(0, memcmp(output + AEAD_ASSOCIATED, self->before, TEXT_BYTES));
	EXPECT_VERDICT(verdict_pages_unchanged, self);
	close(operation);
}

TOPIC_NEEDS("crypto");
PINCHECK_TEST_MAIN
