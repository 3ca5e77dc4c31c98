// SPDX-License-Identifier: GPL-2.0-only
/* Where a function of the kernel begins and ends, and its instructions. */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
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
 * text_map() - map a function a second time, writable, for text_renew()
 * @function: of the kernel's image
 *
 * Return: where its first byte is, or NULL: no memory.
 */
u8 *text_map(const struct function *function)
{
	unsigned long offset = offset_in_page(function->start);
	u32 count = PFN_UP(offset + function->size), i;
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	u8 *mapped;

	if (!pages)
		return NULL;
	for (i = 0; i < count; i++)
		pages[i] = virt_to_page(lm_alias((void *)(function->start - offset + i * PAGE_SIZE)));
	mapped = vmap(pages, count, VM_MAP, PAGE_KERNEL);
	kfree(pages);
	return mapped ? mapped + offset : NULL;
}

/**
 * text_unmap() - undo text_map()
 * @mapped: its answer
 */
void text_unmap(u8 *mapped)
{
	if (mapped)
		vunmap(PTR_ALIGN_DOWN(mapped, PAGE_SIZE));
}

/**
 * text_renew() - write a byte of the kernel's text again, as it is
 * @byte: of text_map(); kprobes has changed it, and all CPUs know
 *
 * QEMU before 8.1 reads an instruction that it translates before it locks the page (mended by its
 * deba78709ae8): if another CPU writes the instruction in between, the translation of what was there stays.
 * Then a breakpoint is passed by, or is still hit when it is gone, and without its kprobe that is the end
 * of the kernel. Such a translation ended before all CPUs knew. This write has QEMU drop it, and whoever
 * translates the byte meanwhile reads what is right.
 *
 * Somebody else may change the byte at this moment, and that must not be undone.
 */
void text_renew(u8 *byte)
{
	u8 now = READ_ONCE(*byte);

	cmpxchg(byte, now, now);
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
