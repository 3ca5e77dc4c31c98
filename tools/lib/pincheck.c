// SPDX-License-Identifier: GPL-2.0-only
/* libpincheck: thin C calls over the ioctls of /dev/pincheck. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include "kinds.h"
#include "pincheck.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static void (*forbidden)(void);

void pincheck_forbid(void (*asked)(void))
{
	forbidden = asked;
}

bool pincheck_is_forbidden(void)
{
	return forbidden;
}

/* Return: true, if the caller must do without the device */
static bool refuse(void)
{
	if (forbidden)
		forbidden();
	return forbidden;
}

static int command(int session, unsigned long number, void *argument)
{
	if (session < 0 && refuse())
		return -ENOPKG;
	return ioctl(session, number, argument) < 0 ? -errno : 0;
}

int pincheck_open(void)
{
	int session;

	if (refuse())
		return -ENOPKG;
	session = open(PINCHECK_DEVICE, O_RDWR | O_CLOEXEC);
	return session < 0 ? -errno : session;
}

const char *pincheck_open_hint(int error)
{
	switch (-error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return "the module is not loaded: sudo modprobe pincheck (make dkms-install), or "
		       "sudo insmod pincheck.ko (make)";
	case EACCES:
	case EPERM:
		return "the device belongs to root: use sudo";
	default:
		return "see dmesg for what the module says";
	}
}

int pincheck_info(int session, struct pincheck_info *info)
{
	*info = (struct pincheck_info) { .size = sizeof(*info) };
	return command(session, PINCHECK_IOC_INFO, info);
}

int pincheck_hold(int session, struct pincheck_hold *hold)
{
	hold->size = sizeof(*hold);
	return command(session, PINCHECK_IOC_HOLD, hold);
}

long pincheck_release(int session, __u32 id)
{
	return pincheck_release_flags(session, id, 0);
}

long pincheck_release_flags(int session, __u32 id, __u32 flags)
{
	return pincheck_release_part(session, id, flags, 0, 0);
}

long pincheck_release_part(int session, __u32 id, __u32 flags, __u64 first, __u64 count)
{
	struct pincheck_release release = {
		.size = sizeof(release), .hold = id, .flags = flags,
		.first = first, .count = count,
	};
	int error = command(session, PINCHECK_IOC_RELEASE, &release);

	return error ? error : (long)release.pages;
}

static ssize_t device_io(int session, __u32 id, __u32 flags, __u64 offset, const void *buffer,
			 size_t len)
{
	struct pincheck_io io = {
		.size = sizeof(io), .flags = flags, .hold = id,
		.offset = offset, .len = len, .buffer = (uintptr_t)buffer,
	};
	int error = command(session, PINCHECK_IOC_IO, &io);

	return error ? error : (ssize_t)io.done;
}

ssize_t pincheck_read(int session, __u32 id, __u64 offset, void *buffer, size_t len)
{
	return device_io(session, id, 0, offset, buffer, len);
}

ssize_t pincheck_write(int session, __u32 id, __u64 offset, const void *buffer, size_t len)
{
	return device_io(session, id, PINCHECK_IO_WRITE, offset, buffer, len);
}

int pincheck_pages(int session, __u32 id, __u64 first, __u64 count, struct pincheck_page *pages)
{
	struct pincheck_pages argument = {
		.size = sizeof(argument), .hold = id,
		.first = first, .count = count, .pages = (uintptr_t)pages,
	};

	return command(session, PINCHECK_IOC_PAGES, &argument);
}

static int report(int session, __u32 flags, const __u64 *pfns, __u64 count,
		  struct pincheck_report *reports)
{
	struct pincheck_report_request request = {
		.size = sizeof(request), .flags = flags, .report_size = sizeof(*reports),
		.count = count, .pfns = (uintptr_t)pfns, .reports = (uintptr_t)reports,
	};

	return command(session, PINCHECK_IOC_REPORT, &request);
}

int pincheck_report(int session, const __u64 *pfns, __u64 count, struct pincheck_report *reports)
{
	return report(session, 0, pfns, count, reports);
}

int pincheck_report_ledger(int session, const __u64 *pfns, __u64 count,
			   struct pincheck_report *reports)
{
	return report(session, PINCHECK_REQUEST_LEDGER, pfns, count, reports);
}

