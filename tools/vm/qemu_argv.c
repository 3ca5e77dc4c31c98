// SPDX-License-Identifier: GPL-2.0-only
/* The command line of QEMU, and in it that of the kernel. */
#include <stdlib.h>
#include <string.h>
#include "devices.h"
#include "disks.h"
#include "qemu.h"
#include "util.h"
#include "verdict.h"

/* arch/x86/include/asm/setup.h: a longer one is cut without a word. */
#define COMMAND_LINE_SIZE	2048

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

static char **append_word(char **argv, size_t *count, char *word)
{
	argv = grow(argv, *count, sizeof(*argv));
	argv[(*count)++] = word;
	return argv;
}

static char **append_words(char **argv, size_t *count, const char *const words[], size_t number)
{
	for (size_t i = 0; i < number; i++)
		argv = append_word(argv, count, format_text("%s", words[i]));
	return argv;
}

/* @text in words: spaces separate them, there are no quotes. */
static char **append_split(char **argv, size_t *count, const char *text)
{
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");

		argv = append_word(argv, count, format_text("%.*s", (int)length, text));
		text += length;
	}
	return argv;
}

static char *kernel_command_line(const struct options *options, bool kvm)
{
	/* For kernels that have the driver built in; as a module it is told when it is loaded. */
	char *disks = disks_parameters(options, "brd.");
	char *devices = devices_parameters(options);
	/* Huge pages at boot: asked for later, 64 of them cost 0.6 s under emulation. */
	char *line = format_text("%s %s hugepagesz=2M hugepages=%ld %s%s %s", base_command_line,
				 kvm ? "" : emulated_command_line, options->hugepages, disks,
				 devices, options->append);

	if (strlen(line) >= COMMAND_LINE_SIZE) {
		complain("the kernel takes %d bytes of command line, this one has %zu: shorten --append",
			 COMMAND_LINE_SIZE - 1, strlen(line));
		exit(EXIT_RUNNER);
	}
	free(disks);
	free(devices);
	return line;
}

char **qemu_argv(const struct options *options, enum accel accel, const char *initrd,
		 const char *shell_log)
{
	bool kvm = accel == ACCEL_KVM;
	char *smp = format_text("%ld", options->smp);
	char *memory = format_text("%ld", options->memory_mib);
	char *append = kernel_command_line(options, kvm);
	char *console = shell_log ?
		format_text("stdio,id=console,mux=on,signal=off,logfile=%s", shell_log) :
		format_text("file,id=console,path=/dev/fd/%d", QEMU_CONSOLE_FD);
	char *results = format_text("file,id=results,path=/dev/fd/%d", QEMU_RESULTS_FD);
	char *qmp = format_text("socket,id=qmp,fd=%d", QEMU_QMP_FD);
	const char *const words[] = {
		options->qemu, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-machine", "q35", "-accel", kvm ? "kvm" : "tcg", "-cpu",
		kvm ? "host" : emulated_cpu,
		"-smp", smp, "-m", memory, "-kernel", options->kernel, "-initrd", initrd,
		"-append", append, "-chardev", console, "-chardev", results,
		"-serial", "chardev:console", "-serial", "chardev:results",
	};
	/* One instruction a nanosecond; a guest that waits skips to the next timer. */
	const char *const icount[] = { "-icount", "shift=0,sleep=off" };
	const char *const monitor[] = { "-chardev", qmp, "-mon", "chardev=qmp,mode=control" };
	char **argv = NULL;
	size_t count = 0;

	argv = append_words(argv, &count, words, ARRAY_SIZE(words));
	if (options->icount)
		argv = append_words(argv, &count, icount, ARRAY_SIZE(icount));
	argv = devices_argv(options, argv, &count);
	if (devices_ask_by_qmp(options))
		argv = append_words(argv, &count, monitor, ARRAY_SIZE(monitor));
	/* Last: what the person says overrides. */
	argv = append_split(argv, &count, options->qemu_args);
	argv = append_word(argv, &count, NULL);
	free(smp);
	free(memory);
	free(append);
	free(console);
	free(results);
	free(qmp);
	return argv;
}

void qemu_argv_free(char **argv)
{
	for (char **word = argv; argv && *word; word++)
		free(*word);
	free(argv);
}
