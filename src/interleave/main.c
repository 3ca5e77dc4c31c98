// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck_interleave: the device that holds a thread up inside the kernel. The contract is
 * include/uapi/linux/pincheck_interleave.h, and it shares no state with /dev/pincheck.
 *
 * It is for tests on a machine of their own: a delay has any lock of the kernel. So one process at a
 * time may use it, with CAP_SYS_ADMIN, and holds up only itself and its descendants.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "compat/vm_flags.h"
#include "interleave.h"
#include "pincheck-version.h"

static unsigned int max_us = 2000;
module_param(max_us, uint, 0444);
MODULE_PARM_DESC(max_us, "longest delay in microseconds [2000, never more than 10000]");

/* A process is that many generations below the opener, at most. */
#define GENERATIONS	64

/**
 * struct interleave - the open file
 * @lock: protects all, except against the handler
 * @owner: the process that opened the file
 * @files: its table of descriptors
 * @ended: the owner has ended: nothing can be armed any more
 * @shared: the page that the owner may map
 * @slots: of the file
 */
struct interleave {
	struct mutex lock;
	struct pid *owner;
	fl_owner_t files;
	bool ended;
	struct pincheck_interleave_shared *shared;
	struct slot slots[PINCHECK_INTERLEAVE_SLOTS];
};

static atomic_t opened;

static bool is_named(const char *symbol)
{
	return symbol[0] && strnlen(symbol, PINCHECK_INTERLEAVE_SYMBOL) < PINCHECK_INTERLEAVE_SYMBOL;
}

/* Two slots with one function would have two probes at an address. */
static bool is_loaded(const struct interleave *file, const struct function *function)
{
	int i;

	for (i = 0; i < PINCHECK_INTERLEAVE_SLOTS; i++)
		if (file->slots[i].function.size && file->slots[i].function.start == function->start)
			return true;
	return false;
}

static long interleave_info(struct interleave *file, void *argument)
{
	struct pincheck_interleave_info *info = argument;

	*info = (struct pincheck_interleave_info) {
		.abi = PINCHECK_INTERLEAVE_ABI,
		.delay_max_us = max_us,
	};
	return 0;
}

static long interleave_text(struct interleave *file, void *argument)
{
	struct pincheck_interleave_text *text = argument;

	return is_named(text->symbol) ? text_command(text) : -EINVAL;
}

static long interleave_load(struct interleave *file, void *argument)
{
	struct pincheck_interleave_load *load = argument;
	struct function function;
	struct slot *slot;
	int error;

	if (load->slot >= PINCHECK_INTERLEAVE_SLOTS || load->reserved ||
	    load->count > PINCHECK_INTERLEAVE_PLACES)
		return -EINVAL;
	slot = &file->slots[load->slot];
	if (!load->count) {
		slot_empty(slot);
		return 0;
	}
	if (!is_named(load->symbol))
		return -EINVAL;
	slot_empty(slot);
	error = function_find(&function, load->symbol);
	if (!error && is_loaded(file, &function))
		error = -EBUSY;
	return error ?: slot_load(slot, &function, load, &load->good);
}

static bool is_of_owner(const struct interleave *file, struct task_struct *task)
{
	bool own = false;
	int i;

	rcu_read_lock();
	for (i = 0; i < GENERATIONS && !own && task->pid; i++) {
		own = task_tgid(task) == file->owner;
		task = rcu_dereference(task->real_parent);
	}
	rcu_read_unlock();
	return own;
}

/* Return: the thread, with a reference, or an ERR_PTR. */
static struct task_struct *thread_of_owner(const struct interleave *file, u32 tid)
{
	struct pid *pid = find_get_pid(tid);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);

	put_pid(pid);
	if (!task)
		return ERR_PTR(-ESRCH);
	if (is_of_owner(file, task))
		return task;
	put_task_struct(task);
	return ERR_PTR(-EPERM);
}

static long interleave_arm(struct interleave *file, void *argument)
{
	const struct pincheck_interleave_arm *arm = argument;
	bool all = arm->place == PINCHECK_INTERLEAVE_ALL;
	struct task_struct *task;
	int error;

	if (arm->slot >= PINCHECK_INTERLEAVE_SLOTS || arm->delay_us > max_us ||
	    arm->opens >> PINCHECK_INTERLEAVE_SLOTS)
		return -EINVAL;
	if (all ? arm->delay_us || arm->nth || arm->opens : !arm->nth)
		return -EINVAL;
	task = thread_of_owner(file, arm->tid);
	if (IS_ERR(task))
		return PTR_ERR(task);
	error = slot_arm(&file->slots[arm->slot], arm, task);
	if (error)
		put_task_struct(task);
	return error;
}

static long interleave_hits(struct interleave *file, void *argument)
{
	const struct pincheck_interleave_hits *hits = argument;

	if (hits->slot >= PINCHECK_INTERLEAVE_SLOTS)
		return -EINVAL;
	return slot_hits(&file->slots[hits->slot], hits);
}

static long interleave_disarm(struct interleave *file, unsigned long number)
{
	if (number >= PINCHECK_INTERLEAVE_SLOTS)
		return -EINVAL;
	slot_disarm(&file->slots[number]);
	return 0;
}