int pincheck_scan(int session, __u32 flags, __u64 *cursor, __u64 *end, __u64 *pfns, __u64 *count)
{
	struct pincheck_scan scan = {
		.size = sizeof(scan), .flags = flags, .cursor = *cursor, .end = *end,
		.pfns = (uintptr_t)pfns, .room = *count,
	};
	int error = command(session, PINCHECK_IOC_SCAN, &scan);

	if (error)
		return error;
	*cursor = scan.cursor;
	*end = scan.end;
	*count = scan.count;
	return 0;
}

int pincheck_follow(int session, struct pincheck_follow *follow)
{
	follow->size = sizeof(*follow);
	return command(session, PINCHECK_IOC_FOLLOW, follow);
}

int pincheck_revoke(int session, int restore, struct pincheck_revoke *revoke)
{
	struct pincheck_revoke own, *argument = revoke ? revoke : &own;

	*argument = (struct pincheck_revoke) {
		.size = sizeof(*argument), .flags = restore ? PINCHECK_REVOKE_RESTORE : 0,
	};
	return command(session, PINCHECK_IOC_REVOKE, argument);
}

int pincheck_bench(int session, struct pincheck_bench *bench)
{
	bench->size = sizeof(*bench);
	return command(session, PINCHECK_IOC_BENCH, bench);
}

int pincheck_events(int session, __u32 id, struct pincheck_event *events, __u64 *count,
		    __u64 *lost)
{
	struct pincheck_events argument = {
		.size = sizeof(argument), .hold = id, .event_size = sizeof(*events),
		.events = (uintptr_t)events, .room = *count,
	};
	int error = command(session, PINCHECK_IOC_EVENTS, &argument);

	if (error)
		return error;
	*count = argument.count;
	*lost = argument.lost;
	return 0;
}

int pincheck_trace(int session, struct pincheck_trace *trace)
{
	trace->size = sizeof(*trace);
	return command(session, PINCHECK_IOC_TRACE, trace);
}

int pincheck_trace_end(int session)
{
	struct pincheck_trace argument = {
		.size = sizeof(argument), .flags = PINCHECK_TRACE_STOP,
	};

	return command(session, PINCHECK_IOC_TRACE, &argument);
}

int pincheck_trace_read(int session, struct pincheck_traced *records, __u64 room,
			struct pincheck_trace_read *read)
{
	*read = (struct pincheck_trace_read) {
		.size = sizeof(*read), .record_size = sizeof(*records),
		.records = (uintptr_t)records, .room = room,
	};
	return command(session, PINCHECK_IOC_TRACE_READ, read);
}

int pincheck_trace_stack(int session, __u32 stack, char *text, size_t size)
{
	struct pincheck_trace_stack argument = {
		.size = sizeof(argument), .stack = stack, .text = (uintptr_t)text, .room = size,
	};
	int error = command(session, PINCHECK_IOC_TRACE_STACK, &argument);

	if (!error)
		text[size - 1] = 0;
	return error;
}

static const char *name_of(const char *const *names, size_t count, __u32 value)
{
	return value < count && names[value] ? names[value] : "?";
}

