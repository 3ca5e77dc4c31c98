/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong, in words. An errno that a function of ours chooses says to the caller which way
 * the function failed; to a person the errno's text ("Bad file descriptor") says nothing.
 */
#ifndef PINCHECK_LIB_CAUSE_H
#define PINCHECK_LIB_CAUSE_H

/**
 * cause_say() - the cause of @error, and what mends it, for whoever prints the error
 *
 * Return: @error, so that a function can return what it says
 */
int cause_say(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** cause_of() - the words of the last cause_say(), if they were for @error, or those of strerror() */
const char *cause_of(int error);

/** cause_forget() - what was said before is no cause of what comes now */
void cause_forget(void);

#endif
