// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls of the device: the table of commands, and the rules that every argument obeys. */
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>
#include "command.h"
#include "trace/trace.h"

#define FIRST_COMMAND	_IOC_NR(PINCHECK_IOC_INFO)
#define NO_CAPABILITY	(-1)

/**
 * struct command - an ioctl
 * @run: executes the command; the argument obeys @rule; NULL: this kernel is not configured for it
 * @refused: fills the outputs when the argument breaks @rule; may be NULL
 * @undo: reverts a success whose outputs cannot be written to the caller; may be NULL
 * @rule: for the argument
 * @capability: that the caller needs, or NO_CAPABILITY
 * @always_answers: the outputs are written on failure, too
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
	[INDEX(PINCHECK_IOC_TRACE)] = {
		.run = TRACE_BUILT ? trace_command : NULL,
		.undo = TRACE_BUILT ? trace_undo : NULL,
		.rule = { .size = sizeof(struct pincheck_trace),
			  .min_size = PINCHECK_TRACE_SIZE_ABI1,
			  .flags = PINCHECK_TRACE_FLAGS,
			  .reserved = offsetof(struct pincheck_trace, reserved) },
		.capability = CAP_SYS_ADMIN,
	},
	[INDEX(PINCHECK_IOC_TRACE_READ)] = {
		.run = TRACE_BUILT ? trace_read_command : NULL,
		.rule = { .size = sizeof(struct pincheck_trace_read),
			  .min_size = PINCHECK_TRACE_READ_SIZE_ABI1,
			  .reserved = offsetof(struct pincheck_trace_read, reserved) },
		.capability = CAP_SYS_ADMIN,
	},
	[INDEX(PINCHECK_IOC_TRACE_STACK)] = {
		.run = TRACE_BUILT ? trace_stack_command : NULL,
		.rule = { .size = sizeof(struct pincheck_trace_stack),
			  .min_size = PINCHECK_TRACE_STACK_SIZE_ABI1,
			  .reserved = offsetof(struct pincheck_trace_stack, reserved) },
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

static int run_command(const struct command *command, struct session *session,
		       union argument *argument)
{
	int err = argument_check(&command->rule, argument);

	if (!err)
		return command->run(session, argument);
	if (command->refused)
		command->refused(argument);
	return err;
}

/**
 * command_ioctl() - execute an ioctl of the device
 * @session: of the descriptor
 * @cmd: number of the command
 * @user: the argument, in the caller's memory
 *
 * Context: process context, sleeps.
 *
 * Return: 0, or a negative errno as the contract promises.
 */
long command_ioctl(struct session *session, unsigned int cmd, void __user *user)
{
	const struct command *command = find_command(cmd);
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
	err = run_command(command, session, &argument);
	if (err && !command->always_answers)
		return err;
	if (copy_to_user(user, &argument, min(size, command->rule.size))) {
		if (!err && command->undo)
			command->undo(session, &argument);
		return -EFAULT;
	}
	return err;
}

/**
 * command_copy_out() - write an array of output structures
 * @user: where to write, in the caller's memory
 * @items: the structures
 * @known: bytes of each structure
 * @size: bytes of each structure as the caller knows it: a shorter one is cut off, the tail of a
 *	longer one is cleared
 * @count: number of structures
 *
 * Return: 0 or -EFAULT.
 */
int command_copy_out(void __user *user, const void *items, u32 known, u32 size, unsigned int count)
{
	u32 copied = min(known, size);

	if (size == known)
		return copy_to_user(user, items, (size_t)count * size) ? -EFAULT : 0;
	for (; count; count--, user += size, items += known) {
		if (copy_to_user(user, items, copied) ||
		    clear_user(user + copied, size - copied))
			return -EFAULT;
	}
	return 0;
}
