// SPDX-License-Identifier: GPL-2.0-only
/* QEMU as a child process. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "disks.h"
#include "qemu.h"
#include "util.h"

/* Where the child finds its ends of the pipes. */
#define RESULTS_FD	3
#define CONSOLE_FD	4
#define PIPE_BYTES	(1 << 20)
#define EXIT_NOT_FOUND	127

/*
 * earlyprintk shows a kernel that dies before its console is up, and gives the boot deadline
 * something to see. panic=-1 with -no-reboot ends QEMU at once; an oops must not go on as if
 * nothing were. The log buffer must hold the splats of a whole topic. Secret memory is off until it
 * is asked for in kernels before 6.5; others take no notice. Whether the timer interrupt arrives is
 * not to be checked: on a busy host an emulated one comes late, and that is a panic.
 */
static const char base_command_line[] =
	"console=ttyS0,115200 earlyprintk=serial,ttyS0,115200 panic=-1 oops=panic "
	"printk.devkmsg=on log_buf_len=4M secretmem.enable=1 no_timer_check";

/*
 * Emulated, each instruction counts. Without what follows a case takes a fifth less time: clearing
 * memory that is cleared or copied over next, defences against predictors that an emulator does not
 * have, groups of tasks by terminal, pressure statistics, security modules that have no policy.
 */
static const char emulated_command_line[] =
	"init_on_alloc=0 mitigations=off noautogroup psi=0 lsm=";

/*
 * Emulated, `rep movsb' goes byte by byte: kernels told so clear and copy pages by words. A fifth
 * level of page tables has to be walked, too; four is what most machines have.
 */
static const char emulated_cpu[] = "max,-erms,-fsrm,-la57";

char **qemu_argv(const struct options *options, enum accel accel, const char *initrd,
		 const char *shell_log)
{
	bool kvm = accel == ACCEL_KVM;
	char *smp = format_text("%ld", options->smp);
	char *memory = format_text("%ld", options->memory_mib);
	/* Huge pages at boot: asked for later, 64 of them cost 0.6 s under emulation. */
	/* For kernels that have the driver built in; as a module it is told when it is loaded. */
	char *disks = disks_parameters(options, "brd.");
	char *append = format_text("%s %s hugepagesz=2M hugepages=%ld %s %s", base_command_line,
				   kvm ? "" : emulated_command_line, options->hugepages, disks,
				   options->append);
	char *console = shell_log ?
		format_text("stdio,id=console,mux=on,signal=off,logfile=%s", shell_log) :
		format_text("file,id=console,path=/dev/fd/%d", CONSOLE_FD);
	char *results = shell_log ? format_text("null,id=results") :
		format_text("file,id=results,path=/dev/fd/%d", RESULTS_FD);
	const char *const words[] = {
		options->qemu, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-machine", "q35", "-accel", kvm ? "kvm" : "tcg", "-cpu",
		kvm ? "host" : emulated_cpu,
		"-smp", smp, "-m", memory, "-kernel", options->kernel, "-initrd", initrd,
		"-append", append, "-chardev", console, "-chardev", results,
		"-serial", "chardev:console", "-serial", "chardev:results",
		/* One instruction a nanosecond; a guest that waits skips to the next timer. */
		options->icount ? "-icount" : NULL, "shift=0,sleep=off",
	};
	char **argv = NULL;
	size_t count = 0;

	for (; count < ARRAY_SIZE(words) && words[count]; count++) {
		argv = grow(argv, count, sizeof(*argv));
		argv[count] = format_text("%s", words[count]);
	}
	argv = grow(argv, count, sizeof(*argv));
	argv[count] = NULL;
	free(smp);
	free(memory);
	free(append);
	free(disks);
	free(console);
	free(results);
	return argv;
}

void qemu_argv_free(char **argv)
{
	for (char **word = argv; argv && *word; word++)
		free(*word);
	free(argv);
}

/* Both ends go to the child and back by number; a pipe that is full would stall the guest. */
static int open_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

static void __attribute__((noreturn))
become_qemu(char **argv, int results, int console, int errors, pid_t parent)
{
	/* Above every fixed number first, so that no dup2() closes another pipe's end. */
	int high_results = results < 0 ? -1 : fcntl(results, F_DUPFD, 10);
	int high_console = console < 0 ? -1 : fcntl(console, F_DUPFD, 10);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (errors >= 0) {
		int nothing = open("/dev/null", O_RDONLY);

		dup2(nothing, STDIN_FILENO);
		dup2(errors, STDOUT_FILENO);
		dup2(errors, STDERR_FILENO);
	}
	if (high_results >= 0) {
		dup2(high_results, RESULTS_FD);
		close(high_results);
	}
	if (high_console >= 0) {
		dup2(high_console, CONSOLE_FD);
		close(high_console);
	}
	execvp(argv[0], argv);
	fprintf(stderr, "cannot run %s: %s. Install it: sudo apt-get install qemu-system-x86\n",
		argv[0], strerror(errno));
	_exit(EXIT_NOT_FOUND);
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int qemu_start(struct qemu *qemu, char **argv, bool interactive)
{
	int results[2] = { -1, -1 }, console[2] = { -1, -1 }, errors[2] = { -1, -1 };
	pid_t self = getpid();

	*qemu = (struct qemu){ .pid = -1, .console = -1, .results = -1, .errors = -1, .alive = -1 };
	if (!interactive && (open_pipe(results) || open_pipe(console) || open_pipe(errors)))
		goto fail;
	fflush(NULL);
	qemu->pid = fork();
	if (!qemu->pid)
		become_qemu(argv, results[1], console[1], errors[1], self);
	if (qemu->pid < 0)
		goto fail;
	qemu->alive = (int)syscall(SYS_pidfd_open, qemu->pid, 0);
	close_if_open(&results[1]);
	close_if_open(&console[1]);
	close_if_open(&errors[1]);
	qemu->results = results[0];
	qemu->console = console[0];
	qemu->errors = errors[0];
	return 0;
fail:
	complain("cannot start %s: %s", argv[0], strerror(errno));
	for (int end = 0; end < 2; end++) {
		close_if_open(&results[end]);
		close_if_open(&console[end]);
		close_if_open(&errors[end]);
	}
	return -1;
}

void qemu_stop(struct qemu *qemu)
{
	int status;

	if (qemu->pid > 0 && waitpid(qemu->pid, &status, WNOHANG) != qemu->pid) {
		kill(qemu->pid, SIGKILL);
		waitpid(qemu->pid, &status, 0);
	}
	if (qemu->pid > 0)
		qemu->not_found = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND;
	qemu->pid = -1;
	close_if_open(&qemu->console);
	close_if_open(&qemu->results);
	close_if_open(&qemu->errors);
	close_if_open(&qemu->alive);
}
