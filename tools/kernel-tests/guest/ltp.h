/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The adapter for programs of LTP. Such a program prints a line for each check, "FILE:LINE: TPASS: TEXT", and
 * those that are older "NAME  NUMBER  TPASS  :  TEXT". Its exit status has a bit for each kind of line but TPASS.
 */
#ifndef PINCHECK_KERNEL_TESTS_LTP_H
#define PINCHECK_KERNEL_TESTS_LTP_H

#include <stdbool.h>
#include <stddef.h>
#include "../../ktap/ktap.h"

enum ltp_kind {
	LTP_PASS,
	LTP_FAIL,
	LTP_BROK,
	LTP_WARN,
	LTP_CONF,
	LTP_KINDS,
};

/**
 * struct ltp - the lines that a program has printed
 * @count: of each kind
 * @first: text of the first line of the kind
 * @constraint: the option of the kernel's configuration that is not as the program wants it; "" for none
 */
struct ltp {
	unsigned int count[LTP_KINDS];
	char first[LTP_KINDS][256];
	char constraint[128];
};

/** ltp_read_line() - count @line. Return: false if it is none of these */
bool ltp_read_line(struct ltp *ltp, const char *line);

/**
 * ltp_judge() - the outcome of a program that ended with exit status @code
 * @reason: gets why, and how much was checked
 */
enum ktap_outcome ltp_judge(const struct ltp *ltp, int code, char *reason, size_t size);

#endif
