/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libpincheck: thin C calls over the ioctls of /dev/pincheck, for tools and selftests alike.
 *
 * Every call returns 0 (or a count) or a negative errno; none prints.
 */
#ifndef PINCHECK_LIB_PINCHECK_H
#define PINCHECK_LIB_PINCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/pincheck.h>

/**
 * pincheck_open() - begin a session
 *
 * Return: a file descriptor (close-on-exec), or a negative errno: pincheck_open_hint() tells
 * a person what to do about it.
 */
int pincheck_open(void);

/** pincheck_open_hint() - the next command to type when pincheck_open() gave @error (negative) */
const char *pincheck_open_hint(int error);

/**
 * pincheck_forbid() - this process and its children do without the device from now on
 * @asked: called each time that somebody asks for the device. If @asked returns, the answer is -ENOPKG.
 *
 * Whoever opens the device asks for it, and whoever calls another function here without a session.
 */
void pincheck_forbid(void (*asked)(void));

/** pincheck_is_forbidden() - has pincheck_forbid() been called? */
bool pincheck_is_forbidden(void);

int pincheck_info(int session, struct pincheck_info *info);

/**
 * pincheck_hold() - take a hold; the caller fills flags, kind and len, and either path and addr
 * or, kind memfd, fd and offset
 *
 * The outputs of @hold are valid on failure too (reason, fail_addr, pages).
 */
int pincheck_hold(int session, struct pincheck_hold *hold);

/**
 * pincheck_hold_pidfd() - the same on the memory of the process of @pidfd, whatever its number
 *
 * The caller fills @hold as for pid, but for pid itself, which says afterwards who it was.
 *
 * Return: as pincheck_hold(); or -EBADF: no pidfd; -ESRCH: the process is gone, or went meanwhile, or
 * is in no PID namespace of the caller; -EXDEV: /proc is of another PID namespace than the caller.
 */
int pincheck_hold_pidfd(int session, struct pincheck_hold *hold, int pidfd);

/** pincheck_release() - give hold @id back. Return: references given back, or a negative errno */
long pincheck_release(int session, __u32 id);

/** pincheck_release_flags() - the same, with PINCHECK_RELEASE_* */
long pincheck_release_flags(int session, __u32 id, __u32 flags);

/** pincheck_release_part() - the same, @count pages from @first on; 0 pages: all that is left */
long pincheck_release_part(int session, __u32 id, __u32 flags, __u64 first, __u64 count);

/** pincheck_read() - memory to device: @len bytes at @offset of hold @id. Return: bytes done */
ssize_t pincheck_read(int session, __u32 id, __u64 offset, void *buffer, size_t len);

/** pincheck_write() - device to memory: the other way round */
ssize_t pincheck_write(int session, __u32 id, __u64 offset, const void *buffer, size_t len);

int pincheck_pages(int session, __u32 id, __u64 first, __u64 count, struct pincheck_page *pages);
int pincheck_report(int session, const __u64 *pfns, __u64 count, struct pincheck_report *reports);

/** pincheck_report_ledger() - the same, with what the module itself holds (PINCHECK_REQUEST_LEDGER) */
int pincheck_report_ledger(int session, const __u64 *pfns, __u64 count,
			   struct pincheck_report *reports);

/**
 * pincheck_scan() - page frame numbers of folios that PINCHECK_SCAN_* @flags want
 * @cursor: where to begin; then where to go on, until it is @end
 * @end: where to end, 0 for all memory; then where that is
 * @count: room in @pfns; then how many there are
 */
int pincheck_scan(int session, __u32 flags, __u64 *cursor, __u64 *end, __u64 *pfns, __u64 *count);

/** pincheck_follow() - the caller fills flags, addr and len; the outputs are valid on failure, too */
int pincheck_follow(int session, struct pincheck_follow *follow);

/**
 * pincheck_revoke() - take the session's device memory away; @restore: allow it again
 * @revoke: what the device answers, or NULL
 */
int pincheck_revoke(int session, int restore, struct pincheck_revoke *revoke);

/** pincheck_bench() - the kernel's own calls, timed; the caller fills all but size. Return: 0 or errno */
int pincheck_bench(int session, struct pincheck_bench *bench);

/**
 * pincheck_events() - the oldest invalidations that hold @id recorded
 * @count: room in @events; then how many there are
 * @lost: how many more there were before these
 */
int pincheck_events(int session, __u32 id, struct pincheck_event *events, __u64 *count,
		    __u64 *lost);

/** pincheck_trace() - begin a trace; the caller fills flags, pid and records. Return: 0 or -errno */
int pincheck_trace(int session, struct pincheck_trace *trace);

/** pincheck_trace_end() - end the trace of this session */
int pincheck_trace_end(int session);

/**
 * pincheck_trace_read() - the oldest records of the trace of this session, which are forgotten
 * @room: of @records
 * @read: the answer: how many there are, and what was lost so far
 */
int pincheck_trace_read(int session, struct pincheck_traced *records, __u64 room,
			struct pincheck_trace_read *read);

/** pincheck_trace_stack() - the functions of @stack as text, a line each; cut off at @size bytes */
int pincheck_trace_stack(int session, __u32 stack, char *text, size_t size);

/* Names of the values of the contract, for output; "?" for one this build does not know. */
const char *pincheck_kind_name(__u32 kind);
const char *pincheck_path_name(__u32 path);
const char *pincheck_reason_name(__u32 reason);
const char *pincheck_mapped_name(__u32 mapped);
const char *pincheck_event_name(__u32 reason);
const char *pincheck_whitelist_name(__u32 whitelist);
const char *pincheck_whitelist_reason_name(__u32 reason);
const char *pincheck_function_name(__u32 function);

#endif
