// SPDX-License-Identifier: GPL-2.0-only
/*
 * gup_test: the debugfs file of that name, for kernels that are built without CONFIG_GUP_TEST. The
 * kernel's own tests (tools/testing/selftests/mm) skip what they ask of that file where it is
 * missing. The contract is include/uapi/linux/gup_test.h, and that of /dev/pincheck is another one:
 * the two modules share no state.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include "commands.h"
#include "pincheck-version.h"

static long gup_test_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *argument = (void __user *)arg;

	if (bench_has(cmd))
		return bench_command(cmd, argument);
	return longterm_command(file->private_data, cmd, argument);
}

static int gup_test_open(struct inode *inode, struct file *file)
{
	struct longterm *longterm = kzalloc(sizeof(*longterm), GFP_KERNEL_ACCOUNT);

	if (!longterm)
		return -ENOMEM;
	mutex_init(&longterm->lock);
	file->private_data = longterm;
	return nonseekable_open(inode, file);
}

static int gup_test_release(struct inode *inode, struct file *file)
{
	struct longterm *longterm = file->private_data;

	longterm_stop(longterm);
	mutex_destroy(&longterm->lock);
	kfree(longterm);
	return 0;
}

static const struct file_operations gup_test_operations = {
	.owner = THIS_MODULE,
	.open = gup_test_open,
	.release = gup_test_release,
	.unlocked_ioctl = gup_test_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct dentry *gup_test_file;

/*
 * debugfs_create_file() would put functions of its own before these, and those have no compat_ioctl.
 * They keep the file from going away under a call, which .owner does here: an open file keeps the
 * module.
 */
static int __init gup_test_init(void)
{
	gup_test_file = debugfs_create_file_unsafe("gup_test", 0600, NULL, NULL,
						   &gup_test_operations);
	if (PTR_ERR_OR_ZERO(gup_test_file) == -EEXIST)
		pr_err("gup_test: this kernel has a debugfs file gup_test already (CONFIG_GUP_TEST): use that\n");
	else if (IS_ERR(gup_test_file))
		pr_err("gup_test: no debugfs file gup_test: error %ld (CONFIG_DEBUG_FS, debugfs=on)\n",
		       PTR_ERR(gup_test_file));
	return PTR_ERR_OR_ZERO(gup_test_file);
}
module_init(gup_test_init);

static void __exit gup_test_exit(void)
{
	debugfs_remove(gup_test_file);
}
module_exit(gup_test_exit);

MODULE_DESCRIPTION("The debugfs file gup_test, for the kernel's own tests");
MODULE_AUTHOR("The pincheck developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(PINCHECK_VERSION);
/* Kernels since 6.0 leave the taint TAINT_TEST; older ones do not look for the mark. */
MODULE_INFO(test, "Y");