static const struct command {
	unsigned int number;
	long (*call)(struct interleave *file, void *argument);
} commands[] = {
	{ PINCHECK_INTERLEAVE_IOC_INFO, interleave_info },
	{ PINCHECK_INTERLEAVE_IOC_TEXT, interleave_text },
	{ PINCHECK_INTERLEAVE_IOC_LOAD, interleave_load },
	{ PINCHECK_INTERLEAVE_IOC_ARM, interleave_arm },
	{ PINCHECK_INTERLEAVE_IOC_HITS, interleave_hits },
};

union argument {
	struct pincheck_interleave_info info;
	struct pincheck_interleave_text text;
	struct pincheck_interleave_load load;
	struct pincheck_interleave_arm arm;
	struct pincheck_interleave_hits hits;
};

static long command_call(struct interleave *file, const struct command *command, void __user *user)
{
	size_t size = _IOC_SIZE(command->number);
	union argument argument = { };
	long ret;

	if (_IOC_DIR(command->number) & _IOC_WRITE && copy_from_user(&argument, user, size))
		return -EFAULT;
	ret = command->call(file, &argument);
	if (!ret && _IOC_DIR(command->number) & _IOC_READ && copy_to_user(user, &argument, size))
		ret = -EFAULT;
	return ret;
}

static long file_command(struct interleave *file, unsigned int number, unsigned long arg)
{
	size_t i;

	if (number == PINCHECK_INTERLEAVE_IOC_DISARM)
		return interleave_disarm(file, arg);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].number == number)
			return command_call(file, &commands[i], (void __user *)arg);
	return -ENOTTY;
}

/* Whoever has the descriptor from the owner may close it, and no more. */
static bool is_owner(const struct interleave *file)
{
	return task_tgid(current) == file->owner;
}

static long interleave_ioctl(struct file *filp, unsigned int number, unsigned long arg)
{
	struct interleave *file = filp->private_data;
	long ret = -EPERM;

	if (mutex_lock_killable(&file->lock))
		return -EINTR;
	if (is_owner(file) && !file->ended)
		ret = file_command(file, number, arg);
	mutex_unlock(&file->lock);
	return ret;
}

/*
 * VM_DONTCOPY: fork must not write-protect the page through which threads talk while it runs, and a
 * child has no business with it.
 */
static int interleave_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct interleave *file = filp->private_data;

	if (!is_owner(file))
		return -EPERM;
	if (vma->vm_pgoff || vma->vm_end - vma->vm_start != PAGE_SIZE || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	compat_vm_flags_mod(vma, VM_DONTCOPY, VM_EXEC | VM_MAYEXEC);
	return remap_vmalloc_range(vma, file->shared, 0);
}

static void file_empty(struct interleave *file)
{
	int i;

	for (i = 0; i < PINCHECK_INTERLEAVE_SLOTS; i++)
		slot_empty(&file->slots[i]);
}

/* A descriptor that a child inherited must not keep the probes when the owner ends. */
static int interleave_flush(struct file *filp, fl_owner_t id)
{
	struct interleave *file = filp->private_data;

	if (id != file->files || !(current->flags & PF_EXITING))
		return 0;
	mutex_lock(&file->lock);
	file->ended = true;
	file_empty(file);
	mutex_unlock(&file->lock);
	return 0;
}

static int interleave_open(struct inode *inode, struct file *filp)
{
	struct interleave *file;
	int i, error = -ENOMEM;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (atomic_cmpxchg(&opened, 0, 1))
		return -EBUSY;
	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		goto err_close;
	file->shared = vmalloc_user(PAGE_SIZE);
	if (!file->shared)
		goto err_free;
	mutex_init(&file->lock);
	file->owner = get_pid(task_tgid(current));
	file->files = current->files;
	for (i = 0; i < PINCHECK_INTERLEAVE_SLOTS; i++) {
		file->slots[i].number = i;
		file->slots[i].shared = file->shared;
	}
	filp->private_data = file;
	return nonseekable_open(inode, filp);

err_free:
	kfree(file);
err_close:
	atomic_set(&opened, 0);
	return error;
}

static int interleave_release(struct inode *inode, struct file *filp)
{
	struct interleave *file = filp->private_data;

	file_empty(file);
	put_pid(file->owner);
	mutex_destroy(&file->lock);
	vfree(file->shared);
	kfree(file);
	atomic_set_release(&opened, 0);
	return 0;
}

static const struct file_operations interleave_operations = {
	.owner = THIS_MODULE,
	.open = interleave_open,
	.flush = interleave_flush,
	.release = interleave_release,
	.unlocked_ioctl = interleave_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = interleave_mmap,
};

static struct miscdevice interleave_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pincheck_interleave",
	.fops = &interleave_operations,
	.mode = 0600,
};

static int __init interleave_init(void)
{
	max_us = min_t(unsigned int, max_us, PINCHECK_INTERLEAVE_DELAY_US);
	if (!IS_ENABLED(CONFIG_KPROBES)) {
		pr_err("pincheck_interleave: this kernel has no kprobes (CONFIG_KPROBES)\n");
		return -EOPNOTSUPP;
	}
	return misc_register(&interleave_device);
}
module_init(interleave_init);

static void __exit interleave_exit(void)
{
	misc_deregister(&interleave_device);
}
module_exit(interleave_exit);

MODULE_DESCRIPTION("Holds threads up at instructions of the kernel, so that their paths interleave as a test wants");
MODULE_AUTHOR("The pincheck developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(PINCHECK_VERSION);
