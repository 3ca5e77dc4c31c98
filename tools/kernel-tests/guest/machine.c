// SPDX-License-Identifier: GPL-2.0-only
/* What programs expect of a machine. */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../lib/array.h"
#include "../../vm/guest/guest.h"
#include "machine.h"

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (any < 0)
		return;
	if (!ioctl(any, SIOCGIFFLAGS, &request) && !(request.ifr_flags & IFF_UP)) {
		request.ifr_flags |= IFF_UP;
		ioctl(any, SIOCSIFFLAGS, &request);
	}
	close(any);
}

/* A file that is there already is the machine's own. */
static void add_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "wxe");

	if (!file)
		return;
	fputs(text, file);
	fclose(file);
}

static void users_up(void)
{
	mkdir("/etc", 0755);
	add_text("/etc/passwd", "root:x:0:0::/:/bin/sh\nbin:x:1:1::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n");
	add_text("/etc/group", "root:x:0:\nbin:x:1:\nusers:x:100:\nnogroup:x:65534:\nnobody:x:65534:\n");
}

/* The busybox links its commands to itself. */
static void shell_up(const char *path)
{
	pid_t pid;

	if (!access("/bin/sh", X_OK))
		return;
	mkdir("/bin", 0755);
	pid = fork();
	if (!pid) {
		execl(path, "busybox", "--install", "-s", "/bin", NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* Of a modules.dep only the names: modules that are not loaded are not here. */
static void list_modules(const char *directory)
{
	FILE *loaded = fopen("/proc/modules", "re"), *list;
	char path[512], line[512], name[64];

	snprintf(path, sizeof(path), "%s/modules.dep", directory);
	list = fopen(path, "wxe");
	while (loaded && list && fgets(line, sizeof(line), loaded))
		if (sscanf(line, "%63s", name) == 1)
			fprintf(list, "kernel/%s.ko:\n", name);
	if (list)
		fclose(list);
	if (loaded)
		fclose(loaded);
}

static void describe_kernel(const char *tests)
{
	static const char *const links[][2] = {
		{ KERNEL_CONFIG, "config" }, { KERNEL_BUILTIN, "modules.builtin" },
	};
	char directory[128], from[512], to[512];
	struct utsname kernel;

	uname(&kernel);
	snprintf(directory, sizeof(directory), "/lib/modules/%s", kernel.release);
	mkdir("/lib", 0755);
	mkdir("/lib/modules", 0755);
	mkdir(directory, 0755);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		snprintf(from, sizeof(from), "%s/%s", tests, links[i][0]);
		snprintf(to, sizeof(to), "%s/%s", directory, links[i][1]);
		if (!access(from, R_OK) && access(to, F_OK) && symlink(from, to))
			report("no link %s", to);
	}
	list_modules(directory);
}

static void hugetlbfs_up(void)
{
	if (!mkdir("/dev/hugepages", 0755))
		mount("hugetlbfs", "/dev/hugepages", "hugetlbfs", 0, NULL);
}

/* tmpfs refuses O_DIRECT, or, from Linux 6.6 on, takes it and copies all the same. */
static void tmp_up(void)
{
	const char *ext4 = getenv(ENV_EXT4);
	char path[512];

	snprintf(path, sizeof(path), "%s/tmp", ext4 ?: "");
	if (ext4 && !mkdir(path, 01777) && !chmod(path, 01777))
		mount(path, "/tmp", NULL, MS_BIND, NULL);
}

void machine_up(const char *tests)
{
	char busybox[512];

	loopback_up();
	users_up();
	snprintf(busybox, sizeof(busybox), "%s/" SHELL_BUSYBOX, tests);
	if (access(busybox, X_OK))
		return;
	shell_up(busybox);
	hugetlbfs_up();
	tmp_up();
	describe_kernel(tests);
}
