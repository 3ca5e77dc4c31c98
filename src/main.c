// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck: does copy-on-write keep its promises to processes, and does page pinning keep its
 * promises to devices? /dev/pincheck takes page references as drivers do and reports what the
 * kernel thinks of each page. The contract is include/uapi/linux/pincheck.h. This file loads the
 * module, and opens and maps the device.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include "command.h"
#include "hold/pfnmap.h"
#include "hold/session.h"
#include "page/online.h"
#include "page/path.h"
#include "page/whitelist.h"
#include "pincheck-version.h"
#include "trace/trace.h"

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return command_ioctl(file->private_data, cmd, (void __user *)arg);
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
	struct session *session = file->private_data;

	if (TRACE_BUILT)
		trace_close(session);
	session_close(session);
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

MODULE_DESCRIPTION("Takes page references as drivers do and reports on the pages");
MODULE_AUTHOR("The pincheck developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(PINCHECK_VERSION);
/* Kernels since 6.0 leave the taint TAINT_TEST; older ones do not look for the mark. */
MODULE_INFO(test, "Y");
