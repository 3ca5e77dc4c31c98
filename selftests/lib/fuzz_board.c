// SPDX-License-Identifier: GPL-2.0-only
/* What all processes of a hostile run share: the board, and the files that it names. */
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
#include "memory.h"

static int sized_memfd(const char *name, unsigned int flags, size_t bytes)
{
	int file = memfd_create(name, flags);

	if (file >= 0 && ftruncate(file, bytes)) {
		close(file);
		return -1;
	}
	return file;
}

/* Read-only, and for good: whatever a hold of it is said to have written is not true. */
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

/* All are inherited by what the workers execute. */
static bool open_files(struct fuzz_board *board)
{
	board->shmem = sized_memfd("hostile", 0, FUZZ_SHMEM_BYTES);
	board->huge = sized_memfd("hostile huge", MFD_HUGETLB, FUZZ_HUGE_BYTES);
	board->file = open_ext4_read_only();
	board->zero = open("/dev/zero", O_RDONLY);
	return board->shmem >= 0 && board->zero >= 0 && !pipe(board->beat) &&
	       !socketpair(AF_UNIX, SOCK_SEQPACKET, 0, board->pool);
}

struct fuzz_board *fuzz_board_open(void)
{
	int file = sized_memfd("hostile board", 0, sizeof(struct fuzz_board));
	struct fuzz_board *board;

	if (file < 0)
		return NULL;
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (board == MAP_FAILED)
		return NULL;
	board->board = file;
	return open_files(board) ? board : NULL;
}

void fuzz_board_close(struct fuzz_board *board)
{
	const int files[] = {
		board->shmem, board->huge, board->file, board->zero, board->beat[0],
		board->beat[1], board->pool[0], board->pool[1], board->board,
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i] >= 0)
			close(files[i]);
	munmap(board, sizeof(*board));
}
