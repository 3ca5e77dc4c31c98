// SPDX-License-Identifier: GPL-2.0-only
/* The state that all processes of a hostile run share, and its files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../../tools/lib/array.h"
#include "file.h"
#include "fuzz.h"
#include "hugetlb_pool.h"
#include "memory.h"

static int sized_memfd(const char *name, unsigned int flags, size_t bytes)
{
	int file = hugetlb_pool_memfd(name, flags);

	if (file >= 0 && ftruncate(file, bytes)) {
		close(file);
		return -1;
	}
	return file;
}

/* Opened read-only: a hold of this file can never write. */
static int open_ext4_read_only(void)
{
	int file = file_open(&file_ext4), again = -1;
	char path[64];

	if (file < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	again = open(path, O_RDONLY);
	close(file);
	return again;
}

/* Without close-on-exec: workers execute themselves and need all of these. */
static bool open_files(struct fuzz_shared *shared)
{
	shared->shmem = sized_memfd("hostile", 0, FUZZ_SHMEM_BYTES);
	shared->huge = sized_memfd("hostile huge", MFD_HUGETLB, PMD_BYTES);
	shared->file = open_ext4_read_only();
	shared->zero = open("/dev/zero", O_RDONLY);
	return shared->shmem >= 0 && shared->zero >= 0 && !pipe(shared->progress) &&
	       !socketpair(AF_UNIX, SOCK_SEQPACKET, 0, shared->fd_pool);
}

struct fuzz_shared *fuzz_shared_open(void)
{
	int file = sized_memfd("hostile shared", 0, sizeof(struct fuzz_shared));
	struct fuzz_shared *shared;

	if (file < 0)
		return NULL;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (shared == MAP_FAILED)
		return NULL;
	shared->fd = file;
	return open_files(shared) ? shared : NULL;
}

void fuzz_shared_close(struct fuzz_shared *shared)
{
	const int files[] = {
		shared->shmem, shared->huge, shared->file, shared->zero, shared->progress[0],
		shared->progress[1], shared->fd_pool[0], shared->fd_pool[1], shared->fd,
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i] >= 0)
			close(files[i]);
	munmap(shared, sizeof(*shared));
}