const char *pincheck_kind_name(__u32 kind)
{
	static const char *const names[] = {
#define KIND_NAME(name, KIND)	\
		[PINCHECK_KIND_##KIND] = #name,
		PINCHECK_FOR_EACH_KIND(KIND_NAME)
	};

	return name_of(names, ARRAY_SIZE(names), kind);
}

const char *pincheck_path_name(__u32 path)
{
	static const char *const names[] = {
		[PINCHECK_PATH_UNKNOWN] = "unknown", [PINCHECK_PATH_FAST] = "fast",
		[PINCHECK_PATH_SLOW] = "slow",
	};

	return name_of(names, ARRAY_SIZE(names), path);
}

const char *pincheck_reason_name(__u32 reason)
{
	static const char *const names[] = {
		[PINCHECK_REASON_NONE] = "none", [PINCHECK_REASON_ARGUMENT] = "argument",
		[PINCHECK_REASON_CAPABILITY] = "capability", [PINCHECK_REASON_LIMIT] = "limit",
		[PINCHECK_REASON_MEMLOCK] = "memlock", [PINCHECK_REASON_UNMAPPED] = "unmapped",
		[PINCHECK_REASON_ACCESS] = "access", [PINCHECK_REASON_PFNMAP] = "pfnmap",
		[PINCHECK_REASON_FILE] = "file", [PINCHECK_REASON_MEMORY] = "memory",
		[PINCHECK_REASON_SIGNAL] = "signal", [PINCHECK_REASON_KERNEL] = "kernel",
		[PINCHECK_REASON_ABSENT] = "absent", [PINCHECK_REASON_PAGES] = "pages",
		[PINCHECK_REASON_POOL] = "pool",
	};

	return name_of(names, ARRAY_SIZE(names), reason);
}

const char *pincheck_mapped_name(__u32 mapped)
{
	static const char *const names[] = {
		[PINCHECK_MAPPED_UNKNOWN] = "unknown", [PINCHECK_MAPPED_SAME] = "same",
		[PINCHECK_MAPPED_OTHER] = "other", [PINCHECK_MAPPED_NONE] = "none",
		[PINCHECK_MAPPED_RELEASED] = "released",
	};

	return name_of(names, ARRAY_SIZE(names), mapped);
}

const char *pincheck_event_name(__u32 reason)
{
	static const char *const names[] = {
		[PINCHECK_EVENT_UNMAP] = "unmap", [PINCHECK_EVENT_CLEAR] = "clear",
		[PINCHECK_EVENT_PROTECTION_VMA] = "protection of the mapping",
		[PINCHECK_EVENT_PROTECTION_PAGE] = "protection of pages",
		[PINCHECK_EVENT_SOFT_DIRTY] = "soft-dirty", [PINCHECK_EVENT_EXIT] = "exit",
		[PINCHECK_EVENT_DEVICE] = "device", [PINCHECK_EVENT_OTHER] = "other",
	};

	return name_of(names, ARRAY_SIZE(names), reason);
}

const char *pincheck_whitelist_name(__u32 whitelist)
{
	static const char *const names[] = {
		[PINCHECK_WHITELIST_ALLOW] = "allow", [PINCHECK_WHITELIST_SLOW] = "slow",
		[PINCHECK_WHITELIST_DENY] = "deny",
	};

	return name_of(names, ARRAY_SIZE(names), whitelist);
}

const char *pincheck_whitelist_reason_name(__u32 reason)
{
	static const char *const names[] = {
		[PINCHECK_WHITELIST_KERNEL] = "kernel page",
		[PINCHECK_WHITELIST_HUGETLB] = "hugetlb",
		[PINCHECK_WHITELIST_NO_MAPPING] = "no mapping",
		[PINCHECK_WHITELIST_ANON] = "anon", [PINCHECK_WHITELIST_SHMEM] = "shmem",
		[PINCHECK_WHITELIST_SECRETMEM] = "secretmem", [PINCHECK_WHITELIST_FILE] = "file",
	};

	return name_of(names, ARRAY_SIZE(names), reason);
}

const char *pincheck_function_name(__u32 function)
{
	static const char *const names[] = {
		[PINCHECK_FUNCTION_PIN_USER_PAGES] = "pin_user_pages",
		[PINCHECK_FUNCTION_PIN_USER_PAGES_FAST] = "pin_user_pages_fast",
		[PINCHECK_FUNCTION_PIN_USER_PAGES_FAST_ONLY] = "pin_user_pages_fast_only",
		[PINCHECK_FUNCTION_PIN_USER_PAGES_LOCKED] = "pin_user_pages_locked",
		[PINCHECK_FUNCTION_PIN_USER_PAGES_UNLOCKED] = "pin_user_pages_unlocked",
		[PINCHECK_FUNCTION_PIN_USER_PAGES_REMOTE] = "pin_user_pages_remote",
		[PINCHECK_FUNCTION_MEMFD_PIN_FOLIOS] = "memfd_pin_folios",
		[PINCHECK_FUNCTION_FOLIO_ADD_PIN] = "folio_add_pin",
		[PINCHECK_FUNCTION_FOLIO_ADD_PINS] = "folio_add_pins",
		[PINCHECK_FUNCTION_UNPIN_USER_PAGE] = "unpin_user_page",
		[PINCHECK_FUNCTION_UNPIN_USER_PAGES] = "unpin_user_pages",
		[PINCHECK_FUNCTION_UNPIN_USER_PAGES_DIRTY_LOCK] = "unpin_user_pages_dirty_lock",
		[PINCHECK_FUNCTION_UNPIN_USER_PAGE_RANGE_DIRTY_LOCK] =
			"unpin_user_page_range_dirty_lock",
		[PINCHECK_FUNCTION_UNPIN_USER_FOLIO] = "unpin_user_folio",
		[PINCHECK_FUNCTION_UNPIN_FOLIO] = "unpin_folio",
		[PINCHECK_FUNCTION_UNPIN_FOLIOS] = "unpin_folios",
	};

	return name_of(names, ARRAY_SIZE(names), function);
}
