// SPDX-License-Identifier: GPL-2.0-only
/* Breakpoints by uprobe. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/knob.h"
#include "uprobe.h"

#define UPROBE_TYPE	"/sys/bus/event_source/devices/uprobe/type"

/* In the page: behind the start, and before the areas of memory.h. */
#define PLACE		64
#define INSTRUCTIONS	16	/* bytes of instructions */

/* Instructions of this architecture that do nothing, for the probed file. */
__asm__(".pushsection .rodata\n"
	".balign 8\n"
	"uprobe_nops:\n"
	".rept 16\n"
	"nop\n"
	".endr\n"
	".popsection\n");
extern const unsigned char uprobe_nops[INSTRUCTIONS];

bool uprobe_offered(void)
{
	return knob_number(UPROBE_TYPE) > 0;
}

int uprobe_prepare(int file)
{
	return pwrite(file, uprobe_nops, INSTRUCTIONS, PLACE) == INSTRUCTIONS ? 0 : -EIO;
}

/*
 * The process waits for no event: the breakpoint is only to be written. An event of a CPU, not of a task,
 * because the latter switches a static key in the scheduler, which emulated CPUs do not survive
 * (Documentation/emulation.md).
 */
int uprobe_set(struct uprobe *uprobe, int file, const void *mapped)
{
	const volatile unsigned char *place = (const unsigned char *)mapped + PLACE;
	struct perf_event_attr attr = { .size = sizeof(attr), .disabled = 1 };
	unsigned char before = *place;
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	attr.type = knob_number(UPROBE_TYPE);
	attr.config1 = (uintptr_t)path;
	attr.config2 = PLACE;
	uprobe->event = syscall(SYS_perf_event_open, &attr, -1, 0, -1,
				PERF_FLAG_FD_CLOEXEC);
	if (uprobe->event < 0 || ioctl(uprobe->event, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	if (*place == before)
		return cause_say(-ENODATA, "the kernel wrote no breakpoint into the page at %p", mapped);
	return 0;
}

int uprobe_remove(struct uprobe *uprobe)
{
	int event = uprobe->event;

	uprobe->event = -1;
	return close(event) ? -errno : 0;
}
