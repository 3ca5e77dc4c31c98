/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether KVM really works: /dev/kvm may exist and QEMU abort or hang with it. */
#ifndef PINCHECK_VM_KVM_H
#define PINCHECK_VM_KVM_H

#include <stddef.h>
#include "options.h"

/**
 * kvm_choose() - KVM if a probe guest runs under it, else emulation, unless an option forces one
 * @why: if the probe failed: the reason, one line for a person; otherwise ""
 */
enum accel kvm_choose(const struct options *options, char *why, size_t size);

#endif
