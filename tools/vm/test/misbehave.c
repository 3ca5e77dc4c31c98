// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest program that ends in every way a test program can, good and bad. Its name chooses the way. The
 * runner is tested with copies of it on a real kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include "../../lib/array.h"
#include "../protocol.h"

#define EXIT_SKIP	4

static int good(void)
{
	const char *filter = getenv(ENV_FILTER);

	if (filter && fnmatch(filter, "good.base.works", 0)) {
		puts("TAP version 13\n1..0");
		return EXIT_SKIP;
	}
	puts("TAP version 13\n1..4\n# pfn 0x1000 -> 0x1000\nok 1 good.base.works\n"
	     "ok 2 good.thp.works\nok 3 good.swap.works # SKIP needs swap\n"
	     "ok 4 good.hugetlb.works # XFAIL fixed by a later commit");
	return 0;
}

static int fails(void)
{
	puts("TAP version 13\n1..2\n# evidence: pfn 0x1000 became 0x2000\nnot ok 1 fails.base.breaks\n"
	     "ok 2 fails.base.works");
	return 1;
}

static int short_plan(void)
{
	puts("TAP version 13\n1..3\nok 1 short.base.one\nok 2 short.base.two");
	return 0;
}

static int silent(void)
{
	return 0;
}

static int killed(void)
{
	puts("TAP version 13\n1..2\nok 1 killed.base.one");
	fflush(stdout);
	return raise(SIGSEGV);
}

static int cut(void)
{
	fputs("TAP version 13\n1..2\nok 1 cut.base.one\nok 2 cut.base.two", stdout);
	return 0;
}

static int stale(void)
{
	puts("TAP version 13\n1..1\nok 1 stale.base.one # XPASS expected to fail");
	return 0;
}

static int skips(void)
{
	puts("TAP version 13\n1..2\nok 1 skips.base.one # SKIP needs swap\n"
	     "ok 2 skips.base.two # SKIP needs swap");
	return 0;
}

/* With a grandchild in a process group of its own, as the harness makes them. */
static int hangs(void)
{
	puts("TAP version 13\n1..2\nok 1 hangs.base.one");
	fflush(stdout);
	if (!fork())
		setpgid(0, 0);
	while (pause() < 0)
		;
	return 1;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int error = fd < 0 || write(fd, text, strlen(text)) < 0;

	if (error)
		printf("Bail out! cannot write %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return error;
}

static int panics(void)
{
	puts("TAP version 13\n1..1");
	fflush(stdout);
	write_text("/proc/sys/kernel/sysrq", "1");
	write_text("/proc/sysrq-trigger", "c");
	return 1;
}

static int taints(void)
{
	puts("TAP version 13\n1..1\nok 1 taints.base.one");
	return write_text("/proc/sys/kernel/tainted", "512");
}

/* Return: 0 once the kernel log has @text, 1 if it does not come within @seconds */
static int wait_for_kernel_log(int log, const char *text, int seconds)
{
	struct pollfd wait = { .fd = log, .events = POLLIN };
	char record[8192];

	while (poll(&wait, 1, seconds * 1000) > 0) {
		ssize_t length = read(log, record, sizeof(record) - 1);

		if (length <= 0)
			continue;
		record[length] = '\0';
		if (strstr(record, text))
			return 0;
	}
	return 1;
}

static int freeze(int mount_point, const char *directory)
{
	if (mount_point >= 0 && !ioctl(mount_point, FIFREEZE, 0))
		return 0;
	printf("Bail out! cannot freeze %s: %s\n", directory, strerror(errno));
	fflush(stdout);
	return 1;
}

/* Pins that are not given back: their io_uring belongs to a process that cannot even be killed. */
static int keeps_pins(void)
{
	const char *directory = getenv(ENV_EXT4) ?: "/";
	int mount_point = open(directory, O_RDONLY | O_DIRECTORY);
	struct iovec buffer = { .iov_len = 65536 };
	struct io_uring_params parameters = { 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 1, &parameters);

	buffer.iov_base = mmap(NULL, buffer.iov_len, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	puts("TAP version 13\n1..1");
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1)) {
		printf("Bail out! cannot register a buffer: %s\n", strerror(errno));
		return 1;
	}
	puts("ok 1 keeps_pins.base.one");
	fflush(stdout);
	if (freeze(mount_point, directory))
		return 1;
	return mkdirat(mount_point, "blocked", 0755);
}

/* The module under test is overlay: a mount keeps it in use. */
static int keeps_module(void)
{
	puts("TAP version 13\n1..1");
	mkdir("/tmp/lower", 0755);
	mkdir("/tmp/upper", 0755);
	mkdir("/tmp/work", 0755);
	mkdir("/tmp/merged", 0755);
	if (mount("overlay", "/tmp/merged", "overlay", 0,
		  "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work")) {
		printf("Bail out! cannot mount an overlay: %s\n", strerror(errno));
		return 1;
	}
	puts("ok 1 keeps_module.base.one");
	return 0;
}

/* A real splat without a module: a writer to a frozen file system is a hung task. */
static int hung_task(void)
{
	const char *directory = getenv(ENV_EXT4) ?: "/";
	int mount_point = open(directory, O_RDONLY | O_DIRECTORY);
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	int missing;
	pid_t writer;

	puts("TAP version 13\n1..1");
	fflush(stdout);
	lseek(log, 0, SEEK_END);
	if (write_text("/proc/sys/kernel/hung_task_timeout_secs", "1"))
		return 1;
	if (freeze(mount_point, directory))
		return 1;
	writer = fork();
	if (!writer)
		_exit(mkdirat(mount_point, "blocked", 0755));
	missing = wait_for_kernel_log(log, "blocked for more than", 30);
	ioctl(mount_point, FITHAW, 0);
	waitpid(writer, NULL, 0);
	printf("%sok 1 hung_task.base.one\n", missing ? "not " : "");
	return missing;
}

static int without_module(void)
{
	printf("TAP version 13\n1..1\n%sok 1 without_module.base.told\n",
	       strcmp(getenv(ENV_MODULE) ?: "", MODULE_NO) ? "not " : "");
	return 0;
}

static const struct {
	const char *name;
	int (*behave)(void);
} behaviours[] = {
	{ "good", good },		{ "fails", fails },	{ "short_plan", short_plan },
	{ "silent", silent },		{ "killed", killed },	{ "cut", cut },
	{ "stale", stale },		{ "skips", skips },	{ "hangs", hangs },
	{ "panics", panics },		{ "taints", taints },	{ "hung_task", hung_task },
	{ "keeps_pins", keeps_pins },	{ "keeps_module", keeps_module },
	{ "without_module", without_module },			{ "zz_good", good },
};

/* As the interpreter of a script this program is called /tests/.BEHAVIOUR. */
int main(int argc, char **argv)
{
	const char *dot = strrchr(argv[0], '.');
	const char *name = dot ? dot + 1 : argv[0];

	(void)argc;
	for (size_t i = 0; i < ARRAY_SIZE(behaviours); i++)
		if (!strcmp(name, behaviours[i].name))
			return behaviours[i].behave();
	printf("Bail out! no behaviour is called %s\n", name);
	return 1;
}
