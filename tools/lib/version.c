// SPDX-License-Identifier: GPL-2.0-only
/* What each command answers to --version. */
#include <argp.h>
#include "include/pincheck-version.h"

const char *argp_program_version = "pincheck " PINCHECK_VERSION;
