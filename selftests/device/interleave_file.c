// SPDX-License-Identifier: GPL-2.0-only
/* The calls of /dev/pincheck_interleave, one function each. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/page_size.h"
#include "../../tools/vm/protocol.h"
#include "interleave_file.h"
#include "module_file.h"

/* A length decoder exists for x86-64 only: insn.h. A kernel without kprobes refuses the module. */
bool interleave_offered(void)
{
#ifdef __x86_64__
	const char *module = getenv(ENV_INTERLEAVE);

	return module && !access(module, R_OK) && module_file_can_unload() &&
	       sysconf(_SC_NPROCESSORS_ONLN) > 1 && !interleave_load_module();
#else
	return false;
#endif
}

/* An emulated guest on a busy machine misses shorter delays. */
int interleave_load_module(void)
{
	return module_file_load(getenv(ENV_INTERLEAVE), "max_us=10000");
}

int interleave_open(void)
{
	int device = open(PINCHECK_INTERLEAVE_DEVICE, O_RDWR | O_CLOEXEC);

	return device < 0 ? -errno : device;
}

interleave_page *interleave_map(int device)
{
	void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);

	return page == MAP_FAILED ? NULL : page;
}

int interleave_call(int device, unsigned long command, void *argument)
{
	return ioctl(device, command, argument) ? -errno : 0;
}

/* Return: false if @symbol is too long to be a name of the kernel's. */
static bool copy_symbol(char to[PINCHECK_INTERLEAVE_SYMBOL], const char *symbol)
{
	if (strlen(symbol) >= PINCHECK_INTERLEAVE_SYMBOL)
		return false;
	strcpy(to, symbol);
	return true;
}

long interleave_text(int device, const char *symbol, uint8_t *text, uint32_t room)
{
	struct pincheck_interleave_text argument = { .text = (uintptr_t)text, .room = room };
	int error;

	if (!copy_symbol(argument.symbol, symbol))
		return -ENOENT;
	error = interleave_call(device, PINCHECK_INTERLEAVE_IOC_TEXT, &argument);
	return error ?: (long)argument.size;
}

int interleave_load(int device, uint32_t slot, const char *symbol,
		    struct pincheck_interleave_place *places, uint32_t count)
{
	struct pincheck_interleave_load load = {
		.slot = slot, .count = count, .places = (uintptr_t)places,
	};
	int error;

	if (!copy_symbol(load.symbol, symbol))
		return -ENOENT;
	error = interleave_call(device, PINCHECK_INTERLEAVE_IOC_LOAD, &load);
	return error ?: (int)load.good;
}

int interleave_empty(int device, uint32_t slot)
{
	struct pincheck_interleave_load load = { .slot = slot };

	return interleave_call(device, PINCHECK_INTERLEAVE_IOC_LOAD, &load);
}

int interleave_arm(int device, uint32_t slot, uint32_t place, uint32_t tid, uint32_t delay_us,
		   uint32_t opens)
{
	struct pincheck_interleave_arm arm = {
		.slot = slot, .place = place, .tid = tid, .delay_us = delay_us, .nth = 1,
		.opens = opens,
	};

	return interleave_call(device, PINCHECK_INTERLEAVE_IOC_ARM, &arm);
}

int interleave_count(int device, uint32_t slot, uint32_t tid)
{
	struct pincheck_interleave_arm arm = {
		.slot = slot, .place = PINCHECK_INTERLEAVE_ALL, .tid = tid,
	};

	return interleave_call(device, PINCHECK_INTERLEAVE_IOC_ARM, &arm);
}

int interleave_disarm(int device, uint32_t slot)
{
	return ioctl(device, PINCHECK_INTERLEAVE_IOC_DISARM, (unsigned long)slot) ? -errno : 0;
}

int interleave_hits(int device, uint32_t slot, struct pincheck_interleave_place *places,
		    uint32_t count)
{
	struct pincheck_interleave_hits hits = {
		.slot = slot, .count = count, .places = (uintptr_t)places,
	};

	return interleave_call(device, PINCHECK_INTERLEAVE_IOC_HITS, &hits);
}
