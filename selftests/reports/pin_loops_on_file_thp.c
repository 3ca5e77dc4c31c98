// SPDX-License-Identifier: GPL-2.0-only
/*
 * pin_loops_on_file_thp: a long-term pin for reading of a private file mapping does not return while the
 * page cache has a huge page for that file. Documentation/reports/pin_loops_on_file_thp.md
 *
 * The driver that takes the pin is a video output: VIDIOC_QBUF pins the buffer of the process with
 * FOLL_LONGTERM and without FOLL_WRITE. modprobe vivid makes such a device. Run as root, because the
 * program mounts a tmpfs. It also tries a file in the current directory: ext4 and xfs have huge pages, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };
enum result { PINNED, NO_RETURN, NO_PIN, NO_MAPPING, NO_HUGE_PAGE };

static const char *const results[] = {
	[PINNED] = "pinned", [NO_RETURN] = "no return", [NO_PIN] = "the driver refused",
	[NO_MAPPING] = "no file to map", [NO_HUGE_PAGE] = "no huge page",
};

#define BYTES		(16UL << 20)	/* several huge pages, and more than one picture */
#define FILE_NAME	"pin_loops_on_file_thp.tmp"
#define DEADLINE	10		/* seconds; a pin of this size takes milliseconds */

static int open_video_output(void)
{
	char path[32];

	for (int i = 0; i < 64; i++) {
		struct v4l2_capability capability;
		int video;

		snprintf(path, sizeof(path), "/dev/video%d", i);
		video = open(path, O_RDWR | O_CLOEXEC);
		if (video < 0)
			continue;
		if (!ioctl(video, VIDIOC_QUERYCAP, &capability) &&
		    capability.device_caps & V4L2_CAP_VIDEO_OUTPUT)
			return video;
		close(video);
	}
	return -1;
}

static int pin_for_reading(int video, void *at)
{
	struct v4l2_requestbuffers request = {
		.count = 1, .type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_USERPTR,
	};
	struct v4l2_buffer buffer = {
		.type = request.type, .memory = request.memory, .field = V4L2_FIELD_NONE,
		.m.userptr = (unsigned long)at, .length = BYTES, .bytesused = BYTES,
	};

	return ioctl(video, VIDIOC_REQBUFS, &request) || ioctl(video, VIDIOC_QBUF, &buffer);
}

/* KiB of huge pages of files that this process maps by PMD entries */
static unsigned long huge_kib(void)
{
	unsigned long kib = 0, more;
	char line[128];
	FILE *file = fopen("/proc/self/smaps_rollup", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "ShmemPmdMapped: %lu", &more) == 1 ||
		    sscanf(line, "FilePmdMapped: %lu", &more) == 1)
			kib += more;
	if (file)
		fclose(file);
	return kib;
}

/* A new file of BYTES bytes: on a tmpfs that is mounted with the option @huge, or in the current directory */
static int make_file(const char *huge)
{
	char *bytes = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int file;

	/* The mount goes away with the child. */
	if (huge && (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		     mount("tmpfs", "/tmp", "tmpfs", 0, huge) || chdir("/tmp")))
		return -1;
	file = open(FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	unlink(FILE_NAME);
	/* One long write, so that the file system takes large folios if it has them. */
	return bytes != MAP_FAILED && write(file, bytes, BYTES) == BYTES ? file : -1;
}

/* The child. */
static int map_and_pin(const char *huge)
{
	int video = open_video_output(), file = make_file(huge);
	volatile char *at;

	/* An address that a huge page can have. */
	at = mmap(NULL, 2 * BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	at = (char *)(((unsigned long)at + BYTES - 1) & ~(BYTES - 1));
	if (file < 0 || mmap((void *)at, BYTES, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) != at)
		return NO_MAPPING;
	for (long i = 0; i < (long)BYTES; i += sysconf(_SC_PAGESIZE))
		(void)at[i];
	if (!huge_kib() && (!huge || strstr(huge, "always")))
		return NO_HUGE_PAGE;
	return pin_for_reading(video, (void *)at) ? NO_PIN : PINNED;
}

/* Seconds of processor time that @pid has spent in the kernel, by /proc/PID/stat */
static double kernel_seconds(pid_t pid)
{
	unsigned long ticks = 0;
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file && fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %lu",
			   &ticks) != 1)
		ticks = 0;
	if (file)
		fclose(file);
	return (double)ticks / sysconf(_SC_CLK_TCK);
}

static enum result pin_in_child(const char *huge, double *busy)
{
	struct pollfd child = { .events = POLLIN };
	pid_t pid = fork();
	int status, ended;

	if (!pid)
		_exit(map_and_pin(huge));
	child.fd = syscall(SYS_pidfd_open, pid, 0);
	ended = poll(&child, 1, DEADLINE * 1000);
	*busy += ended ? 0 : kernel_seconds(pid);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(child.fd);
	return ended && WIFEXITED(status) ? (enum result)WEXITSTATUS(status) : NO_RETURN;
}

int main(void)
{
	int video = open_video_output(), code;
	enum result small, huge, here;
	double busy = 0;

	if (video < 0) {
		puts("pin_loops_on_file_thp: cannot tell: no video output: modprobe vivid");
		return CANNOT_TELL;
	}
	close(video);
	small = pin_in_child("huge=never", &busy);
	huge = pin_in_child("huge=always", &busy);
	here = pin_in_child(NULL, &busy);
	code = small != PINNED ? CANNOT_TELL : huge == NO_RETURN || here == NO_RETURN ? BROKEN :
	       huge == PINNED ? FINE : CANNOT_TELL;
	printf("pin_loops_on_file_thp: %s: tmpfs with small pages: %s; tmpfs with huge pages: %s; file system of the current directory: %s; seconds in the kernel before each kill after %d s: %.1f in sum\n",
	       code == BROKEN ? "broken" : code == FINE ? "fine" : "cannot tell", results[small],
	       results[huge], results[here], DEADLINE, busy);
	return code;
}
