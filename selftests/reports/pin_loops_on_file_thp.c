// SPDX-License-Identifier: GPL-2.0-only
/*
 * pin_loops_on_file_thp: a long-term pin for reading of a private file mapping does not return while the
 * page cache has a huge page for that file. Documentation/reports/pin_loops_on_file_thp.md
 *
 * The driver that takes the pin is a video output: VIDIOC_QBUF pins the buffer of the process with
 * FOLL_LONGTERM and without FOLL_WRITE. modprobe vivid makes such a device. Run as root, because the
 * program mounts a tmpfs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };
enum { PINNED = 0, NO_PIN = 2, NO_MAPPING = 3, NO_HUGE_PAGE = 5, TIMEOUT = -1 };

#define BYTES		(16UL << 20)	/* several huge pages, and more than one picture */
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

static unsigned long huge_kib(void)
{
	unsigned long kib = 0;
	char line[128];
	FILE *file = fopen("/proc/self/smaps_rollup", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "ShmemPmdMapped: %lu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

/* The child. A tmpfs that is mounted here goes away with it. */
static int map_and_pin(const char *huge)
{
	int video = open_video_output(), file;
	volatile char *at;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", "/tmp", "tmpfs", 0, huge))
		return NO_MAPPING;
	file = open("/tmp/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0 || ftruncate(file, BYTES) || fallocate(file, 0, 0, BYTES))
		return NO_MAPPING;
	/* An address that a huge page can have. */
	at = mmap(NULL, 2 * BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	at = (char *)(((unsigned long)at + BYTES - 1) & ~(BYTES - 1));
	if (mmap((void *)at, BYTES, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) == MAP_FAILED)
		return NO_MAPPING;
	(void)*at;
	if (strstr(huge, "always") && !huge_kib())
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

static int pin_in_child(const char *huge, double *busy)
{
	const struct timespec deadline = { .tv_sec = DEADLINE };
	pid_t pid = fork();
	sigset_t signals;
	int status;

	if (!pid)
		_exit(map_and_pin(huge));
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	if (sigtimedwait(&signals, NULL, &deadline) == SIGCHLD) {
		waitpid(pid, &status, 0);
		return WIFEXITED(status) ? WEXITSTATUS(status) : NO_MAPPING;
	}
	*busy = kernel_seconds(pid);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return TIMEOUT;
}

int main(void)
{
	int video = open_video_output(), small, huge;
	double busy = 0;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	printf("pin_loops_on_file_thp: ");
	if (video < 0) {
		puts("cannot tell: no video output: modprobe vivid");
		return CANNOT_TELL;
	}
	close(video);
	small = pin_in_child("huge=never", &busy);
	huge = pin_in_child("huge=always", &busy);
	if (small == PINNED && huge == TIMEOUT) {
		printf("broken: small pages: pinned; huge pages: no return in %d s, %.1f s of them in the kernel, then killed\n",
		       DEADLINE, busy);
		return BROKEN;
	}
	if (small == PINNED && huge == PINNED) {
		puts("fine: pinned, on small pages and on huge pages");
		return FINE;
	}
	printf("cannot tell: small pages: %d, huge pages: %d (-1: no return, 2: no pin, 3: no tmpfs, 5: no huge page)\n",
	       small, huge);
	return CANNOT_TELL;
}
