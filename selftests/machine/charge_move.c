// SPDX-License-Identifier: GPL-2.0-only
/* Charges that move from cgroup to cgroup: cgroup v1. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../tools/lib/knob.h"
#include "charge_move.h"

#define MOUNTED		"/tmp/pincheck-memory"
#define FROM		MOUNTED "/from"
#define TO		MOUNTED "/to"
#define MOVE_ALL	"3"	/* anonymous memory and files */

static int v1_mount(void)
{
	if (mkdir(MOUNTED, 0700) && errno != EEXIST)
		return -errno;
	return mount("pincheck", MOUNTED, "cgroup", 0, "memory") ? -errno : 0;
}

static void v1_unmount(void)
{
	umount2(MOUNTED, MNT_DETACH);
	rmdir(MOUNTED);
}

static int make_cgroups(void)
{
	if ((mkdir(FROM, 0700) && errno != EEXIST) || (mkdir(TO, 0700) && errno != EEXIST))
		return -errno;
	return knob_set(TO "/memory.move_charge_at_immigrate", MOVE_ALL);
}

static void remove_cgroups(void)
{
	rmdir(FROM);
	rmdir(TO);
}

bool charge_move_offered(void)
{
	int error = v1_mount();

	if (!error) {
		error = make_cgroups();
		remove_cgroups();
		v1_unmount();
	}
	return !error && !access("/proc/kpagecgroup", R_OK);
}

int charge_move_begin(void)
{
	int error = v1_mount();

	if (!error)
		error = make_cgroups();
	return error ? error : knob_set(FROM "/cgroup.procs", "0");
}

int charge_move(void)
{
	return knob_set(TO "/cgroup.procs", "0");
}

int charge_moved(uint64_t pfn)
{
	int file = open("/proc/kpagecgroup", O_RDONLY | O_CLOEXEC);
	struct stat to;
	uint64_t inode;
	ssize_t got;

	if (file < 0)
		return -errno;
	got = pread(file, &inode, sizeof(inode), pfn * sizeof(inode));
	close(file);
	if (got != sizeof(inode) || stat(TO, &to))
		return -EIO;
	return inode == to.st_ino;
}

void charge_move_end(void)
{
	knob_set(MOUNTED "/cgroup.procs", "0");
	remove_cgroups();
	v1_unmount();
}
