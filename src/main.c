// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck: does copy-on-write keep its promises to processes, and does page pinning keep its
 * promises to devices? /dev/pincheck takes page references as drivers do and tells what the
 * kernel thinks of each page. The contract is include/uapi/linux/pincheck.h.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>
#include "command.h"
#include "online.h"
#include "path.h"
#include "pfnmap.h"
#include "pincheck-version.h"
#include "session.h"
#include "whitelist.h"

#define FIRST_COMMAND	_IOC_NR(PINCHECK_IOC_INFO)
#define NO_CAPABILITY	(-1)

/**
 * struct command - an ioctl
 * @run: does it, with an argument that is in order
 * @refused: fills the outputs when the argument is not in order; not needed
 * @undo: reverts what succeeded when its outputs cannot be written; not needed
 * @rule: for the argument
 * @capability: the caller needs, or NO_CAPABILITY
 * @always_answers: outputs are written on failure too
 */
struct command {
	int (*run)(struct session *session, union argument *argument);
	void (*refused)(union argument *argument);
	void (*undo)(struct session *session, union argument *argument);
	struct argument_rule rule;
	int capability;
	bool always_answers;
};

#define INDEX(command)	(_IOC_NR(command) - FIRST_COMMAND)

static const struct command commands[] = {
	[INDEX(PINCHECK_IOC_INFO)] = {
		.run = info_command,
		.rule = { .size = sizeof(struct pincheck_info),
			  .min_size = PINCHECK_INFO_SIZE_ABI1 },
		.capability = NO_CAPABILITY,
	},
	[INDEX(PINCHECK_IOC_HOLD)] = {
		.run = hold_command,
		.refused = hold_refused,
		.undo = hold_undo,
		.rule = { .size = sizeof(struct pincheck_hold),
			  .min_size = PINCHECK_HOLD_SIZE_ABI1,
			  .flags = PINCHECK_HOLD_FLAGS },
		.capability = NO_CAPABILITY,
		.always_answers = true,
	},
	[INDEX(PINCHECK_IOC_RELEASE)] = {
		.run = release_command,
		.rule = { .size = sizeof(struct pincheck_release),
			  .min_size = PINCHECK_RELEASE_SIZE_ABI1,
			  .flags = PINCHECK_RELEASE_FLAGS,
			  .reserved = offsetof(struct pincheck_release, reserved) },
		.capability = NO_CAPABILITY,
	},
	[INDEX(PINCHECK_IOC_IO)] = {
		.run = io_command,
		.rule = { .size = sizeof(struct pincheck_io),
			  .min_size = PINCHECK_IO_SIZE_ABI1,
			  .flags = PINCHECK_IO_FLAGS,
			  .reserved = offsetof(struct pincheck_io, reserved) },
		.capability = NO_CAPABILITY,
		.always_answers = true,
	},
	[INDEX(PINCHECK_IOC_PAGES)] = {
		.run = pages_command,
		.rule = { .size = sizeof(struct pincheck_pages),
			  .min_size = PINCHECK_PAGES_SIZE_ABI1,
			  .reserved = offsetof(struct pincheck_pages, reserved) },
		.capability = CAP_SYS_ADMIN,
	},
	[INDEX(PINCHECK_IOC_REPORT)] = {
		.run = report_command,
		.rule = { .size = sizeof(struct pincheck_report_request),
			  .min_size = PINCHECK_REQUEST_SIZE_ABI1,
			  .flags = PINCHECK_REQUEST_FLAGS,
			  .reserved = offsetof(struct pincheck_report_request, reserved) },
		.capability = CAP_SYS_ADMIN,
	},
	[INDEX(PINCHECK_IOC_SCAN)] = {
		.run = scan_command,
		.rule = { .size = sizeof(struct pincheck_scan),
			  .min_size = PINCHECK_SCAN_SIZE_ABI1,
			  .flags = PINCHECK_SCAN_FLAGS },
		.capability = CAP_SYS_ADMIN,
	},
	[INDEX(PINCHECK_IOC_EVENTS)] = {
		.run = IS_ENABLED(CONFIG_MMU_NOTIFIER) ? events_command : NULL,
		.rule = { .size = sizeof(struct pincheck_events),
			  .min_size = PINCHECK_EVENTS_SIZE_ABI1 },
		.capability = NO_CAPABILITY,
	},
	[INDEX(PINCHECK_IOC_FOLLOW)] = {
		.run = follow_command,
		.refused = follow_refused,
		.undo = follow_undo,
		.rule = { .size = sizeof(struct pincheck_follow),
			  .min_size = PINCHECK_FOLLOW_SIZE_ABI1,
			  .flags = PINCHECK_FOLLOW_FLAGS,
			  .reserved = offsetof(struct pincheck_follow, reserved) },
		.capability = CAP_SYS_ADMIN,
		.always_answers = true,
	},
	[INDEX(PINCHECK_IOC_REVOKE)] = {
		.run = revoke_command,
		.rule = { .size = sizeof(struct pincheck_revoke),
			  .min_size = PINCHECK_REVOKE_SIZE_ABI1,
			  .flags = PINCHECK_REVOKE_FLAGS,
			  .reserved = offsetof(struct pincheck_revoke, reserved) },
		.capability = NO_CAPABILITY,
	},
	[INDEX(PINCHECK_IOC_BENCH)] = {
		.run = bench_command,
		.rule = { .size = sizeof(struct pincheck_bench),
			  .min_size = PINCHECK_BENCH_SIZE_ABI1,
			  .flags = PINCHECK_BENCH_FLAGS,
			  .reserved = offsetof(struct pincheck_bench, reserved) },
		.capability = CAP_SYS_ADMIN,
	},
};

