# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 # names of arch.sh, and variables that apt.sh and root.sh read
# Disk images of small stock systems, for tests of the packages: CACHE/machines/SUITE-KEY/{image,kernel,initrd}.
# The image is a file system without a boot loader, and QEMU gets the kernel and the initrd. No loop device and no
# mount is needed.

# Whatever the suite has, of the kernel's packages, the compiler, and autopkgtest's needs
machine_packages()
{
	printf '%s\n' adduser apt apt-utils ca-certificates dkms e2fsprogs initramfs-tools kmod "linux-headers-${arch[flavour]}" \
		"linux-image-${arch[flavour]}" login procps python3-minimal systemd-sysv udev xz-utils zstd
}

# machine SUITE [PACKAGE...]: prints the directory of its image, which has these packages, too
command_machine()
{
	local suite=${1:-} dir
	local -a packages

	[ -n "$suite" ] || die "which suite? Usage: kernels machine SUITE [PACKAGE...]"
	((EUID == 0)) || die "an image's files belong to root: sudo CACHE=$CACHE $HERE/kernels machine ..."
	arch_select || exit
	mapfile -t packages < <({ machine_packages; [ $# -lt 2 ] || printf '%s\n' "${@:2}"; } | sort -u)
	NAME=$suite SUITES="$suite $suite-security" VERSION_PATTERN=newest
	HOME_DIR=$CACHE/machines
	APT_DIR=$HOME_DIR/apt-$suite
	dir=$HOME_DIR/$suite-$(printf '%s\n' "${packages[@]}" "$(machine_setup /)" | cksum | cut -d' ' -f1)
	host_need kernels
	fetch_lock
	[ -n "$(find "$dir/initrd" -mtime -7 2>/dev/null)" ] || machine_make "$dir" "${packages[@]}"
	fetch_unlock
	printf '%s\n' "$dir"
}

machine_make()
{
	local dir=$1 root=$1.partial/root

	apt_lists --newer || apt_lists_failed
	rm -rf --one-file-system -- "$HOME_DIR/$NAME"-*
	mkdir -p -- "$root"
	apt_download "$APT_DIR/archives" "$NAME: a system" install "${@:2}" '?essential'
	step "$NAME: a system made" "$root" root_bootstrap "$root" "${@:2}" || {
		step_failed
		die "$NAME: mmdebstrap could not make the system (reasons above)"
	}
	machine_setup "$root" | sh -eu
	cp -L -- "$root/${arch[packaged_image]}" "$dir.partial/kernel"
	cp -L -- "$root/initrd.img" "$dir.partial/initrd"
	step "$NAME: image" "$dir.partial" mke2fs -q -t ext4 -L root -d "$root" "$dir.partial/image" 6G || {
		step_failed
		die "$NAME: mke2fs could not make the image (reasons above)"
	}
	rm -rf --one-file-system -- "$root" "$APT_DIR/archives"
	mv -T -- "$dir.partial" "$dir"
}

# machine_setup ROOT: prints a script that makes ROOT bootable, with a root shell where autopkgtest-virt-qemu looks for
# one. Its time limits are short, and emulation is slow: the shell is there before the login prompt that it waits for,
# and the file system of the host is known early. It also waits for the shell's prompt after it has read a line of
# output, so what follows a line comes a little later than the line. Without a machine-id, systemd would ask questions.
machine_setup()
{
	cat <<-END
	cd -- '$1'
	mkdir -p var/lib/apt/lists/partial var/cache/apt/archives/partial
	rm -rf var/cache/apt/*.bin var/lib/apt/lists/*_* etc/apt/sources.list.d/*
	: >etc/apt/sources.list
	echo machine >etc/hostname
	echo 'LABEL=root / ext4 defaults 0 0' >etc/fstab
	echo 00000000000000000000000000000001 >etc/machine-id
	printf '%s\n' 9pnet_virtio 9p >etc/modules-load.d/autopkgtest.conf
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer man-db.timer; do
		ln -sf /dev/null etc/systemd/system/\$unit
	done
	cat >usr/local/lib/line-by-line <<'SCRIPT'
	import os, time
	while True:
	    block = os.read(0, 4096)
	    if not block:
	        break
	    for line in block.splitlines(True):
	        os.write(1, line)
	        time.sleep(0.1 if line.endswith(b'\n') else 0)
	SCRIPT
	cat >etc/systemd/system/autopkgtest.service <<'UNIT'
	[Unit]
	Before=getty.target
	[Service]
	ExecStart=/bin/sh -c 'sh -i <${arch[results_tty]} 2>&1 | python3 /usr/local/lib/line-by-line >${arch[results_tty]}'
	UNIT
	mkdir -p etc/systemd/system/multi-user.target.wants
	ln -sf ../autopkgtest.service etc/systemd/system/multi-user.target.wants
	END
}
