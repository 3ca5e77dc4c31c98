/* SPDX-License-Identifier: GPL-2.0-only */
/* What pincheck-vm on the host and /init in the guest must agree on. */
#ifndef PINCHECK_VM_PROTOCOL_H
#define PINCHECK_VM_PROTOCOL_H

/* Files of the initramfs */
#define GUEST_CONFIG		"/etc/pincheck-vm.conf"		/* key=value lines */
#define GUEST_KMODS		"/etc/pincheck-vm.kmods"	/* "path parameters" in load order */
#define GUEST_SPLATS_ALLOWED	"/etc/splats-allowed"
#define GUEST_KMODS_LATE	"/etc/pincheck-vm.kmods-late"	/* those of one topic */
#define GUEST_KMOD_DIR		"/lib/pincheck-vm"
#define GUEST_TESTS		"/tests"
#define GUEST_BUSYBOX		"/bin/busybox"
#define GUEST_DISKS		"/lib/pincheck-vm/disk."	/* and the file system */

/* Keys of GUEST_CONFIG */
#define KEY_PROBE		"probe"			/* say hello and leave: the KVM probe */
#define KEY_SHELL		"shell"
#define KEY_SLOW		"slow"			/* emulated: tests may scale their loops */
#define KEY_FILTER		"filter"
#define FILTER_MAX		4096	/* bytes of it, the zero included */
#define KEY_MODULE		"module"		/* path of pincheck.ko in the guest */
#define KEY_TOPIC_SECONDS	"topic_seconds"
#define KEY_SWAP_MIB		"swap_mib"
#define KEY_HUGEPAGES		"hugepages"

/*
 * Results come by the second UART: present on every x86 kernel without a module, and printk
 * never writes there.
 */
#define RESULT_TTY		"/dev/ttyS1"

/* Lines of the result stream that the host looks for, after "# " */
#define MARK_PROBE		"pincheck-vm probe: userspace runs"
#define MARK_TOPIC		"pincheck-vm topic: "
#define MARK_END		"pincheck-vm end: "	/* then "results=N topics=N" */
#define MARK_SPLAT		"pincheck-vm splat: "
/* xfs and btrfs take longer to load than most topics to run: only where they are looked at */
#define TOPIC_FILE_SYSTEMS	"whitelist_policy"
/* The only one that runs with a ZONE_MOVABLE */
#define TOPIC_MOVABLE		"placement"
#define REASON_FILTER		"not chosen by the filter"
#define SPLAT_PREFIX		"splat."		/* names of the subtests of "clean" */

/* Environment of the test programs */
#define ENV_FILTER		"PINCHECK_TESTS"
#define ENV_SLOW		"KSFT_MACHINE_SLOW"
#define ENV_EXT4		"PINCHECK_EXT4"
#define ENV_XFS			"PINCHECK_XFS"
#define ENV_BTRFS		"PINCHECK_BTRFS"
#define ENV_SWAP_ASYNC		"PINCHECK_SWAP_ASYNC"	/* a swap device that is off */
#define ENV_MODULE		"PINCHECK_MODULE"	/* its file: it may be unloaded and loaded again */
#define ENV_MEMORY_BLOCK	"PINCHECK_MEMORY_BLOCK"	/* of ZONE_MOVABLE: it may go offline */

#endif