static const struct command *find_command(unsigned int cmd)
{
	unsigned int index = _IOC_NR(cmd) - FIRST_COMMAND;

	if (_IOC_TYPE(cmd) != PINCHECK_IOC_MAGIC || index >= ARRAY_SIZE(commands))
		return NULL;
	index = array_index_nospec(index, ARRAY_SIZE(commands));
	return commands[index].run ? &commands[index] : NULL;
}

static int copy_in(const struct command *command, union argument *argument,
		   const void __user *user, u32 *size)
{
	int err;

	if (get_user(*size, (const u32 __user *)user))
		return -EFAULT;
	err = argument_check_size(&command->rule, *size);
	if (err)
		return err;
	return copy_struct_from_user(argument, command->rule.size, user, *size);
}

static int run(const struct command *command, struct session *session, union argument *argument)
{
	int err = argument_check(&command->rule, argument);

	if (!err)
		return command->run(session, argument);
	if (command->refused)
		command->refused(argument);
	return err;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct command *command = find_command(cmd);
	struct session *session = file->private_data;
	void __user *user = (void __user *)arg;
	union argument argument;
	u32 size;
	int err;

	if (!command)
		return -ENOTTY;
	if (command->capability != NO_CAPABILITY && !capable(command->capability))
		return -EPERM;
	err = copy_in(command, &argument, user, &size);
	if (err)
		return err;
	err = run(command, session, &argument);
	if (err && !command->always_answers)
		return err;
	if (copy_to_user(user, &argument, min(size, command->rule.size))) {
		if (!err && command->undo)
			command->undo(session, &argument);
		return -EFAULT;
	}
	return err;
}

static int device_open(struct inode *inode, struct file *file)
{
	struct session *session = session_open(file);

	if (IS_ERR(session))
		return PTR_ERR(session);
	file->private_data = session;
	path_control();
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	session_close(file->private_data);
	return 0;
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct session *session = file->private_data;

	return pfnmap_mmap(session->pfnmap, vma);
}

static const struct file_operations device_operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.mmap = device_mmap,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pincheck",
	.fops = &device_operations,
	.mode = 0600,
};

static int __init pincheck_init(void)
{
	int err;

	path_init();
	whitelist_init();
	err = online_init();
	if (err)
		goto path;
	err = misc_register(&device);
	if (err)
		goto online;
	return 0;
online:
	online_exit();
path:
	path_exit();
	return err;
}
module_init(pincheck_init);

static void __exit pincheck_exit(void)
{
	misc_deregister(&device);
	online_exit();
	path_exit();
}
module_exit(pincheck_exit);

MODULE_DESCRIPTION("Takes page references as drivers do and tells what the kernel thinks of the pages");
MODULE_AUTHOR("The pincheck developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(PINCHECK_VERSION);
