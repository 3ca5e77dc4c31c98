/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether KVM really works: /dev/kvm may exist and QEMU abort or hang with it. */
#ifndef PINCHECK_VM_KVM_H
#define PINCHECK_VM_KVM_H

#include <stddef.h>
#include "options.h"

/**
 * kvm_choose() - KVM if a probe guest runs under it, else emulation; what is forced stays
 * @why: one line for a person when KVM is not taken, "" when it is or was not wanted
 */
enum accel kvm_choose(const struct options *options, char *why, size_t size);

#endif
