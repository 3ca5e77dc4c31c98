// SPDX-License-Identifier: GPL-2.0-only
/* The command line of QEMU, and in it that of the kernel. */
#include <stdlib.h>
#include <string.h>
#include "../arch/arch.h"
#include "devices.h"
#include "disks.h"
#include "protocol.h"
#include "qemu.h"
#include "util.h"
#include "verdict.h"

/*
 * An oops must not be survived. The log buffer must
 * hold the splats of a whole topic. Kernels before 6.5 have no secret memory unless secretmem.enable
 * asks for it; later ones ignore the parameter.
 */
static const char base_command_line[] =
	"oops=panic printk.devkmsg=on log_buf_len=4M secretmem.enable=1";

/* With -no-reboot this ends QEMU at once. */
static const char panic_at_once[] = "panic=-1";

/*
 * Elsewhere whoever reads the console needs some seconds to take a panic for one. The results share the
 * console with the kernel, which says nothing there but its last words.
 */
static const char packed_command_line[] = "panic=5 loglevel=1 " ENV_RESULTS "=/dev/console";

/*
 * An emulated case takes a fifth less time without these: clearing memory that is cleared or copied
 * over next, defences against predictors that an emulator does not have, groups of tasks by terminal,
 * pressure statistics, and security modules that have no policy. A busy host may not run an emulated
 * CPU for half a minute: the kernel shall not take that for a stall or a lockup of its own.
 */
static const char emulated_command_line[] =
	"init_on_alloc=0 mitigations=off noautogroup psi=0 lsm= "
	"rcupdate.rcu_cpu_stall_timeout=150 watchdog_thresh=60";

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

/* The words of @text: spaces separate them, and there are no quotes. */
static char **append_split(char **argv, size_t *count, const char *text)
{
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");

		argv = append_word(argv, count, format_text("%.*s", (int)length, text));
		text += length;
	}
	return argv;
}

char *kernel_parameters(const struct options *options)
{
	/* For kernels that have the driver built in. A module gets its parameters when it is loaded. */
	char *disks = disks_parameters(options, "brd.");
	char *devices = devices_parameters(options);
	/* Allocating 64 huge pages after the boot takes 0.6 s under emulation. */
	char *line = format_text("%s %s hugepagesz=%ldM hugepages=%ld %s%s%s%s",
				 options->pack ? packed_command_line : panic_at_once, base_command_line,
				 options->arch->hugepage_mib, options->hugepages, disks, devices,
				 *options->append ? " " : "", options->append);

	free(disks);
	free(devices);
	return line;
}

const char *kernel_parameters_if_emulated(void)
{
	return emulated_command_line;
}

static char *kernel_command_line(const struct options *options, bool kvm)
{
	const struct arch *arch = options->arch;
	char *parameters = kernel_parameters(options);
	char *line = format_text("%s %s %s", arch->boot, kvm ? "" : emulated_command_line, parameters);

	if ((long)strlen(line) >= arch->command_line_bytes) {
		complain("the kernel takes %ld bytes of command line, this one has %zu: shorten --append",
			 arch->command_line_bytes - 1, strlen(line));
		exit(EXIT_USAGE);
	}
	free(parameters);
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
		"-machine", options->arch->qemu_machine, "-accel", kvm ? "kvm" : "tcg", "-cpu",
		kvm ? "host" : options->arch->qemu_cpu,
		"-smp", smp, "-m", memory, "-kernel", options->kernel, "-initrd", initrd,
		"-append", append, "-chardev", console, "-chardev", results,
	};
	/* An instruction takes a nanosecond; a guest that waits skips to the next timer. */
	const char *const icount[] = { "-icount", "shift=0,sleep=off" };
	const char *const monitor[] = { "-chardev", qmp, "-mon", "chardev=qmp,mode=control" };
	char **argv = NULL;
	size_t count = 0;

	argv = append_words(argv, &count, words, ARRAY_SIZE(words));
	argv = append_split(argv, &count, options->arch->qemu_serial);
	if (options->icount)
		argv = append_words(argv, &count, icount, ARRAY_SIZE(icount));
	argv = devices_argv(options, argv, &count);
	if (devices_ask_by_qmp(options))
		argv = append_words(argv, &count, monitor, ARRAY_SIZE(monitor));
	/* Last, because QEMU takes the last of two contradicting options. */
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
