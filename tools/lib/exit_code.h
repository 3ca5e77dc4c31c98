/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exit codes of pincheck-vm, and of the other programs as far as they come to them. Documentation/
 * pincheck-vm.1 has the same table for people: a unit test compares. Everybody else refers to these.
 */
#ifndef PINCHECK_LIB_EXIT_CODE_H
#define PINCHECK_LIB_EXIT_CODE_H

#define FOR_EACH_EXIT_CODE(X)							\
	X(PASS,		0, "pass")						\
	X(FAIL,		1, "a test failed")					\
	X(USAGE,	2, "wrong usage, or the runner itself failed")		\
	X(TIMEOUT,	3, "timeout")						\
	X(SKIP_ONLY,	4, "nothing but skips")					\
	X(PANIC,	5, "the kernel panicked")				\
	X(SPLAT,	6, "a warning or worse in the kernel log")		\
	X(NO_BOOT,	7, "no boot")

#define EXIT_CODE_VALUE(name, code, meaning)	EXIT_##name = (code),
enum exit_code { FOR_EACH_EXIT_CODE(EXIT_CODE_VALUE) };

/** EXIT_CODES_HELP - the table as text, a line each, for --help */
#define EXIT_CODE_LINE(name, code, meaning)	"  " #code "  " meaning "\n"
#define EXIT_CODES_HELP	"Exit codes:\n" FOR_EACH_EXIT_CODE(EXIT_CODE_LINE)

#endif
