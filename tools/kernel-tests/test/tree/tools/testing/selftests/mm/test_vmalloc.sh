#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2034,SC2154
NR_TEST=5
SMOKE_PARAM="test_loop_count=10 cpu=$TEST_CPU_1"
