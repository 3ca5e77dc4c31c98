// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers of commands that this device does not have: ENOTTY, and the session goes on. An unknown
 * number may become a command later, so the number alone decides.
 */
#include "suite.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include "stage.h"

#define ARGUMENT_BYTES	4096

FIXTURE(ioctl_number)
{
	struct stage stage;
};

/* Numbers next to the device's own, and its own numbers with other magics. */
FIXTURE_VARIANT(ioctl_number)
{
	unsigned int magic;
	unsigned int first;
	unsigned int last;
};

FIXTURE_VARIANT_ADD(ioctl_number, below) { PINCHECK_IOC_MAGIC, 0x00, 0x3f };
FIXTURE_VARIANT_ADD(ioctl_number, above) {
	PINCHECK_IOC_MAGIC, _IOC_NR(PINCHECK_IOC_TRACE_STACK) + 1, 0xff
};
FIXTURE_VARIANT_ADD(ioctl_number, magic_bd) { PINCHECK_IOC_MAGIC + 1, 0x00, 0xff };
FIXTURE_VARIANT_ADD(ioctl_number, magic_bb) { PINCHECK_IOC_MAGIC - 1, 0x00, 0xff };

FIXTURE_SETUP(ioctl_number)
{

	ASSERT_STAGE_OPEN(&self->stage);
}

STAGE_TEARDOWN(ioctl_number)

CASE(ioctl_number, is_enotty, .rows = "P4")
{
	unsigned char argument[ARGUMENT_BYTES] = { 88 };

	for (unsigned int nr = variant->first; nr <= variant->last; nr++) {
		unsigned long number = _IOC(_IOC_READ | _IOC_WRITE, variant->magic, nr, 88);

		EXPECT_EQ(-1, ioctl(self->stage.session, number, argument)) TH_LOG("%#x", nr);
		EXPECT_EQ(ENOTTY, errno) TH_LOG("number %#x", nr);
		EXPECT_EQ(-1, ioctl(self->stage.session, number, NULL)) TH_LOG("%#x", nr);
		EXPECT_EQ(ENOTTY, errno) TH_LOG("number %#x without argument", nr);
	}
	evidence("magic=%#x first=%#x last=%#x errno=ENOTTY", variant->magic, variant->first,
		 variant->last);
}

/* The VFS handles these commands itself: they reach no driver and do not harm a session. */
CASE(ioctl_number, vfs_commands_are_harmless, .rows = "P4")
{
	static const unsigned long eaten[] = {
		FIBMAP, FIGETBSZ, FIOCLEX, FIONCLEX, FIONBIO, FIOASYNC, FIOQSIZE, FIONREAD,
		FIFREEZE, FITHAW, FS_IOC_GETFLAGS,
	};
	unsigned char argument[ARGUMENT_BYTES] = { 0 };
	struct pincheck_info info;

	for (size_t i = 0; i < ARRAY_SIZE(eaten); i++) {
		/* The VFS answers, not the module: any answer is right. */
		(void)!ioctl(self->stage.session, eaten[i], argument);
		memset(argument, 0, sizeof(argument));
	}
	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	EXPECT_EQ(PINCHECK_ABI, info.abi);
	EXPECT_EQ(0, info.session_holds);
	evidence("commands=%zu note=\"the VFS takes them, the session is unharmed\"",
		 ARRAY_SIZE(eaten));
}

PINCHECK_TEST_MAIN
