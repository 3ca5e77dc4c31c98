/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that pincheck-vm on the host and /init in the guest share. */
#ifndef PINCHECK_VM_PROTOCOL_H
#define PINCHECK_VM_PROTOCOL_H

/* Files of the initramfs */
#define GUEST_CONFIG		"/etc/pincheck-vm.conf"		/* key=value lines */
/* "path parameters" in load order; with ".NAME" at the end: those of a need of needs.h */
#define GUEST_KMODS		"/etc/pincheck-vm.kmods"
#define GUEST_BOOTS		"/etc/pincheck-vm.boots"	/* "TOPIC NUMBER": not of the first boot */
#define GUEST_SPLATS_ALLOWED	"/etc/splats-allowed"
#define GUEST_KMOD_DIR		"/lib/pincheck-vm"
#define GUEST_TESTS		"/tests"
/* Beside the module under test, on the host and in the guest. */
#define GUP_TEST_MODULE		"gup_test.ko"
#define INTERLEAVE_MODULE	"pincheck_interleave.ko"
#define GUEST_BUSYBOX		"/bin/busybox"
#define GUEST_SCRIPT		"/etc/pincheck-vm.script"	/* commands of a shell without a person */
#define GUEST_SHARE		"/mnt/share"
#define SHARE_TAG		"share"
#define GUEST_DISKS		"/lib/pincheck-vm/disk."	/* and the file system */
#define DISK_BLOCK		4096	/* bytes that follow each offset in such a file */

/* Keys of GUEST_CONFIG */
#define KEY_PROBE		"probe"			/* the KVM probe: report MARK_PROBE, reset */
#define KEY_SHELL		"shell"
#define KEY_SHARE		"share"			/* a shell has GUEST_SHARE */
#define KEY_SLOW		"slow"			/* emulated: tests may scale their loops */
#define KEY_FILTER		"filter"
#define FILTER_MAX		4096	/* bytes of it, the zero included */
#define KEY_MODULE		"module"		/* path of pincheck.ko in the guest */
#define KEY_WITHOUT_MODULE	"without_module"	/* /init sets PINCHECK_MODULE=no */
#define KEY_TOPIC_SECONDS	"topic_seconds"
#define KEY_SWAP_MIB		"swap_mib"
#define KEY_HUGEPAGES		"hugepages"
/* Of several guests that share a result stream; results: top-level ones */
#define KEY_GUEST		"guest"			/* its number, from 1 */
#define KEY_GUEST_TITLE		"guest_title"		/* topics and parameters of its own */
#define KEY_PLAN		"plan"			/* results of all guests */
#define KEY_RESULTS_BEFORE	"results_before"	/* results of the guests before */

/* Lines of the result stream that the host looks for, after "# " */
#define MARK_GUEST		"pincheck-vm guest: "	/* number and title of a later one */
#define MARK_PROBE		"pincheck-vm probe: userspace runs"
#define MARK_TOPIC		"pincheck-vm topic: "
#define MARK_END		"pincheck-vm end: "	/* then "results=N topics=N" */
#define MARK_SPLAT		"pincheck-vm splat: "
/*
 * A test, or the guest's init, asks the host for something: "virtio-mem BYTES" resizes that device.
 * The host sends no answer: the guest sees the memory come.
 */
#define MARK_ASK		"pincheck-vm ask: "
#define REASON_FILTER		"not chosen by the filter"
#define SPLAT_PREFIX		"splat."		/* names of the subtests of "clean" */

/*
 * With a shell the second serial line carries the output of the script, and control lines. Those
 * begin with a byte that text does not have.
 */
#define SHELL_CONTROL		'\001'
#define SHELL_BEGIN		"begin"
#define SHELL_SAY		"say "			/* for the person */
#define SHELL_EXIT		"exit "			/* status of the shell */

/*
 * An image that others boot (pincheck-vm pack) has more than one configuration. The kernel passes a
 * NAME=VALUE that it does not know to init as environment:
 */
#define ENV_RESULTS		"PINCHECK_RESULTS"	/* where the results go, a terminal: /dev/console */
#define ENV_TERSE		"PINCHECK_TERSE"	/* yes: result lines, and the evidence of failures */
#define ENV_BOOT		"PINCHECK_BOOT"		/* which of the boots of GUEST_BOOTS this is, from 1 */
#define ENV_SHARDS		"SHARD_NUMBER"		/* of machines that share the topics of a boot */
#define ENV_SHARD		"SHARD_INDEX"		/* which of them this is, from 1 */
/* An emulated machine gets the default deadlines times this. */
#define SLOWDOWN		3

/* Section of a test program that says what it needs: words with spaces between them, see needs.h */
#define NEEDS_SECTION		".pincheck.needs"
/* A topic may be a script, "#!" and an interpreter: then a line that begins so has the words. */
#define SCRIPT_NEEDS		"needs "

/* Environment of the test programs */
#define ENV_FILTER		"PINCHECK_TESTS"
#define ENV_SLOW		"KSFT_MACHINE_SLOW"
#define ENV_EXT4		"PINCHECK_EXT4"
#define ENV_XFS			"PINCHECK_XFS"
#define ENV_BTRFS		"PINCHECK_BTRFS"
/* KiB of memory without the device that "virtio-mem" above resizes */
#define ENV_VIRTIO_MEM		"PINCHECK_VIRTIO_MEM"
#define ENV_DAX			"PINCHECK_DAX"		/* a directory on ext4 with DAX */
#define ENV_SWAP_ASYNC		"PINCHECK_SWAP_ASYNC"	/* a swap device that is off */
#define ENV_MODULE		"PINCHECK_MODULE"	/* its file: it may be unloaded and loaded again */
#define MODULE_NO		"no"			/* instead: the suite does without the module */
#define ENV_GUP_TEST		"PINCHECK_GUP_TEST"	/* the file of gup_test.ko, which nobody has loaded */
#define ENV_INTERLEAVE		"PINCHECK_INTERLEAVE"	/* the file of pincheck_interleave.ko, likewise */
#define ENV_POISON		"PINCHECK_POISON"	/* memory may be made to fail */
#define ENV_MEMORY_BLOCK	"PINCHECK_MEMORY_BLOCK"	/* of ZONE_MOVABLE: it may go offline */

#endif
