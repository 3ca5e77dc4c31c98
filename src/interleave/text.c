// SPDX-License-Identifier: GPL-2.0-only
/* Where a function of the kernel begins and ends, and its instructions. */
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "interleave.h"

/* The first instructions may be such that take no probe: an ENDBR, a jump label. */
#define OFFSETS_TRIED	32

static int probe_nothing(struct kprobe *probe, struct pt_regs *regs)
{
	return 0;
}

/* kallsyms_lookup_name() is not exported. "name+0x4/0x1a0" is all that modules get of a size. */
static int function_around(struct function *function, unsigned long addr)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned int offset, size;
	const char *plus;

	sprint_symbol(name, addr);
	plus = strrchr(name, '+');
	if (!plus || sscanf(plus, "+%x/%x", &offset, &size) != 2 || offset >= size)
		return -ENOENT;
	/* The text of a module goes away with it. */
	if (strchr(plus, '['))
		return -EXDEV;
	if (size > PINCHECK_INTERLEAVE_TEXT)
		return -EFBIG;
	function->start = addr - offset;
	function->size = size;
	return 0;
}

/**
 * function_find() - find a function of the kernel's image
 * @function: out
 * @symbol: its name, as /proc/kallsyms spells it
 *
 * Only a probe finds a function by name. It is never armed, and gone before this returns.
 *
 * Return: 0; -ENOENT: no such function; -EACCES: the kernel lets nobody probe it; -EXDEV: it belongs to
 * a module; -EFBIG; or another errno of register_kprobe().
 */
int function_find(struct function *function, const char *symbol)
{
	int error = -ENOENT;
	u32 offset;

	for (offset = 0; offset < OFFSETS_TRIED; offset++) {
		struct kprobe probe = {
			.symbol_name = symbol,
			.offset = offset,
			.pre_handler = probe_nothing,
			.flags = KPROBE_FLAG_DISABLED,
		};

		error = register_kprobe(&probe);
		if (!error) {
			unsigned long addr = (unsigned long)probe.addr;

			unregister_kprobe(&probe);
			return function_around(function, addr);
		}
		if (error != -EINVAL && error != -EILSEQ)
			return error == -EADDRNOTAVAIL ? -EACCES : error;
	}
	return -EACCES;
}

/**
 * text_command() - TEXT: copy the instructions of a function to the caller
 * @text: the argument; @size is filled in
 *
 * Return: 0 or -errno.
 */
int text_command(struct pincheck_interleave_text *text)
{
	struct function function;
	int error = function_find(&function, text->symbol);
	u32 bytes;
	void *copy;

	if (error)
		return error;
	text->size = function.size;
	bytes = min(text->room, text->size);
	if (!bytes)
		return 0;
	/* CONFIG_HARDENED_USERCOPY refuses to copy the kernel's text itself. */
	copy = kvmalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, (void *)function.start, bytes);
	if (copy_to_user(u64_to_user_ptr(text->text), copy, bytes))
		error = -EFAULT;
	kvfree(copy);
	return error;
}
