/* SPDX-License-Identifier: GPL-2.0-only */
/* pincheck-vm pack: kernel, module and suite as an image that a lab boots. */
#ifndef PINCHECK_VM_PACK_H
#define PINCHECK_VM_PACK_H

struct options;

/** pack_run() - write the image into options->output, without QEMU. Return: an exit code */
int pack_run(struct options *options);

#endif
