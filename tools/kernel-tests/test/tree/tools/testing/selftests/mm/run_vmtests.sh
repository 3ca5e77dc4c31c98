#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2034,SC2086,SC2154,SC2317
# Everything that runs.awk has to understand in the kernel's script of this name.
RUN_ALL=false
RUN_DESTRUCTIVE=false

run_gup_matrix() {
    # comment
    local hugetlb_mb=256

    for huge in -t "-H -m $hugetlb_mb"; do
	for num in "-n 1" " "; do
		CATEGORY="gup_test" run_test ./gup_test \
			$huge $num
	done
    done
}

run_test() {
	echo 3 > /proc/sys/vm/compact_memory
	("$@" 2>&1) | tap_prefix
}

echo 268435456 > /proc/sys/kernel/shmmax
CATEGORY="hugetlb" run_test ./shm
echo "$shmmax" > /proc/sys/kernel/shmmax
if $RUN_ALL; then
    run_gup_matrix
else
    CATEGORY="gup_test" run_test ./gup_test -u
fi
stress=./uffd-stress
half_ufd_size_MB=$(((freepgs * hpgsize_KB) / 1024 / 2))
CATEGORY="userfaultfd" run_test ${stress} hugetlb "$half_ufd_size_MB" 32
if command -v sudo &> /dev/null;
then
	CATEGORY="mlock" run_test sudo -u nobody sh -c ./on-fault-limit
fi
if $RUN_DESTRUCTIVE; then
CATEGORY="hugetlb" run_test ./hugetlb-read-hwpoison
fi
CATEGORY="vmalloc" run_test bash ./test_vmalloc.sh smoke
CATEGORY="thp" run_test ./khugepaged
CATEGORY="thp" run_test ./khugepaged all:file ${SPLIT_HUGE_PAGE_TEST_XFS_PATH}
CATEGORY="cow" run_test ./cow
