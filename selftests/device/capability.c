// SPDX-License-Identifier: GPL-2.0-only
/* The caller's effective capabilities, by plain system calls instead of libcap. */
#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "capability.h"

static int capability_set(int capability, bool effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	__u32 *word = &data[CAP_TO_INDEX(capability)].effective;

	if (syscall(SYS_capget, &header, data))
		return -errno;
	if (effective)
		*word |= CAP_TO_MASK(capability);
	else
		*word &= ~CAP_TO_MASK(capability);
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

int capability_drop(int capability)
{
	return capability_set(capability, false);
}

int capability_raise(int capability)
{
	return capability_set(capability, true);
}
